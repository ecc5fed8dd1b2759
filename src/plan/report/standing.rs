//! How the key pair, the outputs and Azure stand: from the plan's findings and from the steps that failed.

use crate::{
    api::{ConditionType, Reason, condition::ConditionDraft},
    plan::{
        decision::{Finding, Plan},
        failure::Failure,
        observed::{secret::SecretView, snapshot::Observed},
        step::kinds::{Concern, Step},
    },
};

/// How one thing stands, step failures included.
pub(crate) struct Standing {
    pub(crate) status: Option<bool>,
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

impl Standing {
    pub(crate) fn about(&self, kind: ConditionType) -> ConditionDraft {
        ConditionDraft::new(kind, self.status, self.reason, self.message.clone())
    }

    pub(crate) fn failed(failure: &Failure) -> Self {
        Self {
            status: Some(false),
            reason: failure.reason,
            message: failure.message.clone(),
        }
    }
}

/// How each part of an object stands.
pub(crate) struct Standings {
    pub(crate) key: Standing,
    /// `None` when no output is wanted and none is left.
    pub(crate) outputs: Option<Standing>,
    /// `None` when nothing is wanted in Azure.
    pub(crate) azure: Option<Standing>,
    /// What stands against a rotation, if one is due.
    pub(crate) rotation: Option<Standing>,
}

impl Standings {
    /// From the plan, and the steps that failed, the one that ended the pass first.
    pub(crate) fn of(plan: &Plan, observed: &Observed, failures: &[(&Step, &Failure)]) -> Self {
        let of = |concern| failure_of(failures, concern);
        let outputs = plan.outputs.as_ref();
        let azure = plan.azure.as_ref();
        let rotation = plan.rotation.as_ref().or_else(|| of(Concern::Rotation));
        Self {
            key: key_standing(plan, observed, of(Concern::Secret)),
            outputs: outputs.map(|finding| standing(finding, of(Concern::Outputs))),
            azure: azure.map(|finding| standing(finding, of(Concern::Azure))),
            rotation: rotation.map(Standing::failed),
        }
    }

    /// All but the key, in the order in which they are told.
    pub(crate) fn others(&self) -> impl Iterator<Item = &Standing> {
        let others = [&self.outputs, &self.azure, &self.rotation];
        others.into_iter().flatten()
    }

    /// The conditions of the parts.
    pub(crate) fn drafts(&self) -> impl Iterator<Item = ConditionDraft> {
        let parts = [
            (Some(&self.key), ConditionType::KeyAvailable),
            (self.outputs.as_ref(), ConditionType::OutputsSynced),
            (self.azure.as_ref(), ConditionType::AzureSynced),
        ];
        parts
            .into_iter()
            .filter_map(|(standing, kind)| Some(standing?.about(kind)))
    }
}

/// The first failure of a step that is about this.
fn failure_of<'a>(failures: &[(&Step, &'a Failure)], concern: Concern) -> Option<&'a Failure> {
    let mut of = failures
        .iter()
        .filter(|(step, _)| step.concern() == concern);
    of.next().map(|(_, failure)| *failure)
}

/// How the key pair stands. It is there as long as its Secret can be used, whatever else can't be written on that.
fn key_standing(plan: &Plan, observed: &Observed, failed: Option<&Failure>) -> Standing {
    let standing = standing(&plan.secret, failed);
    match (failed, &observed.secret, &plan.secret) {
        (Some(failure), SecretView::Present(facts), Finding::Pending)
            if facts.owner_uid.as_ref() == Some(&observed.object.uid)
                && facts.private_entry_is_a_file =>
        {
            Standing {
                status: Some(true),
                reason: Reason::KeyStored,
                message: format!(
                    "the Secret holds the key; its records can't be written: {}",
                    failure.message
                ),
            }
        }
        _ => standing,
    }
}

fn standing(finding: &Finding, failed: Option<&Failure>) -> Standing {
    if let Some(failure) = failed {
        return match finding {
            // What stands against all of it is the reason; what failed on the way is added.
            Finding::Blocked(first) => Standing::failed(&Failure {
                message: format!("{}; {}", first.message, failure.message),
                ..first.clone()
            }),
            Finding::Good { .. } | Finding::Pending => Standing::failed(failure),
        };
    }
    match finding {
        Finding::Good { reason, message } => Standing {
            status: Some(true),
            reason: *reason,
            message: message.clone(),
        },
        Finding::Pending => Standing {
            status: Some(false),
            reason: Reason::Progressing,
            message: "under way".to_owned(),
        },
        Finding::Blocked(failure) => Standing::failed(failure),
    }
}
