//! The common end of all controllers: what comes of each reconcile is counted, told and logged.

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

/// What a controller tells of an object.
#[derive(Clone, Copy, Debug)]
pub(in crate::controller) enum Told<'a> {
    /// It was reconciled.
    Reconciled { name: &'a str },
    /// It was to be reconciled and is gone.
    Gone(&'a ObjectRef<DynamicObject>),
}

/// Runs a controller until it ends.
pub(in crate::controller) async fn drive<K, R>(
    controller: Controller<Guarded<K>>,
    context: Arc<Context>,
    mut reconcile: impl FnMut(Arc<Guarded<K>>) -> R,
    tell: impl Fn(&Context, Told<'_>),
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
        match &result {
            Ok((object, _)) => tell(&heard, Told::Reconciled { name: &object.name }),
            Err(Error::ObjectNotFound(gone)) => {
                heard.on_deleted::<K>(gone);
                tell(&heard, Told::Gone(gone));
            }
            Err(_) => {}
        }
        log(result);
        ready(())
    });
    told.await;
}
