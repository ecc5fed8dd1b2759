//! What the operator would do until it rests, shown to people before it is done.

pub(super) mod answer;
pub(super) mod fold;
pub(super) mod line;
pub(super) mod pending;
pub(super) mod reasons;
pub(super) mod text;
pub(super) mod warnings;
