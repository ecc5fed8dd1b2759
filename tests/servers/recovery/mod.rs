//! What is lost, changed or restored, and what brings it back: the rows of `docs/recovery.md`.

mod acts;
mod durability;
mod loss;
mod managed_secret;
mod records;
mod restored;
