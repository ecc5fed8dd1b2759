//! What is written into the status of a plan.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

use crate::{
    api::{
        ConditionType, ErrorClass, PlannedStep, Reason, SshKeyPlan, SshKeyPlanStatus, StepAction,
        condition::{ConditionDraft, conditions, find},
    },
    controller::sshkey_plan::subject::Subject,
    plan::{Failure, Forecast},
};

/// When a plan is deleted.
pub(super) fn end_of(plan: &SshKeyPlan) -> Option<Timestamp> {
    let created = plan.creation_timestamp()?.0;
    created.checked_add(plan.spec.stays_for()).ok()
}

/// Whether the answer is there, or there can be none: what was asked does not change.
pub(super) fn is_answered(plan: &SshKeyPlan) -> bool {
    let status = plan.status.as_ref();
    let conditions = status.map_or(&[][..], |status| &status.conditions);
    let ends = [ConditionType::Complete, ConditionType::Stalled];
    let mut ends = ends.into_iter().filter_map(|end| find(conditions, end));
    ends.any(|end| end.status == "True")
}

/// The answer.
pub(super) fn complete(
    plan: &SshKeyPlan,
    subject: &Subject,
    forecast: Forecast,
    now: Timestamp,
) -> SshKeyPlanStatus {
    let summary = summary(&forecast.steps);
    let message = match (forecast.steps.is_empty(), forecast.is_cut) {
        (true, _) => {
            "nothing would be done now; status.plannedConditions says how it would stand".to_owned()
        }
        (false, true) => format!("{summary}, and more: these are the first steps"),
        (false, false) => summary.clone(),
    };
    let draft = ConditionDraft::new(
        ConditionType::Complete,
        Some(true),
        Reason::PlanComplete,
        message,
    );
    let (uid, resource_version) = subject.live.clone().unzip();
    SshKeyPlanStatus {
        uid,
        resource_version,
        summary: Some(summary),
        steps: forecast.steps,
        planned_conditions: forecast.conditions,
        warnings: forecast.warnings,
        ..status(plan, &[draft], now)
    }
}

/// There is no answer, or none yet.
pub(super) fn not_complete(
    plan: &SshKeyPlan,
    failure: &Failure,
    now: Timestamp,
) -> SshKeyPlanStatus {
    let about = |kind, status| {
        ConditionDraft::new(kind, Some(status), failure.reason, failure.message.clone())
    };
    let progress = match failure.class {
        ErrorClass::UserFixable => ConditionType::Stalled,
        ErrorClass::Transient | ErrorClass::Throttled(_) => ConditionType::Reconciling,
    };
    let drafts = [about(ConditionType::Complete, false), about(progress, true)];
    status(plan, &drafts, now)
}

fn status(plan: &SshKeyPlan, drafts: &[ConditionDraft], now: Timestamp) -> SshKeyPlanStatus {
    let before = plan.status.as_ref();
    let before = before.map_or(&[][..], |status| &status.conditions);
    let generation = plan.metadata.generation.unwrap_or_default();
    SshKeyPlanStatus {
        observed_generation: Some(generation),
        expiration_time: end_of(plan).map(Time),
        conditions: conditions(drafts, before, generation, now),
        ..SshKeyPlanStatus::default()
    }
}

/// How many steps do what.
fn summary(steps: &[PlannedStep]) -> String {
    let count = |action| steps.iter().filter(|step| step.action == action).count();
    let (created, updated) = (count(StepAction::Create), count(StepAction::Update));
    let (replaced, deleted) = (count(StepAction::Replace), count(StepAction::Delete));
    let replaced = match replaced {
        0 => String::new(),
        count => format!("{count} to replace, "),
    };
    format!("{created} to create, {updated} to update, {replaced}{deleted} to delete")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_the_steps_by_what_they_do() {
        let steps = |actions: &[StepAction]| -> Vec<PlannedStep> {
            let step = |action: &StepAction| PlannedStep {
                action: *action,
                ..PlannedStep::default()
            };
            actions.iter().map(step).collect()
        };
        let none = summary(&steps(&[]));
        assert_eq!(none, "0 to create, 0 to update, 0 to delete");
        let all = steps(&[
            StepAction::Create,
            StepAction::Replace,
            StepAction::Delete,
            StepAction::Create,
        ]);
        let all = summary(&all);
        assert_eq!(all, "2 to create, 0 to update, 1 to replace, 1 to delete");
    }
}
