//! Holds a store for a key.

use kube::Api;

use crate::{
    api::{AzureStore, ClusterAzureStore, StoreKey, StoreKind},
    controller::{
        context::Context,
        sshkey::{act::error::StepError, observe::observation::Observation},
        store_id::StoreId,
    },
    kubernetes::stores,
    plan::Outcome,
};

/// Puts the finalizer on a store, so that it stays while a key may be in Azure through it.
pub(in crate::controller) async fn hold_store(
    context: &Context,
    observation: &Observation,
    store: &StoreKey,
    uid: &str,
) -> Result<Outcome, StepError> {
    let client = context.client.clone();
    let namespace = &observation.caller.namespace;
    // Told first: the watch may show that the store is held before the answer is here, and that nobody needs it.
    let id = StoreId::seen_from(namespace, store);
    context.memory.begin_hold(&observation.object, &id);
    let request = async {
        match store.kind {
            StoreKind::AzureStore => {
                let api: Api<AzureStore> = Api::namespaced(client, namespace);
                stores::hold(&api, &store.name, uid).await
            }
            StoreKind::ClusterAzureStore => {
                let api: Api<ClusterAzureStore> = Api::all(client);
                stores::hold(&api, &store.name, uid).await
            }
        }
    };
    context.store_holds.hold(id, uid, request).await?;
    Ok(Outcome::Held(store.clone()))
}
