//! Planners that are wrong in one thing each: the search must find every one of them out, by the promise that it breaks,
//! while all others are switched off.

pub(crate) mod authority;
pub(crate) mod custody;
pub(crate) mod hints;
pub(crate) mod kinds;
pub(crate) mod moves;
pub(crate) mod refusals;
pub(crate) mod rotation;
pub(crate) mod steps;
