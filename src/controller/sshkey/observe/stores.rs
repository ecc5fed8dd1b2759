//! How the stores that an object means or records stand.

use std::{collections::BTreeMap, sync::Arc};

use kube::{Api, ResourceExt, runtime::reflector::ObjectRef};

use crate::{
    api::{
        AzureStore, ClusterAzureStore, ErrorClass, Reason, StoreKey, StoreKind,
        names::STORE_FINALIZER,
    },
    controller::{
        context::Context,
        failure,
        scope::Scope,
        sessions::store_object::{StoreObject, StoreSpec, unreadable},
    },
    kubernetes::{KubernetesError, namespaces, stores},
    plan::{Failure, SharedStore, StoreFact, asks_for_labels},
};

/// One store as it was found.
pub(in crate::controller) struct Found {
    pub(in crate::controller) fact: StoreFact,
    /// The UID of an existing one that our finalizer does not hold.
    pub(in crate::controller) unheld: Option<String>,
}

impl Found {
    fn only(fact: StoreFact) -> Self {
        Self { fact, unheld: None }
    }
}

/// Reads one store, as an object of this namespace sees it; `is_recorded` says that the object may have a key in Azure
/// through it.
pub(in crate::controller) async fn look(
    scope: &Scope,
    namespace: &str,
    key: &StoreKey,
    is_recorded: bool,
) -> Result<Found, KubernetesError> {
    let found = match key.kind {
        StoreKind::AzureStore => of_namespace(scope, namespace, &key.name, is_recorded).await,
        StoreKind::ClusterAzureStore if scope.context.options.watch_cluster_stores => {
            of_cluster(&scope.context, namespace, &key.name, is_recorded).await
        }
        StoreKind::ClusterAzureStore => Ok(Found::only(StoreFact::NotReady(Failure::to_fix(
            Reason::StoreNotReady,
            "this operator was started with --watch-cluster-stores=false and uses stores of the namespace only",
        )))),
    };
    match found {
        // A right that is missing, or a name that no store can have, stops what needs the store, and not the key pair.
        Err(error) if error.class() == ErrorClass::UserFixable => {
            let failure = failure::kubernetes_failure(&error);
            Ok(Found::only(StoreFact::NotReady(failure)))
        }
        found => found,
    }
}

/// The store as the watch knows it; one that it does not know may have been applied together with the key.
async fn of_namespace(
    scope: &Scope,
    namespace: &str,
    name: &str,
    is_recorded: bool,
) -> Result<Found, KubernetesError> {
    let context = &scope.context;
    let known = scope.stores.get(&ObjectRef::new(name).within(namespace));
    match known.as_ref().map(|known| &known.0) {
        Some(Ok(store)) => found(context, namespace, store, is_recorded).await,
        Some(Err(_)) => Ok(Found::only(StoreFact::NotReady(unreadable(
            StoreKind::AzureStore,
        )))),
        None => {
            let api: Api<AzureStore> = Api::namespaced(context.client.clone(), namespace);
            match stores::read(&api, name).await? {
                Some(live) => found(context, namespace, &live, is_recorded).await,
                None => Ok(Found::only(StoreFact::NotFound)),
            }
        }
    }
}

/// The list of them is not waited for: where it may not be read, the stores of namespaces go on.
async fn of_cluster(
    context: &Arc<Context>,
    namespace: &str,
    name: &str,
    is_recorded: bool,
) -> Result<Found, KubernetesError> {
    let known = context.cluster_stores.get(name);
    match known.as_ref().map(|known| &known.0) {
        Some(Ok(store)) => found(context, namespace, store, is_recorded).await,
        Some(Err(_)) => Ok(Found::only(StoreFact::NotReady(unreadable(
            StoreKind::ClusterAzureStore,
        )))),
        None => {
            let api: Api<ClusterAzureStore> = Api::all(context.client.clone());
            match stores::read(&api, name).await? {
                Some(live) => found(context, namespace, &live, is_recorded).await,
                None => Ok(Found::only(StoreFact::NotFound)),
            }
        }
    }
}

/// An existing store. One that is being deleted takes no new keys, and serves those that are in Azure through it.
async fn found<K: StoreObject>(
    context: &Arc<Context>,
    namespace: &str,
    store: &K,
    is_recorded: bool,
) -> Result<Found, KubernetesError> {
    let is_leaving = store.meta().deletion_timestamp.is_some();
    if is_leaving && !is_recorded {
        let failure = Failure::to_fix(Reason::StoreNotReady, "it is being deleted");
        return Ok(Found::only(StoreFact::NotReady(failure)));
    }
    let is_held = store.finalizers().iter().any(|one| one == STORE_FINALIZER);
    Ok(Found {
        fact: fact(context, namespace, store).await?,
        unheld: store.uid().filter(|_| !is_held && !is_leaving),
    })
}

async fn fact<K: StoreObject>(
    context: &Arc<Context>,
    namespace: &str,
    store: &K,
) -> Result<StoreFact, KubernetesError> {
    let view = store.describe(&context.options.namespace);
    let checked = context.sessions.known(&view).await;
    if checked.is_stale(context.options.intervals.poll) {
        context.store_uses.wake(&view.id);
    }
    Ok(match checked.into_parts() {
        (StoreSpec::Own(spec), Ok(())) => StoreFact::Ready(Box::new(spec)),
        (StoreSpec::Own(_), Err(failure)) => StoreFact::NotReady(failure),
        (StoreSpec::Shared(spec), ready) => {
            let namespace_labels = if asks_for_labels(&spec, namespace) {
                namespaces::labels(&context.client, namespace).await?
            } else {
                BTreeMap::new()
            };
            StoreFact::Shared(Box::new(SharedStore {
                spec,
                namespace_labels,
                ready,
            }))
        }
    })
}
