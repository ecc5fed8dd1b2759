//! Public keys in other formats than the line of a `.pub` file.

use ::pkcs8::spki::SubjectPublicKeyInfoRef;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use der::{Decode as _, Reader as _, SliceReader, asn1::UintRef};
use ssh_key::Mpint;
use ssh_key::public::{EcdsaPublicKey, Ed25519PublicKey, KeyData, RsaPublicKey};

use super::algorithm::Curve;
use super::armor::{self, NotArmored};
use super::error::KeyError;
use super::pkcs8::{self, Kind};

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
    match armor::blocks(text) {
        Err(NotArmored::NoBlock) => None,
        Err(NotArmored::Damaged) if text.contains("PRIVATE KEY") => {
            Some(Err(KeyError::PrivateKeyGiven))
        }
        Err(NotArmored::Damaged) => Some(Err(KeyError::PublicKeyDamaged)),
        Ok(blocks) => Some(pem(&blocks).map(|key| (key, String::new()))),
    }
}

fn pem(blocks: &[armor::Block<'_>]) -> Result<KeyData, KeyError> {
    if blocks
        .iter()
        .any(|block| block.label.contains("PRIVATE KEY"))
    {
        return Err(KeyError::PrivateKeyGiven);
    }
    let [block] = blocks else {
        return Err(KeyError::SeveralPublicKeys);
    };
    let bytes = block.bytes();
    let bytes = || bytes.as_ref().ok_or(KeyError::PublicKeyDamaged);
    match block.label {
        "PUBLIC KEY" => spki(bytes()?),
        "RSA PUBLIC KEY" => pkcs1(bytes()?),
        "CERTIFICATE" => Err(KeyError::CertificateGiven),
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
