//! PKCS #8 (RFC 5208 and RFC 5958), plain or encrypted, and what stands in it: PKCS #1 for RSA, SEC 1 for ECDSA, and the
//! seed of an Ed25519 key (RFC 8410).

use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode as _, Reader as _, SliceReader};
use pkcs8::{
    EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef,
    pkcs5::{EncryptionScheme, pbes2::Kdf},
};
use ssh_key::private::KeypairData;

use super::{algorithm::Curve, derive, error::KeyError, rsa};

/// RFC 8017 appendix A.1.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// RFC 5480 section 2.1.1.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// RFC 8410 section 3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The most PBKDF2 iterations that are spent on one key: about two seconds of one core. OpenSSL writes 2,048, and what is
/// advised for passwords of people is 600,000.
pub(super) const MAX_ITERATIONS: u32 = 1_000_000;
/// The most memory that scrypt may take, in MiB, since as many keys are opened at once as there are cores. OpenSSL writes
/// 16, and reads no more than 32 (`SCRYPT_MAX_MEM`).
pub(super) const MAX_SCRYPT_MEBIBYTES: u32 = 32;
/// The most that scrypt may compute: cost times block size times parallelization.
const MAX_SCRYPT_WORK: u64 = 1 << 22;

/// What a public key's algorithm identifier says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa,
    Ecdsa(Curve),
    Ed25519,
}

impl Kind {
    /// `None` for what is not supported.
    pub(super) fn of(algorithm: ObjectIdentifier, curve: Option<ObjectIdentifier>) -> Option<Self> {
        match algorithm {
            RSA => Some(Self::Rsa),
            EC => curve_of(curve?).map(Self::Ecdsa),
            ED25519 => Some(Self::Ed25519),
            _ => None,
        }
    }
}

/// Why another algorithm, or ECDSA on another curve, is refused.
pub(super) fn unsupported(algorithm: ObjectIdentifier) -> KeyError {
    /// RFC 3279 section 2.3.2.
    const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
    if algorithm == DSA {
        KeyError::Dsa
    } else {
        KeyError::UnsupportedType
    }
}

/// RFC 5480 section 2.1.1.1.
fn curve_of(name: ObjectIdentifier) -> Option<Curve> {
    const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
    const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
    const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
    match name {
        P256 => Some(Curve::P256),
        P384 => Some(Curve::P384),
        P521 => Some(Curve::P521),
        _ => None,
    }
}

/// Reads a `PrivateKeyInfo`.
pub(super) fn open(document: &[u8]) -> Result<KeypairData, KeyError> {
    let info = PrivateKeyInfoRef::from_der(document).map_err(|_| KeyError::PrivateKeyDamaged)?;
    let curve = info.algorithm.parameters_oid().ok();
    let private = info.private_key.as_bytes();
    let made = match Kind::of(info.algorithm.oid, curve) {
        Some(Kind::Rsa) => return pkcs1(private),
        Some(Kind::Ecdsa(curve)) => return sec1(private, Some(curve)),
        Some(Kind::Ed25519) => <&OctetStringRef>::from_der(private)
            .ok()
            .and_then(|seed| derive::ed25519(seed.as_bytes())),
        None => return Err(unsupported(info.algorithm.oid)),
    };
    let said = info
        .public_key
        .as_ref()
        .and_then(der::asn1::BitStringRef::as_bytes);
    match (made, said) {
        (Some(KeypairData::Ed25519(pair)), Some(said)) if pair.public.as_ref() != said => {
            Err(KeyError::PrivateKeyDamaged)
        }
        (made, _) => made.ok_or(KeyError::PrivateKeyDamaged),
    }
}

/// Reads an `EncryptedPrivateKeyInfo`. What it costs is known before anything is computed.
pub(super) fn open_encrypted(
    document: &[u8],
    passphrase: Option<&[u8]>,
) -> Result<KeypairData, KeyError> {
    let info = EncryptedPrivateKeyInfoRef::from_der(document).map_err(|_| unreadable(document))?;
    kdf_cost(&info.encryption_algorithm)?;
    let passphrase = passphrase.ok_or(KeyError::PassphraseRequired)?;
    let opened = info.decrypt(passphrase).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }) => {
            KeyError::Pkcs8EncryptionUnsupported
        }
        // One wrong passphrase in 256 leaves what looks like padding, and then rubbish.
        _ => KeyError::PassphraseWrong,
    })?;
    open(opened.as_bytes())
}

/// An algorithm that is not known makes the whole unreadable to the library; that is not damage, where the outside is as
/// RFC 5958 section 3 says: an algorithm, and what it encrypted.
fn unreadable(document: &[u8]) -> KeyError {
    let outside = SliceReader::new(document).and_then(|mut reader| {
        reader.sequence(|info| {
            let algorithm = AnyRef::decode(info)?;
            let _encrypted = <&OctetStringRef>::decode(info)?;
            algorithm.sequence(|algorithm| {
                let _name: ObjectIdentifier = algorithm.decode()?;
                let _parameters = Option::<AnyRef<'_>>::decode(algorithm)?;
                der::Result::Ok(())
            })
        })?;
        reader.finish()
    });
    match outside {
        Ok(()) => KeyError::Pkcs8EncryptionUnsupported,
        Err(_) => KeyError::PrivateKeyDamaged,
    }
}

/// What it costs to derive the key of a document, in iterations of PBKDF2.
///
/// # Errors
/// [`KeyError::KdfTooCostly`] above what is spent on one, [`KeyError::Pkcs8EncryptionUnsupported`] for another scheme than
/// PBES2.
pub(crate) fn kdf_cost(scheme: &EncryptionScheme) -> Result<u64, KeyError> {
    let parameters = scheme.pbes2().ok_or(KeyError::Pkcs8EncryptionUnsupported)?;
    match &parameters.kdf {
        Kdf::Pbkdf2(pbkdf2) if pbkdf2.iteration_count > MAX_ITERATIONS => {
            Err(KeyError::KdfTooCostly {
                what: "PBKDF2 iterations",
                limit: MAX_ITERATIONS,
                remedy: "as `openssl pkcs8 -topk8 -in FILE -out NEW` does",
            })
        }
        Kdf::Pbkdf2(pbkdf2) => Ok(pbkdf2.iteration_count.into()),
        Kdf::Scrypt(scrypt) => {
            let (cost, block) = (scrypt.cost_parameter, u64::from(scrypt.block_size));
            let parallel = u64::from(scrypt.parallelization);
            // RFC 7914 section 6: a table of as many blocks as the cost says, and one block for each that is parallel.
            let blocks = cost.max(parallel);
            let memory = blocks.saturating_mul(block).saturating_mul(128);
            let work = cost.saturating_mul(block).saturating_mul(parallel);
            if memory > u64::from(MAX_SCRYPT_MEBIBYTES) << 20 || work > MAX_SCRYPT_WORK {
                return Err(KeyError::KdfTooCostly {
                    what: "MiB of memory for scrypt",
                    limit: MAX_SCRYPT_MEBIBYTES,
                    remedy: "with the program that wrote it, since openssl does not read it either",
                });
            }
            // Both limits take about as long.
            Ok(work / (MAX_SCRYPT_WORK / u64::from(MAX_ITERATIONS)))
        }
        _ => Err(KeyError::Pkcs8EncryptionUnsupported),
    }
}

/// Reads an `RSAPrivateKey` (RFC 8017 appendix A.1.2).
pub(super) fn pkcs1(document: &[u8]) -> Result<KeypairData, KeyError> {
    let pair = rsa::from_pkcs1(document).map_err(|_| KeyError::PrivateKeyDamaged)?;
    pair.map(KeypairData::Rsa).ok_or(KeyError::RsaInconsistent)
}

/// Reads an `ECPrivateKey` (RFC 5915). The curve stands in it, or around it.
pub(super) fn sec1(document: &[u8], around: Option<Curve>) -> Result<KeypairData, KeyError> {
    let key = sec1::EcPrivateKey::from_der(document).map_err(|error| match error.kind() {
        // The curve is described, not named.
        der::ErrorKind::TagUnexpected {
            actual: der::Tag::Sequence,
            ..
        } => KeyError::UnsupportedType,
        _ => KeyError::PrivateKeyDamaged,
    })?;
    let inside = match key.parameters.and_then(sec1::EcParameters::named_curve) {
        Some(name) => Some(curve_of(name).ok_or(KeyError::UnsupportedType)?),
        None => None,
    };
    let curve = match (inside, around) {
        (Some(inside), Some(around)) if inside != around => {
            return Err(KeyError::PrivateKeyDamaged);
        }
        (inside, around) => inside.or(around).ok_or(KeyError::UnsupportedType)?,
    };
    let pair = derive::ecdsa(curve, key.private_key).ok_or(KeyError::PrivateKeyDamaged)?;
    match (key.public_key, &pair) {
        (Some(said), KeypairData::Ecdsa(pair)) if !is_point(said, pair.public_key_bytes()) => {
            Err(KeyError::PrivateKeyDamaged)
        }
        _ => Ok(pair),
    }
}

/// Whether a point, written in full or compressed (SEC 1 section 2.3.3), is the one that was computed.
fn is_point(said: &[u8], computed: &[u8]) -> bool {
    let half = computed.len() / 2;
    said == computed || (said.len() == half + 1 && said.get(1..) == computed.get(1..=half))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::pkcs8::pkcs5::pbes2::{self, Parameters, Salt, ScryptParams};

    #[test]
    fn the_memory_of_scrypt_is_bounded_whatever_it_is_for() {
        let check = |cost_parameter, block_size, parallelization| {
            let scrypt = ScryptParams {
                salt: Salt::new(b"salt").unwrap(),
                cost_parameter,
                block_size,
                parallelization,
                key_length: None,
            };
            kdf_cost(&EncryptionScheme::Pbes2(Parameters {
                kdf: scrypt.into(),
                encryption: pbes2::EncryptionScheme::Aes256Cbc { iv: [0; 16] },
            }))
        };
        // What OpenSSL writes, and what it reads at most.
        for good in [(1 << 14, 8, 1), (1 << 15, 8, 1), (1 << 14, 8, 32)] {
            assert!(check(good.0, good.1, good.2).is_ok(), "{good:?}");
        }
        for dear in [
            (1 << 16, 8, 1),
            (1 << 14, 8, 33),
            // A small table, and many blocks beside it.
            (2, 64, u16::MAX),
            (u64::MAX, u16::MAX, u16::MAX),
        ] {
            let refused = check(dear.0, dear.1, dear.2).unwrap_err();
            assert!(
                matches!(refused, KeyError::KdfTooCostly { limit: 32, .. }),
                "{dear:?}"
            );
        }
    }
}
