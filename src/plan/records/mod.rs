//! What is written on objects: where a key may be in Azure, whose it is, and what was done to it.

pub(super) mod azure;
pub(super) mod former_key;
pub(super) mod ownership;
pub(super) mod rotation;
