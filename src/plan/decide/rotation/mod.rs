//! Another key in the place of the current one, and the end of the former ones.

pub(crate) mod evaluate;
pub(crate) mod gate;
pub(crate) mod obstacle;
pub(crate) mod retirement;
pub(crate) mod situation;
pub(crate) mod stage;
