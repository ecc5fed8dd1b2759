//! Compresses objects of which the operator keeps many in memory.

pub mod packed;
