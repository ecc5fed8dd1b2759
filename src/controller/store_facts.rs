//! How the stores that an object means or records stand.

use std::{collections::BTreeMap, sync::Arc};

use kube::{Api, runtime::reflector::ObjectRef};

use super::{
    context::{Context, Scope},
    facts, sessions,
    store_object::{StoreObject, StoreSpec, unreadable},
};
use crate::{
    api::{AzureStore, ClusterAzureStore, ErrorClass, Reason, SshKeySpec, StoreKey, StoreKind},
    kubernetes::{KubernetesError, namespaces, stores},
    plan::{
        AzureRecord, Failure, SharedStore, StoreFact, asks_for_labels, default_stores, stores_of,
    },
};

/// Every store that matters to an object of this namespace.
pub(super) async fn look(
    scope: &Scope,
    namespace: &str,
    spec: &SshKeySpec,
    records: &[AzureRecord],
) -> Result<BTreeMap<StoreKey, StoreFact>, KubernetesError> {
    let mut found = BTreeMap::new();
    for key in stores_of(spec, records) {
        let fact = one(scope, namespace, &key).await?;
        found.insert(key, fact);
    }
    for key in default_stores(spec, records) {
        if key.kind == StoreKind::ClusterAzureStore && !scope.context.options.watch_cluster_stores {
            continue;
        }
        let fact = one(scope, namespace, &key).await?;
        let is_there = fact != StoreFact::NotFound;
        found.insert(key, fact);
        if is_there {
            break;
        }
    }
    Ok(found)
}

async fn one(scope: &Scope, namespace: &str, key: &StoreKey) -> Result<StoreFact, KubernetesError> {
    match key.kind {
        StoreKind::AzureStore => of_namespace(scope, namespace, &key.name).await,
        StoreKind::ClusterAzureStore if scope.context.options.watch_cluster_stores => {
            match of_cluster(&scope.context, namespace, &key.name).await {
                // A right that is missing stops what needs the store, and not the key pair.
                Err(error) if error.class() == ErrorClass::UserFixable => {
                    Ok(StoreFact::NotReady(facts::kubernetes_failure(&error)))
                }
                fact => fact,
            }
        }
        StoreKind::ClusterAzureStore => Ok(StoreFact::NotReady(Failure::to_fix(
            Reason::StoreNotReady,
            "this operator was started with --watch-cluster-stores=false and uses stores of the namespace only",
        ))),
    }
}

/// The store as the watch knows it; one that it does not know may have been applied together with the key.
async fn of_namespace(
    scope: &Scope,
    namespace: &str,
    name: &str,
) -> Result<StoreFact, KubernetesError> {
    let context = &scope.context;
    // A start must not take a list that is still under way for stores that are gone.
    scope.stores_listed.clone().await;
    let known = scope.stores.get(&ObjectRef::new(name).within(namespace));
    match known.as_ref().map(|known| &known.0) {
        Some(Ok(store)) => fact(context, namespace, store).await,
        Some(Err(_)) => Ok(StoreFact::NotReady(unreadable(StoreKind::AzureStore))),
        None => {
            let api: Api<AzureStore> = Api::namespaced(context.client.clone(), namespace);
            match stores::read(&api, name).await? {
                Some(live) => fact(context, namespace, &live).await,
                None => Ok(StoreFact::NotFound),
            }
        }
    }
}

/// The list of them is not waited for: where it may not be read, the stores of namespaces go on.
async fn of_cluster(
    context: &Arc<Context>,
    namespace: &str,
    name: &str,
) -> Result<StoreFact, KubernetesError> {
    let known = context.cluster_stores.get(name);
    match known.as_ref().map(|known| &known.0) {
        Some(Ok(store)) => fact(context, namespace, store).await,
        Some(Err(_)) => Ok(StoreFact::NotReady(unreadable(
            StoreKind::ClusterAzureStore,
        ))),
        None => {
            let api: Api<ClusterAzureStore> = Api::all(context.client.clone());
            match stores::read(&api, name).await? {
                Some(live) => fact(context, namespace, &live).await,
                None => Ok(StoreFact::NotFound),
            }
        }
    }
}

async fn fact<K: StoreObject>(
    context: &Arc<Context>,
    namespace: &str,
    store: &K,
) -> Result<StoreFact, KubernetesError> {
    let looked = sessions::known(context, &store.describe(context)).await;
    Ok(match (looked.spec, looked.ready) {
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
