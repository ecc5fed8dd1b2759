//! SSH key pairs: generate, read, check, encode and fingerprint them.
//!
//! Everything here is pure computation: no clock, no I/O, no cluster. Private material shows nothing in `Debug`,
//! cannot be serialized and is wiped when dropped. All cryptography is done by aws-lc; `ssh-key` supplies the
//! OpenSSH containers.

mod algorithm;
mod comment;
mod error;
mod fingerprint;
mod generate;
#[cfg(test)]
mod openssh_agreement;
mod pair;
mod proof;
mod public_key;
mod refusal;
mod rsa;

pub use algorithm::{Algorithm, Curve, KeySpec, RsaSize, UnsupportedSize};
pub use comment::{Comment, CommentRefused};
pub use error::KeyError;
pub use fingerprint::{Fingerprint, FingerprintMalformed};
pub use pair::KeyPair;
pub use public_key::{PublicKey, UnsupportedByAzure};
pub use refusal::KeyRefusal;
