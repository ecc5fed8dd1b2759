//! Breadth first, so that the shortest way to a broken promise is the one that is shown.

pub(crate) mod bounds;
pub(crate) mod how;
pub(crate) mod pool;
pub(crate) mod rest;
pub(crate) mod state;
pub(crate) mod successors;
pub(crate) mod thoughts;
pub(crate) mod walk;

pub(crate) use bounds::Bounds;
pub(crate) use thoughts::{Planner, Thoughts};
pub(crate) use walk::{Known, Outcome, search};
