//! What is read from and written to the cluster. One function, one request, with a time limit of its own.

pub mod client;
pub mod configmaps;
pub mod cut;
pub mod definitions;
mod deletion;
pub mod election;
pub mod error;
pub mod events;
mod field_manager;
mod found_keys;
mod found_secret;
pub mod guarded;
pub(crate) mod kind_of;
pub mod leases;
pub mod namespaced;
pub mod namespaces;
mod output_content;
pub mod outputs;
pub mod owned;
pub mod plans;
mod request_metrics;
pub mod rotation_secrets;
pub mod secret_pages;
mod secret_records;
pub mod secrets;
pub mod sshkeys;
pub mod status_residue;
pub mod store_users;
pub mod stores;
pub mod tokens;
pub mod user_secrets;

pub use error::KubernetesError;
