//! Stores: each way to prove an identity, who may use them, and how keys wait for them and they for keys.

mod certificates;
mod client_secret;
mod default_of_the_cluster;
pub(crate) mod deletion;
mod entra;
mod limits_for_tenants;
mod of_a_namespace;
pub(crate) mod of_the_cluster;
mod own_identity;
mod rights_for_cluster_stores;
mod waiting_keys;
mod workload_identity;
