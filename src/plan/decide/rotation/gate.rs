//! When a rotation may go on: what else must be at rest before, and what is recorded of it.

use crate::plan::{
    decide::{rotation::stage::Stage, secret::rotation_request::request_of_predecessor},
    desired::resolve::Desired,
    failure::Failure,
    observed::{rotation_secrets::RotationSecrets, secret::SecretView, snapshot::Observed},
    records::rotation::RotationRecord,
    step::kinds::Step,
};

/// What else is under way while a rotation is decided upon.
pub(crate) struct Gate {
    /// How Azure stands.
    pub(crate) azure: AzureStands,
    /// No output is to be changed.
    pub(crate) outputs: bool,
    /// The key is lost, and another is to take its place.
    pub(crate) is_replacing: bool,
}

/// How Azure stands while a rotation is decided upon.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AzureStands {
    /// The key there is as it is wanted, or none is, and nothing is left where it was.
    AsWanted,
    /// It will be.
    UnderWay,
    /// It refuses, or can't be read.
    Refused,
}

/// The steps of a rotation: those before all that is public, and those after.
#[derive(Default)]
pub(crate) struct GatedSteps {
    pub(crate) first: Option<Step>,
    pub(crate) last: Vec<Step>,
    pub(crate) blocked: Option<Failure>,
    is_resting: bool,
}

impl Gate {
    /// The steps of a rotation that may be taken as things are.
    pub(crate) fn let_through(&self, stage: Stage) -> GatedSteps {
        // A lost key has nothing that could come to rest before another takes its place.
        let azure = self.azure == AzureStands::AsWanted;
        let may_replace = self.is_replacing && self.azure != AzureStands::Refused;
        let may_begin = may_replace || (!self.is_replacing && azure && self.outputs);
        let is_public = azure && (self.outputs || self.is_replacing);
        let (first, last) = match stage {
            Stage::Begin(step) if may_begin => (Some(step), Vec::new()),
            Stage::Keep(step) => (Some(step), Vec::new()),
            Stage::Publish { then, .. } if is_public => (None, then.into_iter().collect()),
            Stage::Finish(steps) => (None, steps),
            Stage::GiveUp(step) if azure || may_replace => (None, vec![step]),
            Stage::Tidy(step) => (None, vec![step]),
            Stage::Publish { .. } | Stage::GiveUp(_) => (None, Vec::new()),
            Stage::Blocked(failure) => {
                return GatedSteps {
                    blocked: Some(failure),
                    ..GatedSteps::default()
                };
            }
            Stage::Rest | Stage::Begin(_) => {
                return GatedSteps {
                    is_resting: true,
                    ..GatedSteps::default()
                };
            }
        };
        GatedSteps {
            first,
            last,
            blocked: None,
            is_resting: false,
        }
    }
}

/// The record of rotations: it says that there may be Secrets beside the managed one before the first is created, and as
/// long as one is there, and which requests were acted upon.
pub(crate) fn rotation_to_record(
    desired: &Desired,
    observed: &Observed,
    is_sound: bool,
    gated: &GatedSteps,
) -> RotationRecord {
    let before = &observed.object.rotation;
    let secrets = &observed.rotation_secrets;
    let are_there = secrets.staged().is_some() || secrets.previous().is_some();
    let is_there = match &observed.rotation_secrets {
        RotationSecrets::Unread => before.may_have_secrets,
        // While the key itself is missing, another may be staging the next one just now.
        RotationSecrets::Read { .. } => are_there || (!is_sound && before.may_have_secrets),
    };
    let handled = match &observed.secret {
        SecretView::Present(facts) if facts.owner_uid.as_ref() == Some(&observed.object.uid) => {
            facts.request.as_deref()
        }
        _ => request_of_predecessor(desired, observed),
    };
    RotationRecord {
        may_have_secrets: is_there || !gated.is_resting,
        handled: observed.object.handled_requests().to_vec(),
    }
    .with(handled)
}
