//! What a text is that holds no key that is read: it is told by what it is, so that the way out is the right one.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, Engine as _};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::public_line::SUPPORTED_TYPES;
use super::{private_inside, signatures};

/// How often what was encoded is decoded to see what it is.
const DEPTH: u32 = 3;

const SSH_COM_BEGIN: &str = "---- BEGIN SSH2 ENCRYPTED";
const OPENSSH_MAGIC: &[u8] = b"openssh-key-v1\0";

/// What stands in front of a key in `authorized_keys` (sshd(8), under its format) and `known_hosts`.
const OPTIONS: [&str; 26] = [
    "agent-forwarding",
    "cert-authority",
    "command=",
    "environment=",
    "expiry-time=",
    "from=",
    "no-agent-forwarding",
    "no-port-forwarding",
    "no-pty",
    "no-touch-required",
    "no-user-rc",
    "no-x11-forwarding",
    "permitlisten=",
    "permitopen=",
    "port-forwarding",
    "principals=",
    "pty",
    "restrict",
    "touch-required",
    "tunnel=",
    "user-rc",
    "verify-required",
    "x11-forwarding",
    "zos-key-ring-label=",
    "@cert-authority",
    "@revoked",
];

/// What bytes are that are no text: containers in DER, and OpenSSH's without PEM around it.
pub(super) fn binary(bytes: &[u8]) -> Option<KeyError> {
    if signatures::is_pkcs12(bytes) {
        Some(KeyError::Pkcs12)
    } else if signatures::is_der(bytes) && signatures::private(bytes) {
        Some(KeyError::DerPrivateKey)
    } else {
        bytes
            .starts_with(OPENSSH_MAGIC)
            .then_some(KeyError::ArmorMissing)
    }
}

/// What a private key is that another program than ssh-keygen and openssl wrote.
pub(super) fn other_program(text: &str) -> Option<KeyError> {
    if text
        .lines()
        .any(|line| line.trim_start().starts_with("PuTTY-User-Key-File-"))
    {
        return Some(KeyError::PuttyFormat);
    }
    let (_, body) = text.split_once(SSH_COM_BEGIN)?;
    Some(if is_encrypted_by_ssh_com(body) {
        KeyError::SshComEncrypted
    } else {
        KeyError::SshComFormat
    })
}

/// Whether the cipher that the container names is another than `none`. (`sshkey.c` of OpenSSH calls it the same.)
fn is_encrypted_by_ssh_com(body: &str) -> bool {
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    let mut goes_on = false;
    // The first line is the rest of the one that begins it.
    for line in body.lines().skip(1) {
        let is_header = goes_on || line.contains(':');
        goes_on = is_header && line.ends_with('\\');
        if line.starts_with("----") {
            break;
        }
        if !is_header {
            base64.push_str(line.trim());
        }
    }
    let container = BASE64_STANDARD.decode(&*base64).map(Zeroizing::new);
    let cipher = container.ok().and_then(|container| {
        // A magic number and a length, then the type and the cipher, each after its length.
        let (_, cipher) = counted(container.get(8..)?)?;
        Some(counted(cipher)?.0 != b"none")
    });
    cipher.unwrap_or(false)
}

/// A text that begins with its length, and what follows it.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// What a text with a broken block is: cut, or with marks that are not each other's.
pub(super) fn armor(text: &str) -> KeyError {
    let begins = text.matches("-----BEGIN ").count();
    let privates = text.matches(" PRIVATE KEY-----").count();
    if begins > 1 && privates > 2 {
        KeyError::SeveralPrivateKeys
    } else if text.contains("PRIVATE KEY") {
        KeyError::PrivateKeyDamaged
    } else if text.contains("PUBLIC KEY") {
        KeyError::PublicKeyGiven
    } else if text.contains("CERTIFICATE") {
        KeyError::CertificateGiven
    } else {
        KeyError::NotPrivateKey
    }
}

/// What blocks are of which none is a private key.
pub(super) fn label<'a>(mut labels: impl Iterator<Item = &'a str>) -> KeyError {
    let mut why = KeyError::NotPrivateKey;
    labels.find(|label| {
        why = match *label {
            "PUBLIC KEY" | "RSA PUBLIC KEY" => KeyError::PublicKeyGiven,
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                KeyError::CertificateGiven
            }
            _ => KeyError::NotPrivateKey,
        };
        why != KeyError::NotPrivateKey
    });
    why
}

/// What a text is that does not begin with the type of a public key.
pub(super) fn public(text: &str) -> KeyError {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let pairs = || fields.iter().zip(fields.iter().skip(1));
    let is_type = |field: &str| {
        ["ssh-", "sk-", "ecdsa-"]
            .iter()
            .any(|start| field.starts_with(start))
    };
    let ends_with_type =
        |field: &str| is_type(field) || SUPPORTED_TYPES.iter().any(|kind| field.ends_with(kind));
    let first = fields.first().copied().unwrap_or_default();
    let is_blob = |field: &str| field.starts_with("AAAA");
    if is_type(first) && fields.iter().skip(1).any(|field| is_blob(field)) {
        KeyError::of_type(first)
    } else if pairs().any(|(kind, blob)| ends_with_type(kind) && is_blob(blob)) {
        let first = first.to_ascii_lowercase();
        if OPTIONS.iter().any(|option| first.starts_with(option)) {
            KeyError::PublicKeyOptions
        } else {
            KeyError::TextInFront
        }
    } else {
        encoded(text).unwrap_or(KeyError::NotPublicKey)
    }
}

/// What a text is that is base64 and nothing else; `None` when that hides no key.
pub(super) fn encoded(text: &str) -> Option<KeyError> {
    encoded_again(text, DEPTH)
}

fn encoded_again(text: &str, depth: u32) -> Option<KeyError> {
    let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let mut base64 = Zeroizing::new(Vec::with_capacity(text.len()));
    base64.extend(digits);
    let decoded = [&BASE64_STANDARD, &BASE64_URL_SAFE]
        .into_iter()
        .find_map(|alphabet| alphabet.decode(&*base64).ok())
        .map(Zeroizing::new)?;
    if decoded.starts_with(OPENSSH_MAGIC)
        || (signatures::is_der(&decoded) && signatures::private(&decoded))
    {
        return Some(KeyError::ArmorMissing);
    }
    let inside = String::from_utf8_lossy(&decoded);
    let inside = Zeroizing::new(inside.trim().to_owned());
    let begins = |start: &&str| inside.starts_with(*start);
    let is_key = SUPPORTED_TYPES.iter().any(begins)
        || ["-----BEGIN ", "---- BEGIN SSH2", "sk-", "ssh-dss"]
            .iter()
            .any(begins)
        || private_inside::found(&decoded);
    let is_encoded_again = || depth > 0 && encoded_again(&inside, depth - 1).is_some();
    (is_key || is_encoded_again()).then_some(KeyError::EncodedTwice)
}
