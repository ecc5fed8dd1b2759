//! The turn of a store of either kind, and its end.

use std::sync::Arc;

use futures::FutureExt;
use kube::{Resource, runtime::controller::Action};
use tokio_util::sync::CancellationToken;

use crate::{
    api::StoreKey,
    controller::{
        context::Context,
        sessions::store_object::StoreObject,
        store::reconcile,
        store_id::StoreId,
        watch::{
            drive::Told,
            panics::{ReconcileFailed, guarded},
            reconcile_metrics::measured,
            settings::{Guarded, not_any_more},
        },
    },
};

/// Reconciles a store of either kind when its turn comes.
pub(in crate::controller) async fn reconcile_store<K: StoreObject>(
    store: Arc<Guarded<K>>,
    context: Arc<Context>,
    shutdown: CancellationToken,
) -> Result<Action, ReconcileFailed> {
    context.on_seen(&*store);
    let namespace = store.meta().namespace.as_deref().unwrap_or_default();
    let take = context.store_turns.take(namespace);
    let Some(_turn) = shutdown.run_until_cancelled(take).await else {
        return Ok(not_any_more());
    };
    let work = reconcile::reconcile(Arc::clone(&store), Arc::clone(&context)).boxed();
    let done = measured::<K>(&context.metrics, guarded(work)).await;
    context.on_finished(&*store, &done);
    done
}

/// Tells of a store of either kind that is gone.
pub(in crate::controller) fn tell_of_gone<K: StoreObject>(context: &Context, told: Told<'_>) {
    if let Told::Gone(gone) = told {
        let namespace = gone.namespace.as_deref().unwrap_or_default();
        let id = StoreId::seen_from(namespace, &StoreKey::new(K::KIND, &gone.name));
        reconcile::gone(context, &id);
    }
}
