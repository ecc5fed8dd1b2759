//! What is kept for long of many objects, small.

pub mod packed;
