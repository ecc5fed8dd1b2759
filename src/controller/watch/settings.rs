//! How controllers are set up: what they watch, when they pause, and what becomes of an error.

use std::time::Duration;

use kube::{
    Api, Resource,
    runtime::{Controller, controller, reflector::ObjectRef},
};
use tokio_util::sync::CancellationToken;

use crate::{
    controller::{
        action::Action, context::Context, turns::calls::most_held, watch::panics::ReconcileFailed,
    },
    kubernetes::guarded::Watched,
};

/// Changes that come together are reconciled together.
const DEBOUNCE: Duration = Duration::from_millis(50);

/// Sets up a controller: when it pauses, and when it ends.
pub(in crate::controller) fn set_up<W: Watched>(
    controller: Controller<W>,
    context: &Context,
    shutdown: &CancellationToken,
) -> Controller<W> {
    controller
        .with_config(settings(context.options.concurrency))
        .graceful_shutdown_on(shutdown.clone().cancelled_owned())
}

/// How many run at once is not left to kube, which takes the first to come: namespaces take turns.
fn settings(workers: u16) -> controller::Config {
    controller::Config::default()
        .concurrency(most_held(workers))
        .debounce(DEBOUNCE)
}

/// The objects of one namespace, or of all.
pub(in crate::controller) fn api<K>(context: &Context, namespace: Option<&str>) -> Api<K>
where
    K: Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
{
    match namespace {
        Some(namespace) => Api::namespaced(context.client.clone(), namespace),
        None => Api::all(context.client.clone()),
    }
}

/// Other objects go before this one: it is called when its turn is near.
pub(in crate::controller) fn until_called() -> Action {
    Action::await_change()
}

/// The operator ends before the object had its turn. It is not done with.
pub(in crate::controller) fn not_any_more() -> Action {
    Action::requeue(Duration::ZERO)
}

/// A reconcile has failed: when it is tried again.
pub(in crate::controller) fn retry<K: Resource<DynamicType = ()>>(
    context: &Context,
    object: &K,
    error: &ReconcileFailed,
) -> controller::Action {
    let wait = context.memory.next_backoff(object);
    tracing::debug!(%error, ?wait, "a reconcile will be tried again");
    controller::Action::requeue(wait)
}

/// Logs what came of a reconcile.
pub(in crate::controller) fn log<K: Resource<DynamicType = ()>>(
    result: Result<
        (ObjectRef<K>, controller::Action),
        controller::Error<ReconcileFailed, kube::runtime::watcher::Error>,
    >,
) {
    match result {
        Ok((object, action)) => tracing::debug!(%object, ?action, "reconciled"),
        // It went away while it waited for its turn.
        Err(controller::Error::ObjectNotFound(_)) => {}
        Err(controller::Error::ReconcilerFailed(error, object)) => {
            tracing::warn!(%object, %error, "a reconcile failed");
        }
        // Watches log and try again by themselves.
        Err(error) => tracing::error!(%error, "a controller failed"),
    }
}
