//! Stores: each way to prove an identity, who may use them, and how keys wait for them and they for keys.

mod certificates;
pub(crate) mod deletion;
mod of_a_namespace;
pub(crate) mod of_the_cluster;
mod own_identity;
