//! Why something that a decision needs, or that it decided, did not work.

use crate::api::{ErrorClass, Reason};

/// Why something could not be read or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What to do about it.
    pub class: ErrorClass,
    /// For machines.
    pub reason: Reason,
    /// What is the matter and what to do about it, for people.
    pub message: String,
    /// What Azure calls the request that it refused: for events and a support case, and not for the status, where each
    /// try would change it.
    pub request_ids: Option<String>,
}

impl Failure {
    /// A failure of which Azure knows nothing.
    pub fn new(class: ErrorClass, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            class,
            reason,
            message: message.into(),
            request_ids: None,
        }
    }

    /// Whether a person has to change something.
    pub fn is_to_fix(&self) -> bool {
        self.class == ErrorClass::UserFixable
    }

    /// Something that a person has to change.
    pub fn to_fix(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::UserFixable, reason, message)
    }
}
