//! Whether what is not Ready will get better by itself.

use jiff::{SignedDuration, Timestamp};

use crate::{
    api::{
        Condition, ConditionType, ErrorClass, Reason,
        condition::{ConditionDraft, find},
    },
    plan::{decision::Plan, desired::resolve::Desired, failure::Failure, step::kinds::Step},
};

/// How long a new role assignment may take to work.
/// <https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---role-assignment-changes-are-not-being-detected>
const PROPAGATION: SignedDuration = SignedDuration::from_mins(10);

/// Whether a right that is missing may only be one that Azure does not know of yet: for the first ten minutes it is looked
/// at again without calling a person.
pub(crate) fn may_propagate(before: &[Condition], ready: &ConditionDraft, now: Timestamp) -> bool {
    let told = |kind| find(before, kind).filter(|condition| condition.status == "True");
    let given_up = told(ConditionType::Stalled)
        .is_some_and(|stalled| stalled.reason == Reason::AccessDenied.as_str());
    let since = told(ConditionType::Reconciling)
        .map_or(now, |reconciling| reconciling.last_transition_time.0);
    ready.reason == Reason::AccessDenied && !given_up && now.duration_since(since) < PROPAGATION
}

/// `Reconciling` while it will get better by itself, `Stalled` while a person must act, neither when all is well.
pub(crate) fn progress(
    desired: &Desired,
    plan: &Plan,
    ready: &ConditionDraft,
    failed: Option<(&Step, &Failure)>,
    propagates: bool,
) -> Option<ConditionDraft> {
    if ready.status == Some(true) || ready.reason == Reason::Suspended {
        return None;
    }
    let acts = match failed {
        Some((_, failure)) => failure.is_to_fix(),
        None => plan.has_no_steps() && plan.obstacle() == Some(ErrorClass::UserFixable),
    };
    // A suspended object that is held stays held; one that would go on by itself is not going on.
    if desired.suspended && !acts && !plan.deleting {
        return None;
    }
    let kind = if acts && !propagates {
        ConditionType::Stalled
    } else {
        ConditionType::Reconciling
    };
    Some(ConditionDraft::new(
        kind,
        Some(true),
        ready.reason,
        ready.message.clone(),
    ))
}
