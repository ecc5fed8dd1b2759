//! SSH key pairs: generate, read, check, encode and fingerprint them.
//!
//! Everything here is pure computation: no clock, no I/O, no cluster. Private material shows nothing in `Debug`,
//! cannot be serialized and is wiped when dropped. All cryptography is done by aws-lc; `ssh-key` supplies the
//! OpenSSH containers.

mod algorithm;
mod armor;
#[cfg(test)]
mod as_given;
#[cfg(test)]
mod changed_keys;
mod comment;
mod container;
mod derive;
mod error;
mod fingerprint;
mod generate;
mod given_text;
mod import;
#[cfg(test)]
mod interoperability;
mod known_hosts;
#[cfg(test)]
mod openssh_agreement;
mod pair;
mod pkcs8;
mod points;
#[cfg(test)]
mod private_given;
mod private_inside;
mod proof;
mod public_formats;
mod public_key;
mod refusal;
#[cfg(test)]
mod refused_commands;
#[cfg(test)]
mod refused_formats;
#[cfg(test)]
mod refused_input;
#[cfg(test)]
mod refused_texts;
mod rsa;
mod signatures;
#[cfg(test)]
mod test_files;
mod weak;
mod why_not;

pub use algorithm::{Algorithm, Curve, KeySpec, RsaSize, UnsupportedSize};
pub use armor::is_openssh_file;
pub use comment::{Comment, CommentRefused};
pub use error::KeyError;
pub use fingerprint::{Fingerprint, FingerprintMalformed};
pub use known_hosts::{NotKnownHosts, check_known_hosts};
pub use pair::KeyPair;
pub(crate) use pkcs8::kdf_cost;
pub use public_key::{PublicKey, UnsupportedByAzure};
pub use refusal::KeyRefusal;
