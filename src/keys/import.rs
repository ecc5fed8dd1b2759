//! A private key as somebody has it: which format it is in, and what to say of one that is not read.

use super::armor::{self, Block, NotArmored};
use super::container::{self, Opened};
use super::error::KeyError;
use super::pkcs8;
use super::public_key::PublicKey;

/// Reads one private key, from PEM.
pub(super) fn private_key(text: &[u8], passphrase: Option<&[u8]>) -> Result<Opened, KeyError> {
    let text = std::str::from_utf8(text).map_err(|_| KeyError::NotPrivateKey)?;
    let blocks = match armor::blocks(text) {
        Ok(blocks) => blocks,
        Err(NotArmored::Damaged) => return Err(KeyError::PrivateKeyDamaged),
        Err(NotArmored::NoBlock) => return Err(why_not(text)),
    };
    // `openssl ecparam -genkey` writes the curve in a block of its own.
    let mut keys = blocks.iter().filter(|block| block.label != "EC PARAMETERS");
    let key = keys.next().ok_or(KeyError::NotPrivateKey)?;
    if keys.next().is_some() {
        return Err(KeyError::SeveralPrivateKeys);
    }
    let passphrase = passphrase.map(without_line_end);
    open(key, passphrase)
}

/// Reads one private key in the one way in which the operator keeps its own: OpenSSH's container, plain.
pub(super) fn openssh(text: &[u8]) -> Result<Opened, KeyError> {
    let text = std::str::from_utf8(text).map_err(|_| KeyError::PrivateKeyDamaged)?;
    let blocks = armor::blocks(text).map_err(|_| KeyError::PrivateKeyDamaged)?;
    let [block] = blocks.as_slice() else {
        return Err(KeyError::SeveralPrivateKeys);
    };
    let bytes = block.bytes().ok_or(KeyError::PrivateKeyDamaged)?;
    // There is no place for a passphrase: what is encrypted is so in whatever way.
    container::open(&bytes, None).map_err(|error| match error {
        KeyError::PassphraseRequired
        | KeyError::EncryptionUnsupported
        | KeyError::KdfTooCostly { .. } => KeyError::Encrypted,
        other => other,
    })
}

fn open(block: &Block<'_>, passphrase: Option<&[u8]>) -> Result<Opened, KeyError> {
    let is_private = block.label.ends_with("PRIVATE KEY");
    if is_private && block.has_headers() {
        return Err(KeyError::LegacyEncryption);
    }
    let bytes = block.bytes();
    let bytes = || bytes.as_ref().ok_or(KeyError::PrivateKeyDamaged);
    let pair = match block.label {
        "OPENSSH PRIVATE KEY" => return container::open(bytes()?, passphrase),
        "PRIVATE KEY" => pkcs8::open(bytes()?)?,
        "ENCRYPTED PRIVATE KEY" => pkcs8::open_encrypted(bytes()?, passphrase)?,
        "RSA PRIVATE KEY" => pkcs8::pkcs1(bytes()?)?,
        "EC PRIVATE KEY" => pkcs8::sec1(bytes()?, None)?,
        "DSA PRIVATE KEY" => return Err(KeyError::Dsa),
        "PUBLIC KEY" | "RSA PUBLIC KEY" => return Err(KeyError::PublicKeyGiven),
        "CERTIFICATE" => return Err(KeyError::CertificateGiven),
        _ => return Err(KeyError::NotPrivateKey),
    };
    Ok(Opened {
        pair,
        comment: String::new(),
    })
}

/// What a text without PEM is.
fn why_not(text: &str) -> KeyError {
    if text.starts_with("PuTTY-User-Key-File-") {
        return KeyError::PuttyFormat;
    }
    if text.starts_with("---- BEGIN SSH2 ENCRYPTED") {
        return KeyError::SshComFormat;
    }
    match PublicKey::parse(text) {
        Ok(_) => KeyError::PublicKeyGiven,
        Err(KeyError::NotPublicKey) => KeyError::NotPrivateKey,
        Err(error) => error,
    }
}

/// Editors and `echo` end a line; a passphrase of several lines can't be typed.
fn without_line_end(passphrase: &[u8]) -> &[u8] {
    let line = passphrase.strip_suffix(b"\n").unwrap_or(passphrase);
    line.strip_suffix(b"\r").unwrap_or(line)
}
