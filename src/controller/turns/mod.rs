//! Namespaces take turns.

pub(in crate::controller) mod calls;
pub(in crate::controller) mod line;
pub(in crate::controller) mod namespaces;
