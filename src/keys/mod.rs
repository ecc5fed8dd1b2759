//! SSH key pairs: generate, read, check, encode and fingerprint them.
//!
//! Everything here is pure computation: no clock, no I/O, no cluster. Private material shows nothing in `Debug`,
//! cannot be serialized and is wiped when dropped. All cryptography is done by aws-lc; `ssh-key` supplies the
//! OpenSSH containers.

mod agent_signature;
mod algorithm;
mod comment;
mod derive;
mod error;
mod exports;
mod fingerprint;
mod generate;
mod given_text;
mod known_hosts;
mod not_private;
mod openssh;
mod pair;
mod pem;
mod pkcs8;
mod points;
mod private_formats;
mod private_inside;
mod proof;
mod public_formats;
mod public_key;
mod public_line;
mod refusal;
mod rsa;
mod signatures;
#[cfg(test)]
mod tests;
mod weak_rsa;
mod why_not;

pub use agent_signature::RsaHash;
pub use algorithm::{Algorithm, Curve, KeySpec, RsaSize, UnsupportedSize};
pub use comment::{Comment, CommentRefused};
pub use error::KeyError;
pub use fingerprint::{Fingerprint, FingerprintMalformed};
pub use known_hosts::{NotKnownHosts, check_known_hosts};
pub use pair::KeyPair;
pub use pem::is_openssh_file;
pub(crate) use pkcs8::kdf_cost;
pub use public_key::{PublicKey, UnsupportedByAzure};
pub use refusal::KeyRefusal;
