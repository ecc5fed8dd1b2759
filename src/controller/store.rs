//! The reconcile of a store of either kind: whether its identity gets a token.

use std::{sync::Arc, time::Duration};

use kube::{ResourceExt, core::DeserializeGuard, runtime::controller::Action};

use super::{
    context::Context,
    facts::now,
    sessions,
    store_object::{StoreObject, unreadable},
};
use crate::{
    api::{
        AzureStoreStatus, ConditionType, ErrorClass, Reason,
        condition::{Verdict, conditions},
    },
    kubernetes::{KubernetesError, stores},
    plan::Failure,
};

/// Looks at one store and reports.
pub(super) async fn reconcile<K: StoreObject>(
    store: Arc<DeserializeGuard<K>>,
    context: Arc<Context>,
) -> Result<Action, KubernetesError> {
    let store = match &store.0 {
        Ok(store) => store,
        Err(invalid) => {
            let mut store = K::default();
            *store.meta_mut() = invalid.metadata.clone();
            tracing::warn!(
                namespace = store.namespace(),
                name = store.name_any(),
                "a store can't be read"
            );
            report(&context, &store, &Err(unreadable(K::KIND))).await?;
            return Ok(Action::requeue(context.options.intervals.sweep));
        }
    };
    if store.meta().deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let ready = sessions::look(&context, &store.describe(&context))
        .await
        .ready;
    report(&context, store, &ready).await?;
    let uid = store.uid().unwrap_or_default();
    Ok(Action::requeue(next_look(&context, &uid, &ready)))
}

async fn report<K: StoreObject>(
    context: &Context,
    store: &K,
    ready: &Result<(), Failure>,
) -> Result<(), KubernetesError> {
    let before = store.status().cloned().unwrap_or_default();
    let generation = store.meta().generation.unwrap_or_default();
    let status = AzureStoreStatus {
        observed_generation: Some(generation),
        conditions: conditions(&verdicts(ready), &before.conditions, generation, now()),
    };
    if status == before {
        return Ok(());
    }
    stores::write_status(&store.api(context.client.clone()), store, &status).await?;
    if let Err(failure) = ready {
        let reason = failure.reason.as_str();
        context
            .events
            .warning(store, reason, &failure.message)
            .await;
    }
    Ok(())
}

fn next_look(context: &Context, uid: &str, ready: &Result<(), Failure>) -> Duration {
    let Err(failure) = ready else {
        context.backoffs.reset(uid);
        return context.options.intervals.sweep;
    };
    match failure.class {
        ErrorClass::UserFixable => context.options.intervals.poll,
        ErrorClass::Transient | ErrorClass::Throttled(_) => context.backoffs.next(uid),
    }
}

fn verdicts(ready: &Result<(), Failure>) -> Vec<Verdict> {
    match ready {
        Ok(()) => {
            let message = "Entra issues tokens to the store's identity";
            vec![Verdict::new(
                ConditionType::Ready,
                Some(true),
                Reason::TokenIssued,
                message,
            )]
        }
        Err(failure) => {
            let about = |kind, status| {
                Verdict::new(kind, Some(status), failure.reason, failure.message.clone())
            };
            let kind = match failure.class {
                ErrorClass::UserFixable => ConditionType::Stalled,
                ErrorClass::Transient | ErrorClass::Throttled(_) => ConditionType::Reconciling,
            };
            vec![about(ConditionType::Ready, false), about(kind, true)]
        }
    }
}
