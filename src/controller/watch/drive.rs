//! The common end of all controllers: what comes of each reconcile is counted and logged.

use std::{fmt::Debug, future::ready, sync::Arc};

use futures::StreamExt;
use kube::{
    Resource,
    core::DynamicObject,
    runtime::{
        Controller,
        controller::{Action, Error},
        reflector::ObjectRef,
    },
};
use serde::de::DeserializeOwned;

use crate::controller::{
    context::Context,
    watch::{
        panics::ReconcileFailed,
        reconcile_metrics::watch_failure,
        settings::{Guarded, log, retry},
    },
};

/// Runs a controller until it ends. `tell_of_gone` hears of each object that was to be reconciled and is gone.
pub(in crate::controller) async fn drive<K, R>(
    controller: Controller<Guarded<K>>,
    context: Arc<Context>,
    mut reconcile: impl FnMut(Arc<Guarded<K>>) -> R,
    tell_of_gone: impl Fn(&Context, &ObjectRef<DynamicObject>),
) where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    R: Future<Output = Result<Action, ReconcileFailed>> + Send + 'static,
{
    let heard = Arc::clone(&context);
    let reconciled = controller.run(
        move |object, _| reconcile(object),
        |object, error, context| retry(&context, &*object, error),
        context,
    );
    let told = reconciled.for_each(|result| {
        watch_failure::<K, _>(&heard.metrics, &result);
        if let Err(Error::ObjectNotFound(gone)) = &result {
            heard.on_deleted::<K>(gone);
            tell_of_gone(&heard, gone);
        }
        log(result);
        ready(())
    });
    told.await;
}
