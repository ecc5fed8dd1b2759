//! The status of a store of either kind.

use crate::{
    api::{
        AzureStoreStatus, ConditionType, ErrorClass, Reason,
        condition::{ConditionDraft, conditions, is_own},
        names::manager,
    },
    controller::{
        clock::now, context::Context, sessions::store_object::StoreObject,
        store::look_request::handled,
    },
    kubernetes::{KubernetesError, stores},
    plan::Failure,
};

/// What a report says of the request that is on the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::controller) enum Answers {
    /// It was acted upon.
    Request,
    /// Nothing new.
    Nothing,
}

/// Writes the status when it differs, and warns of what is not ready.
pub(in crate::controller) async fn report<K: StoreObject>(
    context: &Context,
    store: &K,
    ready: &Result<String, Failure>,
    answers: Answers,
) -> Result<(), KubernetesError> {
    let mut before = store.status().cloned().unwrap_or_default();
    before
        .conditions
        .retain(|condition| is_own(&condition.type_));
    let generation = store.meta().generation.unwrap_or_default();
    let status = AzureStoreStatus {
        observed_generation: Some(generation),
        last_handled_reconcile_at: handled(context, store, answers == Answers::Request),
        conditions: conditions(&drafts(ready), &before.conditions, generation, now()),
    };
    if status == before {
        return Ok(());
    }
    let api = store.api(context.client.clone());
    if let Some(live) = stores::write_status(&api, store, &status).await? {
        let by = manager::STORE_STATUS;
        context.clear_status(&api, live, &status, by).await;
    }
    if let Err(failure) = ready {
        let reason = failure.reason.as_str();
        context
            .events
            .warning(store, reason, &failure.message)
            .await;
    }
    Ok(())
}

fn drafts(ready: &Result<String, Failure>) -> Vec<ConditionDraft> {
    match ready {
        Ok(message) => {
            vec![ConditionDraft::new(
                ConditionType::Ready,
                Some(true),
                Reason::TokenIssued,
                message.clone(),
            )]
        }
        Err(failure) => {
            let about = |kind, status| {
                ConditionDraft::new(kind, Some(status), failure.reason, failure.message.clone())
            };
            let kind = match failure.class {
                ErrorClass::UserFixable => ConditionType::Stalled,
                ErrorClass::Transient | ErrorClass::Throttled(_) => ConditionType::Reconciling,
            };
            vec![about(ConditionType::Ready, false), about(kind, true)]
        }
    }
}
