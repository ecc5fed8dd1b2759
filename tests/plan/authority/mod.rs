//! Hints and authority.

mod acts;
mod hints;
mod recreated;
mod replaced;
