//! Keys whose store was not checked yet as it is now: since the operator has started, or since the store was changed. The
//! store's own reconcile looks; the keys wait for it, and hold no turn meanwhile. Nor do they while the stores that this watch
//! sees can't be listed.

use std::sync::Arc;

use kube::{
    Resource,
    runtime::reflector::{ObjectRef, Store},
};

use crate::{
    api::{StoreKey, StoreKind},
    controller::{
        context::Context,
        memory::{identity::Identity, watched_key::WatchedKey},
        scope::Scope,
        sessions::store_object::StoreObject,
        sshkey::observe::error::WaitsFor,
        watch::work,
    },
    kubernetes::guarded::Guarded,
};

/// What is still to come of what the stores say that matter to the key. Stores that no watch knows yet are left to the
/// key's own reconcile.
pub(in crate::controller) fn awaited(scope: &Scope, key: &WatchedKey) -> Option<WaitsFor> {
    if !has_store(key) {
        return None;
    }
    if !scope.knows_stores() {
        return Some(WaitsFor::ListOfStores);
    }
    is_to_come(scope, key).then_some(WaitsFor::Store)
}

/// Whether a look at one of its stores is.
fn is_to_come(scope: &Scope, key: &WatchedKey) -> bool {
    let summary = &key.summary;
    let namespace = key.meta().namespace.as_deref().unwrap_or_default();
    let look = |store: &StoreKey| look_at(scope, namespace, store);
    // Of the defaults, the first existing one is meant.
    let default = summary.defaults().iter().find_map(look);
    let mut named = summary.named().filter_map(look);
    default.unwrap_or_default() || named.any(|to_come| to_come)
}

/// Wants the keys that wait for the list of stores, which is complete now.
pub(in crate::controller) fn want_waiting(context: &Context, known: &Store<WatchedKey>) {
    for key in known.state() {
        if has_store(&key) {
            context
                .calls
                .want(&Identity::from(&*key).place, work::of_unchanged(&key));
        }
    }
}

fn has_store(key: &WatchedKey) -> bool {
    let summary = &key.summary;
    let mut known = summary.named().chain(summary.used());
    known.next().is_some() || !summary.defaults().is_empty()
}

/// `None` for a store that no watch knows.
fn look_at(scope: &Scope, namespace: &str, store: &StoreKey) -> Option<bool> {
    let context = &scope.context;
    match store.kind {
        StoreKind::AzureStore => {
            let known = scope
                .stores
                .get(&ObjectRef::new(&store.name).within(namespace))?;
            Some(is_not_looked_at(context, &known))
        }
        StoreKind::ClusterAzureStore => {
            let known = context.cluster_stores.get(&store.name)?;
            Some(is_not_looked_at(context, &known))
        }
    }
}

fn is_not_looked_at<K: StoreObject>(context: &Context, store: &Arc<Guarded<K>>) -> bool {
    let readable = store.0.as_ref();
    readable.is_ok_and(|store| {
        !context
            .sessions
            .is_known(&store.describe(&context.options.namespace))
    })
}
