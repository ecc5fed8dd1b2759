//! A private key as people have it: which format it is in, and how that is opened.

use zeroize::Zeroizing;

use super::error::KeyError;
use super::openssh::{self, Opened};
use super::pem::{self, Block, Headers, NotArmored, NotBase64};
use super::public_key::PublicKey;
use super::{given_text, not_private, pkcs8, why_not};

/// A private key, and the public keys whose lines stand around it.
pub(super) struct Found {
    /// The key.
    pub(super) opened: Opened,
    /// The public keys: those of other pairs would make it unclear which pair is meant.
    pub(super) beside: Vec<PublicKey>,
}

/// Reads one private key, from PEM. What else stands around it is skipped, as OpenSSL does.
pub(super) fn private_key(given: &[u8], passphrase: Option<&[u8]>) -> Result<Found, KeyError> {
    if let Some(error) = why_not::binary(given) {
        return Err(error);
    }
    let text = given_text::clean(given)?;
    let parts = pem::parts(&text);
    let is_private = |block: &Block<'_>| block.label.contains("PRIVATE KEY");
    if let Some(error) = why_not::other_program(&text) {
        return Err(match parts {
            Ok(parts) if parts.blocks.iter().any(is_private) => KeyError::SeveralPrivateKeys,
            _ => error,
        });
    }
    let parts = match parts {
        Ok(parts) => parts,
        Err(NotArmored::Damaged) => return Err(why_not::armor(&text)),
        Err(NotArmored::NoBlock) => return Err(not_private::why_not(&text)),
    };
    // `openssl ecparam -genkey` writes the curve in a block of its own.
    let blocks = parts.blocks.iter();
    let blocks = blocks.filter(|block| !block.label.ends_with(" PARAMETERS"));
    let (keys, others): (Vec<_>, Vec<_>) = blocks.partition(|block| is_private(block));
    let key = match (keys.as_slice(), others.as_slice()) {
        ([key], []) => key,
        ([_], _) => return Err(KeyError::MoreThanTheKey),
        ([_, ..], _) => return Err(KeyError::SeveralPrivateKeys),
        ([], others) => return Err(why_not::label(others.iter().map(|block| block.label))),
    };
    let passphrase = passphrase.map(without_line_end);
    Ok(Found {
        opened: open(key, passphrase)?,
        beside: parts.around.into_iter().flat_map(public_lines).collect(),
    })
}

/// Reads one private key in the one way in which the operator keeps its own: OpenSSH's container, plain.
pub(super) fn openssh(text: &[u8]) -> Result<Opened, KeyError> {
    let text = std::str::from_utf8(text).map_err(|_| KeyError::PrivateKeyDamaged)?;
    let blocks = pem::blocks(text).map_err(|_| KeyError::PrivateKeyDamaged)?;
    let [block] = blocks.as_slice() else {
        return Err(KeyError::SeveralPrivateKeys);
    };
    let bytes = block.bytes().ok_or(KeyError::PrivateKeyDamaged)?;
    // There is no place for a passphrase: what is encrypted is so in whatever way.
    openssh::open(&bytes, None).map_err(|error| match error {
        KeyError::PassphraseRequired
        | KeyError::EncryptionUnsupported
        | KeyError::KdfTooCostly { .. } => KeyError::Encrypted,
        other => other,
    })
}

fn open(block: &Block<'_>, passphrase: Option<&[u8]>) -> Result<Opened, KeyError> {
    if block.label == "DSA PRIVATE KEY" {
        return Err(KeyError::Dsa);
    }
    match block.headers() {
        Headers::Absent => {}
        Headers::Encryption => return Err(KeyError::LegacyEncryption),
        Headers::LegacyCipher => return Err(KeyError::LegacyCipher),
        Headers::Other => return Err(KeyError::PemHeaders),
    }
    let bytes: Zeroizing<Vec<u8>> = block.bytes_as_given().map_err(|error| match error {
        NotBase64::Foreign => KeyError::ForeignCharacters,
        NotBase64::Damaged => KeyError::PrivateKeyDamaged,
    })?;
    let pair = match block.label {
        "OPENSSH PRIVATE KEY" => return openssh::open(&bytes, passphrase),
        "PRIVATE KEY" => pkcs8::open(&bytes)?,
        "ENCRYPTED PRIVATE KEY" => pkcs8::open_encrypted(&bytes, passphrase)?,
        "RSA PRIVATE KEY" => pkcs8::pkcs1(&bytes)?,
        "EC PRIVATE KEY" => pkcs8::sec1(&bytes, None)?,
        _ => return Err(KeyError::NotPrivateKey),
    };
    Ok(Opened {
        pair,
        comment: String::new(),
    })
}

/// The keys in the format of `.pub` files that stand in a text, each in a line.
fn public_lines(text: &str) -> Vec<PublicKey> {
    text.lines()
        .filter_map(|line| PublicKey::parse(line).ok())
        .collect()
}

/// Editors and `echo` end a line; a passphrase of several lines can't be typed.
fn without_line_end(passphrase: &[u8]) -> &[u8] {
    let line = passphrase.strip_suffix(b"\n").unwrap_or(passphrase);
    line.strip_suffix(b"\r").unwrap_or(line)
}
