//! Public keys: read leniently, written in one canonical way.

use std::fmt;

use ssh_key::public::KeyData;

use super::algorithm::{Algorithm, Curve, ED25519_BITS};
use super::comment::Comment;
use super::error::KeyError;
use super::fingerprint::Fingerprint;
use super::rsa;

/// The most that is read, in bytes. The largest accepted key (RSA 8192) takes about 1.4 KiB.
const MAX_BYTES: usize = 64 * 1024;

/// A public key of a type, size and shape that this program accepts.
///
/// Two are equal when their key material is; the comment does not count.
#[derive(Clone)]
pub struct PublicKey {
    /// `<type> <base64>`: the one way to write this material.
    material: String,
    algorithm: Algorithm,
    bits: i32,
    fingerprint: Fingerprint,
    comment: Comment,
}

impl PublicKey {
    /// Reads a public key in the format of a `.pub` file, from anyone.
    ///
    /// Line breaks are ignored wherever they are, because Azure has stored keys that are wrapped inside the base64. A
    /// comment that breaks the rule of [`Comment`] is dropped.
    ///
    /// # Errors
    /// Anything but one key: options in front, several keys, more than 64 KiB, unsupported types, RSA below 2048 or
    /// above 8192 bits, and damage.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if text.len() > MAX_BYTES {
            return Err(KeyError::TooLarge {
                limit_bytes: MAX_BYTES,
            });
        }
        let text = text.trim();
        let wrapped = text.contains(LINE_BREAKS);
        let joined = text.replace(LINE_BREAKS, "");

        let (kind, rest) = split_field(&joined);
        if !SUPPORTED_TYPES.contains(&kind) {
            return Err(why_not_a_type(kind, rest));
        }
        let (blob, comment) = split_field(rest);
        // With the line breaks gone, the second of two lines is a part of the first one's comment.
        if wrapped && fields(comment).any(is_blob) {
            return Err(KeyError::SeveralPublicKeys);
        }
        let read = ssh_key::PublicKey::from_openssh(&format!("{kind} {blob}"))
            .map_err(|_| KeyError::PublicKeyDamaged)?;
        Self::new(read.key_data(), Comment::kept_or_dropped(comment))
    }

    pub(super) fn new(material: &KeyData, comment: Comment) -> Result<Self, KeyError> {
        let (algorithm, bits) = match material {
            KeyData::Ed25519(_) => (Algorithm::Ed25519, ED25519_BITS),
            KeyData::Rsa(key) => {
                let bits = rsa::check_public(key)?;
                let bits = i32::try_from(bits).map_err(|_| KeyError::RsaSize { bits })?;
                (Algorithm::Rsa, bits)
            }
            KeyData::Ecdsa(key) => {
                // SEC 1 section 2.3.3: 4 stands for a point in full.
                if key.as_sec1_bytes().first() != Some(&4) {
                    return Err(KeyError::EcdsaPointCompressed);
                }
                (Algorithm::Ecdsa, Curve::from(key.curve()).bits())
            }
            _ => return Err(KeyError::UnsupportedType),
        };
        Ok(Self {
            material: ssh_key::PublicKey::from(material.clone())
                .to_openssh()
                .map_err(|_| KeyError::Encode)?,
            algorithm,
            bits,
            fingerprint: Fingerprint::of(material).ok_or(KeyError::Encode)?,
            comment,
        })
    }

    /// The canonical text, `<type> <base64>[ <comment>]`: one line without a line end and without control characters.
    pub fn to_line(&self) -> String {
        if self.comment.is_empty() {
            self.material.clone()
        } else {
            format!("{} {}", self.material, self.comment)
        }
    }

    /// The SHA-256 fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The size in bits, as `ssh-keygen -l` prints it; 256 for Ed25519.
    pub fn bits(&self) -> i32 {
        self.bits
    }

    /// The comment; empty when there was none or it broke the rule.
    pub fn comment(&self) -> &Comment {
        &self.comment
    }

    /// Whether Azure's virtual machines take this key: RSA of at least 2048 bits or Ed25519
    /// (<https://learn.microsoft.com/azure/virtual-machines/linux/mac-create-ssh-keys>).
    ///
    /// # Errors
    /// When Azure would refuse the key.
    pub fn azure_accepts(&self) -> Result<(), UnsupportedByAzure> {
        match self.algorithm {
            // No `PublicKey` is an RSA key of less than 2048 bits.
            Algorithm::Ed25519 | Algorithm::Rsa => Ok(()),
            Algorithm::Ecdsa => Err(UnsupportedByAzure {
                algorithm: self.algorithm,
            }),
        }
    }
}

const LINE_BREAKS: [char; 2] = ['\r', '\n'];
const BLANKS: [char; 2] = [' ', '\t'];

/// The types that [`PublicKey`] holds, by their names in RFC 8709, RFC 4253 and RFC 5656.
const SUPPORTED_TYPES: [&str; 5] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
];

fn split_field(text: &str) -> (&str, &str) {
    let (field, rest) = text.split_once(BLANKS).unwrap_or((text, ""));
    (field, rest.trim_start_matches(BLANKS))
}

fn fields(text: &str) -> impl Iterator<Item = &str> {
    text.split(BLANKS).filter(|field| !field.is_empty())
}

/// The wire encoding of every key starts with the length of its type's name, three zero bytes and one more: `AAAA`.
fn is_blob(field: &str) -> bool {
    field.starts_with("AAAA")
}

fn why_not_a_type(kind: &str, rest: &str) -> KeyError {
    if !fields(rest).any(is_blob) {
        KeyError::NotPublicKey
    } else if kind.starts_with("ssh-") || kind.starts_with("sk-") || kind.starts_with("ecdsa-") {
        KeyError::UnsupportedType
    } else {
        KeyError::PublicKeyOptions
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.material == other.material
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_line())
    }
}

/// Azure does not take keys of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Azure does not accept {algorithm} keys: use Ed25519, or RSA of at least 2048 bits")]
pub struct UnsupportedByAzure {
    /// The algorithm of the refused key.
    pub algorithm: Algorithm,
}
