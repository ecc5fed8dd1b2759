//! What is lost, changed or restored, and what brings it back: the rows of `docs/recovery.md`.

pub(crate) mod acts;
mod durability;
pub(crate) mod loss;
mod managed_secret;
mod records;
mod restored;
