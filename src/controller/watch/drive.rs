//! The common end of all controllers: what comes of each reconcile is counted and logged.

use std::{
    future::{pending, ready},
    sync::Arc,
};

use futures::{StreamExt, TryFutureExt};
use kube::{
    core::DynamicObject,
    runtime::{
        Controller,
        controller::Error,
        reflector::{ObjectRef, Store},
    },
};
use tokio_util::sync::CancellationToken;

use crate::{
    controller::{
        action::Action,
        context::Context,
        memory::identity::Place,
        watch::{
            panics::ReconcileFailed,
            settings::{log, retry},
        },
    },
    kubernetes::guarded::Watched,
};

/// Runs a controller until it ends, which is soon after `shutdown`. `tell_of_gone` hears of each object that was to be
/// reconciled and is gone.
pub(in crate::controller) async fn drive<W, R>(
    controller: Controller<W>,
    context: Arc<Context>,
    shutdown: &CancellationToken,
    mut reconcile: impl FnMut(Arc<W>) -> R,
    tell_of_gone: impl Fn(&Context, &ObjectRef<DynamicObject>),
) where
    W: Watched,
    R: Future<Output = Result<Action, ReconcileFailed>> + Send + 'static,
{
    let heard = Arc::clone(&context);
    let known = controller.store();
    let reconciled = controller.run(
        move |object, _| reconcile(object).map_ok(Into::into),
        |object, error, context| retry(&context, &*object, error),
        context,
    );
    let told = reconciled.for_each(|result| {
        if let Err(Error::ObjectNotFound(gone)) = &result {
            heard.on_deleted::<W>(gone);
            tell_of_gone(&heard, gone);
            // Kube had looked before another was listed under its name.
            let place = Place::of::<W>(gone);
            if place
                .object()
                .is_some_and(|back| known.get(&back).is_some())
            {
                heard.calls_of::<W>().want_changed(&place);
            }
        }
        log(result);
        ready(())
    });
    tokio::select! {
        () = told => {}
        () = ended_unlisted(&known, shutdown) => {}
    }
}

/// Returns when `shutdown` comes before the first list. Before it ends, kube waits for that list, but it does not ask for it
/// any more. No work is under way by then.
async fn ended_unlisted<W: Watched>(known: &Store<W>, shutdown: &CancellationToken) {
    let listed = known.wait_until_ready();
    if shutdown.run_until_cancelled(listed).await.is_some() {
        pending::<()>().await;
    }
}
