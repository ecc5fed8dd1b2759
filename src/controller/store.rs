//! The reconcile of an `AzureStore`: whether its identity gets a token.

use std::{sync::Arc, time::Duration};

use kube::{ResourceExt, runtime::controller::Action};

use super::{context::Context, facts::now, sessions};
use crate::{
    api::{
        AzureStore, AzureStoreStatus, ConditionType, ErrorClass, Reason,
        condition::{Verdict, conditions},
    },
    kubernetes::{KubernetesError, stores},
    plan::Failure,
};

/// Looks at one store and reports.
pub(super) async fn reconcile(
    store: Arc<AzureStore>,
    context: Arc<Context>,
) -> Result<Action, KubernetesError> {
    let uid = store.uid().unwrap_or_default();
    if store.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let ready = sessions::look(&context, &store).await.ready;
    let before = store.status.clone().unwrap_or_default();
    let generation = store.metadata.generation.unwrap_or_default();
    let status = AzureStoreStatus {
        observed_generation: Some(generation),
        conditions: conditions(&verdicts(&ready), &before.conditions, generation, now()),
    };
    if status != before {
        stores::write_status(&context.client, &store, &status).await?;
        if let Err(failure) = &ready {
            context
                .events
                .warning(&*store, failure.reason.as_str(), &failure.message)
                .await;
        }
    }
    Ok(Action::requeue(next_look(&context, &uid, &ready)))
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
