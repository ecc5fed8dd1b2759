//! What an operator writes into the status when it has come to the end of its plan.

use sshkey_operator::{
    api::{ConditionType, SshKeyStatus},
    plan::{Observed, Plan},
};

use crate::{
    view::{Mind, status},
    world::{Refusal, Status, World},
};

/// A status as it is written, and which of its conditions are true.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reported {
    pub(crate) status: Status,
    pub(crate) is_ready: bool,
    pub(crate) has_key: bool,
    pub(crate) is_in_azure: bool,
}

impl Reported {
    /// What an operator says that sees this and has this plan.
    pub(crate) fn of(mind: &Mind, observed: &Observed, plan: &Plan) -> Self {
        let words = mind.report(observed, plan).status;
        Self {
            status: status::status(&words),
            is_ready: is_true(&words, ConditionType::Ready),
            has_key: is_true(&words, ConditionType::KeyAvailable),
            is_in_azure: is_true(&words, ConditionType::AzureSynced),
        }
    }
}

fn is_true(status: &SshKeyStatus, kind: ConditionType) -> bool {
    let kind: &str = kind.into();
    let mut conditions = status.conditions.iter();
    conditions.any(|condition| condition.type_ == kind && condition.status == "True")
}

/// Writes the status of an object, where that can be written.
pub(crate) fn report(world: &mut World, mind: &Mind, reported: &Reported) -> bool {
    let is_there = world.seen.object.exists && world.seen.object.uid == mind.seen.object.uid;
    if is_there && world.refuses != Some(Refusal::Everything) {
        world.change(|object| object.status = Some(reported.status));
    }
    is_there
}
