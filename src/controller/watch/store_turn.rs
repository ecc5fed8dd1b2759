//! The turn of a store of either kind, and its end.

use std::sync::Arc;

use futures::FutureExt;
use kube::{Resource, core::DynamicObject, runtime::reflector::ObjectRef};
use tokio_util::sync::CancellationToken;

use crate::{
    api::StoreKey,
    controller::{
        action::Action,
        context::Context,
        memory::identity::Identity,
        sessions::store_object::StoreObject,
        store::reconcile,
        store_id::StoreId,
        turns::calls::Work,
        watch::{
            panics::{ReconcileFailed, guarded},
            reconcile_metrics::measured,
            settings::not_any_more,
        },
    },
    kubernetes::guarded::Guarded,
};

/// Reconciles a store of either kind when its turn comes; `None` when it is not near.
pub(in crate::controller) async fn reconcile_store<K: StoreObject>(
    store: Arc<Guarded<K>>,
    context: Arc<Context>,
    shutdown: CancellationToken,
) -> Result<Option<Action>, ReconcileFailed> {
    context.on_seen(&*store);
    let place = Identity::from(&*store).place;
    let Some(_called) = context.store_calls.come(&place, Work::Asked) else {
        return Ok(None);
    };
    let namespace = store.meta().namespace.as_deref().unwrap_or_default();
    let take = context.store_turns.take(namespace);
    let Some(_turn) = shutdown.run_until_cancelled(take).await else {
        return Ok(Some(not_any_more()));
    };
    let work = reconcile::reconcile(Arc::clone(&store), Arc::clone(&context)).boxed();
    let done = measured::<K>(&context.metrics, guarded(work)).await;
    context.on_finished(&*store, &done);
    done.map(Some)
}

/// Tells of a store of either kind that is gone.
pub(in crate::controller) fn tell_of_gone<K: StoreObject>(
    context: &Context,
    gone: &ObjectRef<DynamicObject>,
) {
    let namespace = gone.namespace.as_deref().unwrap_or_default();
    let id = StoreId::seen_from(namespace, &StoreKey::new(K::KIND, &gone.name));
    reconcile::gone(context, &id);
}
