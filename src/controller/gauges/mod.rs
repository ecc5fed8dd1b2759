//! What stands at this moment, as gauges.

pub(in crate::controller) mod levels;
pub(in crate::controller) mod unclaimed;
