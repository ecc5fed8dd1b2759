//! Whether the object is Ready, and why.

use crate::{
    api::{ConditionType, Reason, condition::ConditionDraft},
    plan::{
        decide::azure::leaving::with_way_out,
        decision::{Finding, Plan},
        desired::resolve::Desired,
        failure::Failure,
        report::standing::{Standing, Standings},
        step::{
            azure::AzureStep,
            kinds::{Concern, Step},
            object::ObjectStep,
            planned::Planned,
        },
    },
};

/// The Ready condition of an object that stays.
pub(crate) fn ready(
    desired: &Desired,
    plan: &Plan,
    standings: &Standings,
    failed: Option<(&Step, &Failure)>,
) -> ConditionDraft {
    let kind = ConditionType::Ready;
    if desired.suspended && !plan.has_no_steps() {
        let message = preview(plan);
        return ConditionDraft::new(kind, Some(false), Reason::Suspended, message);
    }
    let stands_true = standings.key.status == Some(true);
    let bookkeeping = failed
        .filter(|(step, _)| {
            step.concern() == Concern::Object || (step.concern() == Concern::Secret && stands_true)
        })
        .map(|(_, failure)| Standing::failed(failure));
    let first_bad = bookkeeping
        .as_ref()
        .into_iter()
        .chain([&standings.key])
        .chain(standings.others())
        .find(|standing| standing.status != Some(true));
    match first_bad {
        Some(bad) => bad.about(kind),
        None if plan.has_no_steps() => {
            let mut message = up_to_date(standings);
            // `azure:` without braces is null, which the API server drops.
            if desired.azure.is_none() {
                message.push_str("; not published: spec.azure is absent");
            }
            ConditionDraft::new(kind, Some(true), Reason::UpToDate, message)
        }
        None => ConditionDraft::new(kind, Some(false), Reason::Progressing, "under way"),
    }
}

/// What a suspended object would have done.
fn preview(plan: &Plan) -> String {
    let bookkeeping = |step: &&Step| matches!(step, Step::Object(ObjectStep::Record(_)));
    let (records, changes): (Vec<&Step>, Vec<&Step>) = plan.steps.iter().partition(bookkeeping);
    let has_changes = !changes.is_empty() || !plan.later.is_empty();
    let now = if has_changes { changes } else { records };
    let later = plan.later.iter().map(Planned::describe);
    let steps: Vec<String> = now.into_iter().map(Step::describe).chain(later).collect();
    format!(
        "spec.suspend is true; without it this would be done: {}",
        steps.join("; ")
    )
}

fn up_to_date(standings: &Standings) -> String {
    let mut parts = vec![standings.key.message.as_str()];
    for other in standings.others() {
        // A key that is followed stands in Azure alone.
        if !parts.contains(&other.message.as_str()) {
            parts.push(&other.message);
        }
    }
    parts.join("; ")
}

/// The Ready condition of an object that goes.
pub(crate) fn deleting(
    desired: &Desired,
    plan: &Plan,
    failed: Option<(&Step, &Failure)>,
) -> ConditionDraft {
    let kind = ConditionType::Ready;
    match (failed, &plan.secret) {
        (Some((Step::Azure(AzureStep::DeleteAzureKey { .. }), failure)), _) => {
            let failure = with_way_out(desired, failure);
            ConditionDraft::new(kind, Some(false), failure.reason, failure.message)
        }
        (Some((_, failure)), _) | (None, Finding::Blocked(failure)) => {
            ConditionDraft::new(kind, Some(false), failure.reason, failure.message.clone())
        }
        (None, _) => ConditionDraft::new(
            kind,
            Some(false),
            Reason::Deleting,
            "the deletion policies are being carried out",
        ),
    }
}
