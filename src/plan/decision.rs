//! What was decided: the steps in order, and how each part of the object stands.

use jiff::Timestamp;

use crate::{
    api::{ErrorClass, Reason},
    plan::{
        failure::Failure,
        step::{kinds::Step, planned::Planned},
    },
};

/// What is to be done now, in order, and how everything stands.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The steps. Only the first may be taken; then the plan is made again.
    pub steps: Vec<Step>,
    /// What follows once there is a key: shown, and never taken. The first of it is a preview, or it is empty.
    pub later: Vec<Planned>,
    /// How the key pair stands.
    pub secret: Finding,
    /// How the outputs stand; `None` when none is wanted and none is left.
    pub outputs: Option<Finding>,
    /// How the key in Azure stands; `None` when none is wanted.
    pub azure: Option<Finding>,
    /// What stands against a rotation that is due.
    pub rotation: Option<Failure>,
    /// When time alone will change what is to be done.
    pub wake_at: Option<Timestamp>,
    /// Whether the object is being deleted.
    pub deleting: bool,
}

/// How one thing stands.
#[derive(Clone, Debug)]
pub enum Finding {
    /// As it is wanted.
    Good {
        /// For machines.
        reason: Reason,
        /// For people.
        message: String,
    },
    /// It will be, once the steps are taken.
    Pending,
    /// Something stands against it: a state that a person must change, or a look that failed.
    Blocked(Failure),
}

impl Plan {
    /// Whether all stands as it is wanted, and nothing is to be done.
    pub fn is_fulfilled(&self) -> bool {
        let others = [&self.outputs, &self.azure];
        let mut findings = others.into_iter().flatten().chain([&self.secret]);
        let all_good = findings.all(Finding::is_good);
        all_good && self.steps.is_empty() && self.rotation.is_none() && !self.deleting
    }
}

impl Finding {
    /// A person has to act.
    pub(crate) fn needs_user(reason: Reason, message: impl Into<String>) -> Self {
        Self::Blocked(Failure::to_fix(reason, message))
    }

    /// Whether it is as it is wanted.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Good { .. })
    }
}

/// What one chain of facts came to.
pub(crate) struct Evaluation {
    pub(crate) steps: Vec<Planned>,
    pub(crate) finding: Finding,
}

impl Evaluation {
    pub(crate) fn finding(finding: Finding) -> Self {
        Self {
            steps: Vec::new(),
            finding,
        }
    }

    /// The finding and the steps.
    pub(crate) fn apart(self) -> (Finding, Vec<Planned>) {
        (self.finding, self.steps)
    }

    pub(crate) fn steps(steps: Vec<Step>) -> Self {
        Self::planned(steps.into_iter().map(Planned::Step).collect())
    }

    pub(crate) fn planned(steps: Vec<Planned>) -> Self {
        Self {
            steps,
            finding: Finding::Pending,
        }
    }
}

impl Plan {
    /// Whether everything is as it is wanted and nothing is left to do.
    pub fn is_settled(&self) -> bool {
        self.has_no_steps()
            && self.secret.is_good()
            && self.outputs.as_ref().is_none_or(Finding::is_good)
            && self.azure.as_ref().is_none_or(Finding::is_good)
            && self.rotation.is_none()
    }

    /// Whether nothing is to be done, now or once there is a key.
    pub fn has_no_steps(&self) -> bool {
        self.steps.is_empty() && self.later.is_empty()
    }

    /// What keeps the plan from being settled, other than steps that are yet to be taken: the class tells when to look
    /// again.
    pub fn obstacle(&self) -> Option<ErrorClass> {
        self.failure().map(|failure| failure.class)
    }

    /// The first thing that stands against it.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        let findings = [
            Some(&self.secret),
            self.azure.as_ref(),
            self.outputs.as_ref(),
        ];
        let failed = findings
            .into_iter()
            .flatten()
            .find_map(|finding| match finding {
                Finding::Good { .. } | Finding::Pending => None,
                Finding::Blocked(failure) => Some(failure),
            });
        failed.or(self.rotation.as_ref())
    }
}
