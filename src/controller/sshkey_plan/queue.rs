//! So many plans of a namespace are at work at once; the others wait, in the order in which they were created.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

use crate::api::{ConditionType, SshKeyPlan, condition::find};

/// The most plans of a namespace at work.
pub(in crate::controller) const MOST_AT_WORK: usize = 20;

/// Whether the answer is there, or there can be none: what was asked does not change.
pub(in crate::controller) fn is_answered(plan: &SshKeyPlan) -> bool {
    let status = plan.status.as_ref();
    let conditions = status.map_or(&[][..], |status| &status.conditions);
    let ends = [ConditionType::Complete, ConditionType::Stalled];
    let mut ends = ends.into_iter().filter_map(|end| find(conditions, end));
    ends.any(|end| end.status == "True")
}

/// How many plans of the same namespace were created before this one and have no answer yet.
pub(in crate::controller) fn ahead<'a>(
    plan: &SshKeyPlan,
    others: impl Iterator<Item = &'a SshKeyPlan>,
) -> usize {
    let order = |plan: &SshKeyPlan| (plan.creation_timestamp(), plan.name_any());
    let mine: (Option<Time>, String) = order(plan);
    others
        .filter(|other| other.namespace() == plan.namespace())
        .filter(|other| !is_answered(other) && order(other) < mine)
        .count()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

    use super::*;
    use crate::api::SshKeyPlanStatus;

    fn plan(namespace: &str, name: &str, second: i64) -> SshKeyPlan {
        let mut plan = SshKeyPlan::new(name, Default::default());
        plan.metadata.namespace = Some(namespace.to_owned());
        let created = Timestamp::from_second(second).unwrap();
        plan.metadata.creation_timestamp = Some(Time(created));
        plan
    }

    #[test]
    fn those_that_came_before_and_have_no_answer_are_ahead() {
        let mut answered = plan("a", "answered", 1);
        answered.status = Some(SshKeyPlanStatus {
            conditions: vec![Condition {
                type_: "Complete".to_owned(),
                status: "True".to_owned(),
                reason: String::new(),
                message: String::new(),
                observed_generation: None,
                last_transition_time: Time(Timestamp::UNIX_EPOCH),
            }],
            ..SshKeyPlanStatus::default()
        });
        let all = [
            answered,
            plan("a", "first", 1),
            plan("b", "elsewhere", 1),
            plan("a", "x", 2),
            plan("a", "y", 2),
            plan("a", "later", 3),
        ];
        let ahead_of = |name: &str| {
            let one = all.iter().find(|plan| plan.name_any() == name).unwrap();
            ahead(one, all.iter())
        };
        assert_eq!(ahead_of("first"), 0);
        assert_eq!(ahead_of("elsewhere"), 0);
        assert_eq!((ahead_of("x"), ahead_of("y")), (1, 2));
        assert_eq!(ahead_of("later"), 3);
    }
}
