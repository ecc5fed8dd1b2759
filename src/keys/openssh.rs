//! OpenSSH's own container, `openssh-key-v1`, plain or encrypted.
//! <https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key>
//!
//! The outside is read here, so that the cost of opening it is known before anything is computed; what is inside is
//! handed on as a plain container. Numbers of ECDSA keys are written out at full length for that: one in 256 is shorter,
//! and the reader inside takes none shorter than 32 bytes.

use ssh_key::{Cipher, Kdf, KdfAlg, cipher::Tag, encoding::Decode as _, private::KeypairData};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::public_line::SUPPORTED_TYPES;

const MAGIC: &[u8] = b"openssh-key-v1\0";
/// The most bcrypt rounds that are spent on one key: about five seconds of one core. `ssh-keygen` writes 24, and `-a`
/// more.
pub(super) const MAX_ROUNDS: u32 = 256;
/// Blocks of the plain container that is made.
const PLAIN_BLOCK: usize = 8;

/// A pair and its comment, as the container has them.
pub(super) struct Opened {
    /// The pair; not proven yet.
    pub(super) pair: KeypairData,
    /// The comment, if it is text.
    pub(super) comment: String,
}

/// Opens a container with one key.
pub(super) fn open(container: &[u8], passphrase: Option<&[u8]>) -> Result<Opened, KeyError> {
    let outside = Outside::read(container)?;
    let inside = outside.decrypted(passphrase)?;
    let inside = normalized(&inside).ok_or(if outside.cipher == Cipher::None {
        KeyError::PrivateKeyDamaged
    } else {
        // The two equal numbers at the beginning say that it was the right passphrase; these were not equal.
        KeyError::PassphraseWrong
    })?;
    let read = ssh_key::PrivateKey::from_bytes(&plain(outside.public, &inside));
    let read = read.map_err(|_| KeyError::PrivateKeyDamaged)?;
    Ok(Opened {
        comment: read.comment().as_str().unwrap_or_default().to_owned(),
        pair: read.key_data().clone(),
    })
}

struct Outside<'a> {
    cipher: Cipher,
    kdf: Kdf,
    public: &'a [u8],
    private: &'a [u8],
    tag: &'a [u8],
}

impl<'a> Outside<'a> {
    fn read(container: &'a [u8]) -> Result<Self, KeyError> {
        let mut rest = container
            .strip_prefix(MAGIC)
            .ok_or(KeyError::PrivateKeyDamaged)?;
        let cipher = text(string(&mut rest)?)?;
        let algorithm = text(string(&mut rest)?)?;
        let options = string(&mut rest)?;
        let keys = number(&mut rest)?;
        if keys > 1 {
            return Err(KeyError::SeveralPrivateKeys);
        }
        if keys == 0 {
            return Err(KeyError::PrivateKeyDamaged);
        }
        let public = string(&mut rest)?;
        // Told before anything is opened: a type that is not supported is so with any passphrase.
        let kind = text(string(&mut &*public)?)?;
        if !SUPPORTED_TYPES.contains(&kind) {
            return Err(KeyError::of_type(kind));
        }
        // The library knows this name, and does not decrypt it.
        let cipher = Cipher::new(cipher)
            .ok()
            .filter(|cipher| *cipher != Cipher::TdesCbc)
            .ok_or(KeyError::EncryptionUnsupported)?;
        let kdf = match algorithm.parse() {
            Ok(KdfAlg::None) if cipher == Cipher::None && options.is_empty() => Kdf::None,
            Ok(KdfAlg::Bcrypt) if cipher != Cipher::None => bcrypt(options)?,
            Ok(_) => return Err(KeyError::PrivateKeyDamaged),
            Err(_) => return Err(KeyError::EncryptionUnsupported),
        };
        Ok(Self {
            cipher,
            kdf,
            public,
            private: string(&mut rest)?,
            tag: rest,
        })
    }

    fn decrypted(&self, passphrase: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let mut private = Zeroizing::new(self.private.to_vec());
        if self.cipher == Cipher::None {
            return if self.tag.is_empty() {
                Ok(private)
            } else {
                Err(KeyError::PrivateKeyDamaged)
            };
        }
        let tag = if self.cipher.has_tag() {
            Some(Tag::try_from(self.tag).map_err(|_| KeyError::PrivateKeyDamaged)?)
        } else if self.tag.is_empty() {
            None
        } else {
            return Err(KeyError::PrivateKeyDamaged);
        };
        let block = self.cipher.block_size();
        if private.is_empty() || !private.len().is_multiple_of(block) {
            return Err(KeyError::PrivateKeyDamaged);
        }
        let passphrase = passphrase.ok_or(KeyError::PassphraseRequired)?;
        let (key, iv) = self
            .kdf
            .derive_key_and_iv(self.cipher, passphrase)
            .map_err(|_| KeyError::PassphraseWrong)?;
        self.cipher
            .decrypt(&key, &iv, &mut private, tag)
            .map_err(|_| KeyError::PassphraseWrong)?;
        Ok(private)
    }
}

fn bcrypt(mut options: &[u8]) -> Result<Kdf, KeyError> {
    let salt = string(&mut options)?.to_vec();
    let rounds = number(&mut options)?;
    if rounds > MAX_ROUNDS {
        return Err(KeyError::KdfTooCostly {
            what: "bcrypt rounds",
            limit: MAX_ROUNDS,
            remedy: "as `ssh-keygen -p -f FILE` does",
        });
    }
    if rounds == 0 || salt.is_empty() || !options.is_empty() {
        return Err(KeyError::PrivateKeyDamaged);
    }
    Ok(Kdf::Bcrypt { salt, rounds })
}

/// The private part with the number of an ECDSA key at full length; `None` when its two first numbers differ.
fn normalized(private: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut rest = private;
    let (one, other) = (number(&mut rest).ok()?, number(&mut rest).ok()?);
    if one != other {
        return None;
    }
    let whole = || Some(Zeroizing::new(private.to_vec()));
    let Ok(kind) = string(&mut rest) else {
        return whole();
    };
    let length = match kind {
        b"ecdsa-sha2-nistp256" => 32,
        b"ecdsa-sha2-nistp384" => 48,
        b"ecdsa-sha2-nistp521" => 66,
        _ => return whole(),
    };
    let (Ok(curve), Ok(point), Ok(scalar)) =
        (string(&mut rest), string(&mut rest), string(&mut rest))
    else {
        return whole();
    };
    if scalar.len() >= length {
        return whole();
    }
    let mut full = Zeroizing::new(vec![0; length - scalar.len()]);
    full.extend_from_slice(scalar);
    let mut made = Zeroizing::new(private[..8].to_vec());
    for part in [kind, curve, point, full.as_slice()] {
        push(&mut made, part);
    }
    let comment = string(&mut rest).ok()?;
    push(&mut made, comment);
    // The padding counts up from one, and its length depends on what stands before it.
    if !rest.iter().copied().eq(1..=u8::try_from(rest.len()).ok()?) {
        return whole();
    }
    for byte in 1.. {
        if made.len().is_multiple_of(PLAIN_BLOCK) {
            break;
        }
        made.push(byte);
    }
    Some(made)
}

/// A plain container.
fn plain(public: &[u8], private: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut made = Zeroizing::new(MAGIC.to_vec());
    for part in [&b"none"[..], b"none", b""] {
        push(&mut made, part);
    }
    made.extend_from_slice(&1_u32.to_be_bytes());
    push(&mut made, public);
    push(&mut made, private);
    made
}

fn push(to: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(part);
}

fn number(rest: &mut &[u8]) -> Result<u32, KeyError> {
    u32::decode(rest).map_err(|_| KeyError::PrivateKeyDamaged)
}

/// RFC 4251 section 5: a length of four bytes, and so many bytes.
fn string<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], KeyError> {
    let length = usize::try_from(number(rest)?).map_err(|_| KeyError::PrivateKeyDamaged)?;
    let (string, after) = rest
        .split_at_checked(length)
        .ok_or(KeyError::PrivateKeyDamaged)?;
    *rest = after;
    Ok(string)
}

fn text(bytes: &[u8]) -> Result<&str, KeyError> {
    std::str::from_utf8(bytes).map_err(|_| KeyError::PrivateKeyDamaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::pem::armored;
    use crate::keys::{Comment, Curve, KeyPair, KeySpec};

    fn parts(pair: &KeyPair) -> (Vec<u8>, Vec<u8>) {
        let text = pair.to_openssh().unwrap();
        let blocks = crate::keys::pem::blocks(&text).unwrap();
        let container = blocks[0].bytes().unwrap();
        let outside = Outside::read(&container).unwrap();
        (outside.public.to_vec(), outside.private.to_vec())
    }

    /// The private part as OpenSSH writes it, without leading zeros of the number.
    fn as_openssh_writes(private: &[u8], kind: &[u8]) -> (Vec<u8>, usize) {
        let mut rest = &private[8..];
        let mut made = private[..8].to_vec();
        assert_eq!(string(&mut rest).unwrap(), kind);
        push(&mut made, kind);
        for _ in 0..2 {
            push(&mut made, string(&mut rest).unwrap());
        }
        let scalar = string(&mut rest).unwrap();
        let first = scalar.iter().position(|byte| *byte != 0).unwrap();
        let mut number = scalar[first..].to_vec();
        if number[0] >= 0x80 {
            number.insert(0, 0);
        }
        push(&mut made, &number);
        push(&mut made, string(&mut rest).unwrap());
        for byte in 1.. {
            if made.len().is_multiple_of(PLAIN_BLOCK) {
                break;
            }
            made.push(byte);
        }
        (made, number.len())
    }

    #[test]
    fn an_ecdsa_number_that_begins_with_zeros_is_read() {
        for (curve, kind, length) in [
            (Curve::P256, &b"ecdsa-sha2-nistp256"[..], 32),
            (Curve::P384, b"ecdsa-sha2-nistp384", 48),
        ] {
            // One in 256 begins with a zero byte, and every other of those is written with a zero byte again.
            let short = (0..50_000).find_map(|_| {
                let pair = KeyPair::generate(KeySpec::Ecdsa(curve), &Comment::empty()).unwrap();
                if !pair.has_a_short_scalar() {
                    return None;
                }
                let (public, private) = parts(&pair);
                let (written, number) = as_openssh_writes(&private, kind);
                (number < length).then_some((pair, public, written))
            });
            let (pair, public, written) = short.expect("some are short");
            let opened = open(&plain(&public, &written), None).unwrap();
            let read = ssh_key::PrivateKey::new(opened.pair, "").unwrap();
            let line = read.public_key().to_openssh().unwrap();
            assert_eq!(line, pair.public_key().to_line());
            // A Secret that is taken over holds what OpenSSH wrote.
            let text = armored("OPENSSH PRIVATE KEY", &plain(&public, &written));
            let own = KeyPair::from_openssh(text.as_bytes()).unwrap();
            assert_eq!(own.public_key(), pair.public_key());
        }
    }
}
