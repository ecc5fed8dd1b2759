//! A key from its creation to its end: what is made, kept as it should be, moved, taken over and put away.

mod creation;
mod deletion;
mod drift;
mod effects;
mod moves;
mod protection;
mod successors;
mod takeover;
mod upkeep;
pub(crate) mod vanished;
