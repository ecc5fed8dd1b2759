//! The key that a user gives: how it is read, and what is remembered of it.

pub(in crate::controller) mod error;
pub(in crate::controller) mod read;
