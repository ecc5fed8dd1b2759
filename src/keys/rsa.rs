//! RSA numbers: which are accepted, and how they travel between aws-lc and OpenSSH's container.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPairComponents, KeySize};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use crypto_bigint::{BoxedUint, NonZero};
use der::asn1::{AnyRef, OctetStringRef, UintRef};
use der::{Decode as _, Reader as _, SliceReader};
use ssh_key::Mpint;
use ssh_key::private::{RsaKeypair, RsaPrivateKey};
use ssh_key::public::RsaPublicKey;
use zeroize::{Zeroize as _, Zeroizing};

use super::algorithm::RsaSize;
use super::error::KeyError;

/// The accepted sizes of a modulus, in bits. `ssh-key` reads smaller ones without a word.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The accepted lengths of a public exponent, in bits: 65537 has 17, and NIST SP 800-56B section 6.2 ends below
/// 2^256. A private key must have one of at most 33 bits, the most that aws-lc computes with.
const EXPONENT_BITS: std::ops::RangeInclusive<usize> = 17..=256;

/// Checks a public key by itself and says the size of its modulus in bits.
pub(super) fn check_public(key: &RsaPublicKey) -> Result<usize, KeyError> {
    let modulus = key
        .n()
        .as_positive_bytes()
        .ok_or(KeyError::PublicKeyDamaged)?;
    let exponent = key
        .e()
        .as_positive_bytes()
        .ok_or(KeyError::PublicKeyDamaged)?;
    let bits = bit_length(modulus);
    if !MODULUS_BITS.contains(&bits) {
        return Err(KeyError::RsaSize { bits });
    }
    if !is_odd(modulus) {
        return Err(KeyError::RsaModulusEven);
    }
    // An odd number of 17 bits or more is at least 65537.
    if !EXPONENT_BITS.contains(&bit_length(exponent)) || !is_odd(exponent) {
        return Err(KeyError::RsaExponent);
    }
    Ok(bits)
}

/// Signs with the private half, whose numbers are checked against each other first, and verifies with the public one.
pub(super) fn prove(
    private: &RsaKeypair,
    public: &RsaPublicKey,
    message: &[u8],
) -> Result<(), KeyError> {
    check_public(public)?;
    let signer = signer(private)?;
    let mut signature = vec![0; signer.public_modulus_len()];
    signer
        .sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message,
            &mut signature,
        )
        .map_err(|_| KeyError::Proof)?;
    RsaPublicKeyComponents {
        n: positive(public.n())?,
        e: positive(public.e())?,
    }
    .verify(&RSA_PKCS1_2048_8192_SHA256, message, &signature)
    .map_err(|_| KeyError::Proof)
}

/// A new pair, or nothing when the library fails.
pub(super) fn generate(size: RsaSize) -> Option<RsaKeypair> {
    let made = RsaKeyPair::generate(match size {
        RsaSize::Bits2048 => KeySize::Rsa2048,
        RsaSize::Bits3072 => KeySize::Rsa3072,
        RsaSize::Bits4096 => KeySize::Rsa4096,
        RsaSize::Bits8192 => KeySize::Rsa8192,
    })
    .ok()?;
    // This buffer wipes itself.
    let document: Pkcs8V1Der<'_> = made.as_der().ok()?;
    from_pkcs8(document.as_ref()).ok().flatten()
}

/// Takes the numbers out of a PKCS #8 `PrivateKeyInfo` (RFC 5208 section 5) that holds an `RSAPrivateKey`
/// (RFC 8017 appendix A.1.2). Only what aws-lc wrote comes here, so the algorithm identifier is not looked at.
fn from_pkcs8(document: &[u8]) -> der::Result<Option<RsaKeypair>> {
    let info: &OctetStringRef = SliceReader::new(document)?.sequence(|info| {
        let _version = u8::decode(info)?;
        let _algorithm = AnyRef::decode(info)?;
        info.decode()
    })?;
    SliceReader::new(info.as_bytes())?.sequence(|numbers| {
        let _version = u8::decode(numbers)?;
        let mut next = || -> der::Result<Mpint> {
            Ok(Mpint::from_positive_bytes(
                UintRef::decode(numbers)?.as_bytes(),
            ))
        };
        let (n, e) = (next()?, next()?);
        let (d, p, q) = (next()?, next()?, next()?);
        let (mut dp, mut dq, iqmp) = (next()?, next()?, next()?);
        dp.zeroize();
        dq.zeroize();
        let pair = RsaPublicKey::new(e, n)
            .and_then(|public| RsaKeypair::new(public, RsaPrivateKey::new(d, iqmp, p, q)?));
        Ok(pair.ok())
    })
}

/// A signer for a pair out of an OpenSSH container. aws-lc checks p·q = n, d against e, and 1/q mod p.
fn signer(pair: &RsaKeypair) -> Result<RsaKeyPair, KeyError> {
    let (public, private) = (pair.public(), pair.private());
    let d = positive(private.d())?;
    let p = positive(private.p())?;
    let q = positive(private.q())?;
    // aws-lc refuses larger numbers too, but only after the divisions below.
    if [d, p, q]
        .iter()
        .any(|number| bit_length(number) > *MODULUS_BITS.end())
    {
        return Err(KeyError::RsaInconsistent);
    }
    // The container lacks these two, and aws-lc takes no key without them.
    let d_mod_p = modulo_one_less(d, p)?;
    let d_mod_q = modulo_one_less(d, q)?;
    RsaKeyPair::from_components(&KeyPairComponents {
        public_key: RsaPublicKeyComponents {
            n: positive(public.n())?,
            e: positive(public.e())?,
        },
        d,
        p,
        q,
        dP: &d_mod_p,
        dQ: &d_mod_q,
        qInv: positive(private.iqmp())?,
    })
    .map_err(|_| KeyError::RsaInconsistent)
}

/// `number mod (prime - 1)`, big-endian, in time that depends on the lengths only; every intermediate is wiped.
fn modulo_one_less(number: &[u8], prime: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    if !is_odd(prime) {
        return Err(KeyError::RsaInconsistent);
    }
    // An odd number less one is the same number with its last bit cleared.
    let mut divisor = Zeroizing::new(prime.to_vec());
    if let Some(last) = divisor.last_mut() {
        *last &= !1;
    }
    let number = Zeroizing::new(whole_number(number)?);
    let divisor = Option::<NonZero<BoxedUint>>::from(NonZero::new(whole_number(&divisor)?))
        .map(Zeroizing::new)
        .ok_or(KeyError::RsaInconsistent)?;
    let (quotient, remainder) = number.div_rem(&divisor);
    let (_wiped, remainder) = (Zeroizing::new(quotient), Zeroizing::new(remainder));
    Ok(Zeroizing::new(remainder.to_be_bytes().into_vec()))
}

fn whole_number(bytes: &[u8]) -> Result<BoxedUint, KeyError> {
    let bits =
        u32::try_from(bytes.len().saturating_mul(8)).map_err(|_| KeyError::RsaInconsistent)?;
    BoxedUint::from_be_slice(bytes, bits).map_err(|_| KeyError::RsaInconsistent)
}

fn positive(number: &Mpint) -> Result<&[u8], KeyError> {
    number.as_positive_bytes().ok_or(KeyError::RsaInconsistent)
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|byte| byte & 1 == 1)
}

/// The length in bits of a big-endian number. (`RsaPublicKey::key_size` counts whole bytes.)
fn bit_length(number: &[u8]) -> usize {
    let first = number.iter().position(|byte| *byte != 0);
    first.map_or(0, |at| {
        (number.len() - at) * 8 - number[at].leading_zeros() as usize
    })
}
