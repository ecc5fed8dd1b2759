//! Azure: identities, the few ARM calls, and the two ways by which everything goes there: [`Inventory`] for what is
//! read, [`Budget`] for what is written.

mod addresses;
mod arm;
mod arm_answers;
mod arm_groups;
mod bounded;
mod budget;
mod certificate_error;
mod classify;
mod client_certificate;
mod cloud;
mod error;
mod group_view;
mod identity;
mod inventory;
mod listed_keys;
mod message;
mod models;
mod name_reservations;
mod pkcs12;
mod request;
mod response;
mod transport;
mod workload_identity;

pub use arm::ArmClient;
pub use arm_answers::KeyRead;
pub use budget::{Bucket, Budget, Caller, Level, Limits, Urgency};
pub use certificate_error::CertificateError;
pub use client_certificate::ClientCertificate;
pub use cloud::{Endpoints, Overrides};
pub use error::{AzureError, Cause, Operation};
pub use group_view::{Seen, View};
pub use identity::{Assertion, Identity};
pub use inventory::Inventory;
pub use models::SshPublicKey;
pub use name_reservations::Claims;
pub use transport::{Transport, TransportError};
pub use workload_identity::PodIdentity;
