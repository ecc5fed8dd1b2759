//! What an operator sees of a world, in the words of the plan.

pub(crate) mod desired;
pub(crate) mod facts;
pub(crate) mod keys;
pub(crate) mod look;
pub(crate) mod mind;
pub(crate) mod read_back;
pub(crate) mod status;

pub(crate) use mind::Mind;
