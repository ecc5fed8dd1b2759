//! Public keys in other formats than the line of a `.pub` file.

use ::pkcs8::spki::SubjectPublicKeyInfoRef;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use der::{Decode as _, Reader as _, SliceReader, asn1::UintRef};
use ssh_key::Mpint;
use ssh_key::public::{EcdsaPublicKey, Ed25519PublicKey, KeyData, RsaPublicKey};

use super::algorithm::Curve;
use super::error::KeyError;
use super::pem::{self, NotArmored, NotBase64};
use super::pkcs8::{self, Kind};
use super::public_line::is_blob;

const SSH2_BEGIN: &str = "---- BEGIN SSH2 PUBLIC KEY ----";
const SSH2_END: &str = "---- END SSH2 PUBLIC KEY ----";

/// A key and its comment in one of these formats; `None` for a text in none of them.
pub(super) fn read(text: &str) -> Option<Result<(KeyData, String), KeyError>> {
    if text.starts_with(SSH2_BEGIN) {
        return Some(ssh2(text));
    }
    if text.starts_with("PuTTY-User-Key-File-") || text.starts_with("---- BEGIN SSH2 ENCRYPTED") {
        return Some(Err(KeyError::PrivateKeyGiven));
    }
    match pem::blocks(text) {
        Err(NotArmored::NoBlock) => None,
        Err(NotArmored::Damaged) if text.contains("PRIVATE KEY") => {
            Some(Err(KeyError::PrivateKeyGiven))
        }
        Err(NotArmored::Damaged) => Some(Err(KeyError::PublicKeyDamaged)),
        Ok(blocks) => Some(pem(&blocks).map(|key| (key, String::new()))),
    }
}

/// The same with whatever stands around it, so long as that holds no other key; `None` for a text in none of the formats.
pub(super) fn given(text: &str) -> Option<Result<(KeyData, String), KeyError>> {
    if let Some((before, _)) = text.split_once(SSH2_BEGIN) {
        let ssh2 = text[before.len()..]
            .replace("\\r\\n", "\n")
            .replace("\\n", "\n");
        let (inside, after) = ssh2.split_once(SSH2_END).unwrap_or((&ssh2, ""));
        if !ssh2.contains(SSH2_END) {
            return Some(Err(KeyError::PublicKeyDamaged));
        }
        if after.contains(SSH2_BEGIN) || [before, after].into_iter().any(holds_a_key) {
            return Some(Err(KeyError::SeveralPublicKeys));
        }
        return Some(self::ssh2(&format!("{inside}{SSH2_END}")));
    }
    let parts = match pem::parts(text) {
        Ok(parts) => parts,
        Err(NotArmored::NoBlock) => return None,
        Err(NotArmored::Damaged) => return Some(Err(KeyError::PublicKeyDamaged)),
    };
    if parts.around.into_iter().any(holds_a_key) {
        return Some(Err(KeyError::SeveralPublicKeys));
    }
    Some(pem(&parts.blocks).map(|key| (key, String::new())))
}

fn holds_a_key(text: &str) -> bool {
    text.split_ascii_whitespace().any(is_blob)
}

/// The text after its first lines that begin with `#`, which sshd(8) skips as well.
pub(super) fn without_comment_lines(text: &str) -> Result<&str, KeyError> {
    let mut rest = text.trim_start();
    while rest.starts_with('#') {
        let (comment, after) = rest.split_once(['\r', '\n']).unwrap_or((rest, ""));
        if holds_a_key(comment) {
            return Err(KeyError::SeveralPublicKeys);
        }
        rest = after.trim_start();
    }
    Ok(rest)
}

/// Whether the bytes are a public key in DER (RFC 5280 section 4.1.2.7, RFC 8017 appendix A.1.1).
pub(super) fn is_der(bytes: &[u8]) -> bool {
    SubjectPublicKeyInfoRef::from_der(bytes).is_ok() || pkcs1(bytes).is_ok()
}

fn pem(blocks: &[pem::Block<'_>]) -> Result<KeyData, KeyError> {
    if blocks
        .iter()
        .any(|block| block.label.contains("PRIVATE KEY"))
    {
        return Err(KeyError::PrivateKeyGiven);
    }
    let [block] = blocks else {
        return Err(KeyError::SeveralPublicKeys);
    };
    let bytes = || {
        block.bytes_as_given().map_err(|error| match error {
            NotBase64::Foreign => KeyError::ForeignCharacters,
            NotBase64::Damaged => KeyError::PublicKeyDamaged,
        })
    };
    match block.label {
        "PUBLIC KEY" => spki(&bytes()?),
        "RSA PUBLIC KEY" => pkcs1(&bytes()?),
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
            Err(KeyError::CertificateGiven)
        }
        _ => Err(KeyError::NotPublicKey),
    }
}

/// `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7), as `openssl pkey -pubout` writes it.
fn spki(document: &[u8]) -> Result<KeyData, KeyError> {
    let info =
        SubjectPublicKeyInfoRef::from_der(document).map_err(|_| KeyError::PublicKeyDamaged)?;
    let curve = info.algorithm.parameters_oid().ok();
    let bits = info
        .subject_public_key
        .as_bytes()
        .ok_or(KeyError::PublicKeyDamaged)?;
    match Kind::of(info.algorithm.oid, curve) {
        Some(Kind::Rsa) => pkcs1(bits),
        Some(Kind::Ed25519) => Ed25519PublicKey::try_from(bits)
            .map(KeyData::Ed25519)
            .map_err(|_| KeyError::PublicKeyDamaged),
        // SEC 1 section 2.3.3: 2 and 3 stand for one coordinate and a sign.
        Some(Kind::Ecdsa(_)) if matches!(bits, [2 | 3, ..]) => Err(KeyError::EcdsaPointCompressed),
        Some(Kind::Ecdsa(curve)) => {
            let key =
                EcdsaPublicKey::from_sec1_bytes(bits).map_err(|_| KeyError::PublicKeyDamaged)?;
            if Curve::from(key.curve()) == curve {
                Ok(KeyData::Ecdsa(key))
            } else {
                Err(KeyError::PublicKeyDamaged)
            }
        }
        None => Err(pkcs8::unsupported(info.algorithm.oid)),
    }
}

/// `RSAPublicKey` (RFC 8017 appendix A.1.1).
fn pkcs1(document: &[u8]) -> Result<KeyData, KeyError> {
    let numbers = SliceReader::new(document).and_then(|mut reader| {
        let numbers = reader.sequence(|numbers| {
            let mut next = || -> der::Result<Mpint> {
                let number = UintRef::decode(numbers)?;
                Ok(Mpint::from_positive_bytes(number.as_bytes()))
            };
            der::Result::Ok((next()?, next()?))
        })?;
        reader.finish()?;
        Ok(numbers)
    });
    let (modulus, exponent) = numbers.map_err(|_| KeyError::PublicKeyDamaged)?;
    RsaPublicKey::new(exponent, modulus)
        .map(KeyData::Rsa)
        .map_err(|_| KeyError::PublicKeyDamaged)
}

/// RFC 4716: headers, of which a line that ends with a backslash goes on in the next, then base64.
fn ssh2(text: &str) -> Result<(KeyData, String), KeyError> {
    let after = text
        .strip_prefix(SSH2_BEGIN)
        .ok_or(KeyError::NotPublicKey)?;
    let (body, rest) = after
        .split_once(SSH2_END)
        .ok_or(KeyError::PublicKeyDamaged)?;
    if rest.contains(SSH2_BEGIN) {
        return Err(KeyError::SeveralPublicKeys);
    }
    if !rest.trim().is_empty() {
        return Err(KeyError::PublicKeyDamaged);
    }
    let mut comment = String::new();
    let mut base64 = String::new();
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        let Some((tag, value)) = line.split_once(':') else {
            base64.push_str(line.trim());
            continue;
        };
        if !base64.is_empty() {
            return Err(KeyError::PublicKeyDamaged);
        }
        let mut value = value.trim().to_owned();
        while value.ends_with('\\') {
            value.pop();
            value.push_str(lines.next().ok_or(KeyError::PublicKeyDamaged)?);
        }
        if tag.eq_ignore_ascii_case("comment") {
            value.trim_matches('"').clone_into(&mut comment);
        }
    }
    let blob = BASE64_STANDARD
        .decode(base64)
        .map_err(|_| KeyError::PublicKeyDamaged)?;
    let key = ssh_key::PublicKey::from_bytes(&blob).map_err(|_| KeyError::PublicKeyDamaged)?;
    Ok((key.key_data().clone(), comment))
}
