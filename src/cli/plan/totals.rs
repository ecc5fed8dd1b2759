//! What is planned, and how much of it is added, changed and destroyed. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{documents::Origin, object_changes::FieldChange};
use crate::api::{
    PlannedStep, SshKeyPlanStatus, StepAction,
    condition::{Condition, ConditionType, find},
};

/// The plan for one `SshKey`.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    /// Where its manifest is; `None` for one of the cluster.
    pub(super) origin: Option<Origin>,
    pub(super) namespace: String,
    pub(super) name: String,
    /// What is done to the `SshKey` itself; `None` when nothing is.
    pub(super) action: Option<StepAction>,
    /// Its fields that change.
    pub(super) fields: Vec<FieldChange>,
    /// The operator's answer.
    pub(super) status: SshKeyPlanStatus,
}

impl Planned {
    /// The steps that are taken as soon as it is applied.
    pub(super) fn now(&self) -> impl Iterator<Item = &PlannedStep> {
        let steps = self.status.steps.iter();
        steps.filter(|step| step.not_before.is_none())
    }

    /// The steps that only time brings.
    pub(super) fn later(&self) -> impl Iterator<Item = &PlannedStep> {
        let steps = self.status.steps.iter();
        steps.filter(|step| step.not_before.is_some())
    }

    /// Whether applying it changes something.
    pub(super) fn is_change(&self) -> bool {
        self.action.is_some() || self.now().next().is_some()
    }

    /// How it is not ready afterwards; `None` when it is, or is gone.
    pub(super) fn obstacle(&self) -> Option<&Condition> {
        let ready = find(&self.status.planned_conditions, ConditionType::Ready)?;
        (ready.status != "True").then_some(ready)
    }
}

/// How many things are added, changed and destroyed. What is replaced is destroyed and added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Totals {
    pub(super) add: usize,
    pub(super) change: usize,
    pub(super) destroy: usize,
}

/// Counts things, not steps: several steps may change one, and several keys may be published through one store.
pub(super) fn totals(all: &[Planned]) -> Totals {
    let mut things: BTreeMap<(&str, String), Vec<StepAction>> = BTreeMap::new();
    for planned in all {
        let own = planned
            .action
            .map(|action| (action, format!("SshKey {}", planned.name)));
        let steps = planned.now().map(|step| (step.action, step.target.clone()));
        for (action, target) in own.into_iter().chain(steps) {
            let is_of_a_namespace = !target.starts_with('/') && !target.starts_with("Cluster");
            let namespace = if is_of_a_namespace {
                planned.namespace.as_str()
            } else {
                ""
            };
            things.entry((namespace, target)).or_default().push(action);
        }
    }
    let mut totals = Totals::default();
    for actions in things.into_values() {
        let is_there = actions.first() != Some(&StepAction::Create);
        let stays = actions.last() != Some(&StepAction::Delete);
        let is_replaced = actions.contains(&StepAction::Replace);
        totals.add += usize::from(stays && (!is_there || is_replaced));
        totals.change += usize::from(is_there && stays && !is_replaced);
        totals.destroy += usize::from(is_there && (!stays || is_replaced));
    }
    totals
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// A plan with steps of an action and a target each.
    pub(in crate::cli::plan) fn planned(
        action: Option<StepAction>,
        steps: &[(&str, &str)],
    ) -> Planned {
        let step = |(action, target): &(&str, &str)| json!({ "action": action, "step": "Step", "target": target, "reason": "because" });
        let steps: Vec<_> = steps.iter().map(step).collect();
        Planned {
            origin: None,
            namespace: "team-a".to_owned(),
            name: "web".to_owned(),
            action,
            fields: Vec::new(),
            status: serde_json::from_value(json!({ "steps": steps })).unwrap(),
        }
    }

    fn counted(steps: &[(&str, &str)]) -> [usize; 3] {
        let Totals {
            add,
            change,
            destroy,
        } = totals(&[planned(None, steps)]);
        [add, change, destroy]
    }

    #[test]
    fn things_are_counted_and_not_steps() {
        assert_eq!(
            counted(&[("Create", "Secret a"), ("Update", "Secret a")]),
            [1, 0, 0]
        );
        assert_eq!(
            counted(&[("Update", "Secret a"), ("Update", "Secret a")]),
            [0, 1, 0]
        );
        assert_eq!(counted(&[("Replace", "/a"), ("Create", "/a")]), [1, 0, 1]);
        assert_eq!(counted(&[("Delete", "/a")]), [0, 0, 1]);
        // The Secret of a next key comes and goes.
        assert_eq!(
            counted(&[("Create", "Secret a"), ("Delete", "Secret a")]),
            [0, 0, 0]
        );
    }

    #[test]
    fn a_store_of_several_keys_is_one_thing() {
        let store = [("Update", "ClusterAzureStore default")];
        let mut other = planned(None, &store);
        other.namespace = "team-b".to_owned();
        let all = [planned(Some(StepAction::Create), &store), other];
        let expected = Totals {
            add: 1,
            change: 1,
            destroy: 0,
        };
        assert_eq!(totals(&all), expected);
    }

    #[test]
    fn what_only_time_brings_is_no_change() {
        let mut later = planned(None, &[("Delete", "Secret a")]);
        later.status.steps[0].not_before =
            serde_json::from_value(json!("2026-11-11T00:00:00Z")).ok();
        assert!(!later.is_change());
        assert_eq!(later.later().count(), 1);
        assert_eq!(totals(&[later]), Totals::default());
        assert!(planned(Some(StepAction::Update), &[]).is_change());
    }
}
