//! What a step does to a world, and what the operator hears of it.

pub(crate) mod deed;
pub(crate) mod happens;
pub(crate) mod report;
pub(crate) mod take;
pub(crate) mod tell;
