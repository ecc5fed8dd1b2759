//! What each step leaves behind.

pub(super) mod outcome;
pub(super) mod secrets;
pub(super) mod world;
