//! The decision itself: facts in order, the first that holds decides.

pub(super) mod azure;
pub(super) mod bookkeeping;
pub(super) mod deletion;
pub(super) mod dependents;
pub(super) mod next_look;
pub(super) mod next_move;
pub(super) mod order;
pub(super) mod output_steps;
pub(super) mod outputs;
pub(super) mod parts;
pub(super) mod rotation;
pub(super) mod secret;
pub(super) mod source;
