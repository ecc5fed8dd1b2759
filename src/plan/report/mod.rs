//! What is said of an object, in its status.

pub(super) mod audit;
pub(super) mod audit_line;
pub(super) mod hints;
pub(super) mod progress;
pub(super) mod ready;
pub(super) mod rotation;
pub(super) mod standing;
pub(super) mod status;
pub(super) mod there;
