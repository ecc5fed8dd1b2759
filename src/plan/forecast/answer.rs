//! What is foretold.

use crate::api::{
    ErrorClass, PlannedStep,
    condition::{Condition, ConditionDraft},
};

/// The steps until nothing is left to do, and what there is then.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    /// The steps, in their order.
    pub steps: Vec<PlannedStep>,
    /// The conditions after the last of them; none when the object is gone then.
    pub conditions: Vec<Condition>,
    /// What the Ready condition says then; `None` when the object is gone.
    pub ready: Option<ConditionDraft>,
    /// What a person should know before it is done.
    pub warnings: Vec<String>,
    /// What keeps the object from being as the spec asks then; `None` when nothing does.
    pub obstacle: Option<ErrorClass>,
    /// Whether there are more steps than are foreseen.
    pub is_cut: bool,
}
