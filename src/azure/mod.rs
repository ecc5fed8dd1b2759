//! Azure: identities, the few ARM calls, and the two ways by which everything goes there: [`Inventory`] for what is
//! read, [`Budget`] for what is written.

mod answer;
mod arm;
mod budget;
mod certificate;
mod claims;
mod classify;
mod cloud;
mod error;
mod exchange;
mod identity;
mod inventory;
mod message;
mod pkcs12;
mod pod;
mod transport;
mod wire;

pub use arm::{ArmClient, KeyRead};
pub use budget::{Bucket, Budget, Caller, Level, Limits, Urgency};
pub use certificate::{CertificateError, ClientCertificate};
pub use claims::Claims;
pub use cloud::{Endpoints, Overrides};
pub use error::{AzureError, Cause, Operation};
pub use identity::{Assertion, Identity};
pub use inventory::{Inventory, Seen, View};
pub use pod::PodIdentity;
pub use transport::{Transport, TransportError};
pub use wire::SshPublicKey;
