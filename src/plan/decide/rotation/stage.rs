//! How far a rotation is.

use jiff::Timestamp;

use crate::{
    keys::PublicKey,
    plan::{failure::Failure, step::kinds::Step},
};

/// How far a rotation is, and when to look again because of it.
#[derive(Default)]
pub(crate) struct Rotation {
    pub(crate) stage: Stage,
    /// When time alone will change something.
    pub(crate) wake_at: Option<Timestamp>,
}

/// How far a rotation is.
#[derive(Default)]
pub(crate) enum Stage {
    /// There is nothing to do.
    #[default]
    Rest,
    /// It is due, and something stands against it.
    Blocked(Failure),
    /// It is due: it begins once everything else is at rest.
    Begin(Step),
    /// A key is kept that would be lost otherwise, before anything else.
    Keep(Step),
    /// The next key is to be published; this once it is.
    Publish { key: PublicKey, then: Option<Step> },
    /// The next key is the current one by now: the rest is tidying up.
    Finish(Vec<Step>),
    /// What is staged is not to take over: it goes once the current key is published again.
    GiveUp(Step),
    /// Former keys are dated, or go.
    Tidy(Step),
}

impl From<Stage> for Rotation {
    fn from(stage: Stage) -> Self {
        Self {
            stage,
            wake_at: None,
        }
    }
}
