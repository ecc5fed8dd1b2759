//! A key pair in memory.

use std::fmt;

use ssh_key::LineEnding;
use zeroize::Zeroizing;

use super::algorithm::KeySpec;
use super::comment::Comment;
use super::error::KeyError;
use super::public_key::PublicKey;
use super::{generate, proof};

/// The most that is read, in bytes. An RSA 8192 pair takes about 6 KiB.
const MAX_BYTES: usize = 64 * 1024;

/// A key pair whose private half has been seen to sign what its public half verifies.
///
/// There is no way to print, compare, clone or serialize the private half but [`KeyPair::to_openssh`], whose text wipes
/// itself, too.
pub struct KeyPair {
    /// Boxed, so that a move of the pair leaves no copy of the key behind. Its key material is wiped on drop.
    private: Box<ssh_key::PrivateKey>,
    public: PublicKey,
}

impl KeyPair {
    /// Generates a pair. Ed25519 and ECDSA take less than a millisecond, RSA up to many seconds of CPU time, so an
    /// asynchronous caller hands this to a thread of its own.
    ///
    /// # Errors
    /// [`KeyError::Generate`] when the library fails; [`KeyError::Proof`] or one of the `Rsa` errors if it made a pair
    /// that does not work, which then is not returned.
    pub fn generate(spec: KeySpec, comment: &Comment) -> Result<Self, KeyError> {
        let private = ssh_key::PrivateKey::new(generate::generate(spec)?, comment.as_str())
            .map_err(|_| KeyError::Encode)?;
        Self::proven(private, comment.clone())
    }

    /// Reads an unencrypted private key in OpenSSH's format (`openssh-key-v1` in PEM), such as [`KeyPair::to_openssh`]
    /// writes. A comment that breaks the rule of [`Comment`] is dropped.
    ///
    /// # Errors
    /// Every other input: larger than 64 KiB, another format, several keys, encrypted, damaged, an unsupported type,
    /// an RSA key outside 2048 to 8192 bits or with inconsistent numbers, halves that do not belong together.
    pub fn from_openssh(pem: &[u8]) -> Result<Self, KeyError> {
        if pem.len() > MAX_BYTES {
            return Err(KeyError::TooLarge {
                limit_bytes: MAX_BYTES,
            });
        }
        check_armor(pem)?;
        let mut private =
            ssh_key::PrivateKey::from_openssh(pem).map_err(|_| KeyError::PrivateKeyDamaged)?;
        if private.is_encrypted() {
            return Err(KeyError::Encrypted);
        }
        let comment = private.comment().as_str().map(Comment::kept_or_dropped);
        let comment = comment.unwrap_or_default();
        private.set_comment(comment.as_str());
        Self::proven(private, comment)
    }

    fn proven(private: ssh_key::PrivateKey, comment: Comment) -> Result<Self, KeyError> {
        let private = Box::new(private);
        let public = PublicKey::new(private.public_key().key_data(), comment)?;
        let pair = Self { private, public };
        pair.prove()?;
        Ok(pair)
    }

    /// Signs a message with the private half and verifies it with the public half.
    ///
    /// # Errors
    /// [`KeyError::Proof`], or [`KeyError::RsaInconsistent`] if the private key is not even consistent in itself.
    pub fn prove(&self) -> Result<(), KeyError> {
        proof::prove(
            self.private.key_data(),
            self.private.public_key().key_data(),
        )
    }

    /// The public half, with the comment.
    pub fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    /// The private half in OpenSSH's format (`openssh-key-v1` in PEM), unencrypted, with LF line ends and one at the
    /// end. The same pair always gives the same text.
    ///
    /// # Errors
    /// [`KeyError::Encode`] if the library fails.
    pub fn to_openssh(&self) -> Result<Zeroizing<String>, KeyError> {
        self.private
            .to_openssh(LineEnding::LF)
            .map_err(|_| KeyError::Encode)
    }
}

/// Checks that there is one PEM block (RFC 7468) with OpenSSH's label and nothing in front of it.
fn check_armor(pem: &[u8]) -> Result<(), KeyError> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const LABEL: &[u8] = b"-----BEGIN OPENSSH PRIVATE KEY-----";
    if pem
        .windows(BEGIN.len())
        .filter(|window| *window == BEGIN)
        .nth(1)
        .is_some()
    {
        return Err(KeyError::SeveralPrivateKeys);
    }
    if pem.trim_ascii_start().starts_with(LABEL) {
        Ok(())
    } else {
        Err(KeyError::NotOpenSshPrivateKey)
    }
}

impl fmt::Debug for KeyPair {
    /// The public half only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}
