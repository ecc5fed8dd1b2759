//! RSA numbers: which are accepted, and how they travel between aws-lc and OpenSSH's container.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPairComponents, KeySize};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
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
        return Err(KeyError::RsaSmallFactor);
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
    let signature = sign(private, &RSA_PKCS1_SHA256, message)?;
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
    from_pkcs1(pkcs1_inside(document.as_ref()).ok()?.as_bytes())
        .ok()
        .flatten()
}

/// The `RSAPrivateKey` (RFC 8017 appendix A.1.2) in a PKCS #8 `PrivateKeyInfo` (RFC 5208 section 5). Only what aws-lc wrote
/// comes here, so the algorithm identifier is not checked.
fn pkcs1_inside(document: &[u8]) -> der::Result<&OctetStringRef> {
    SliceReader::new(document)?.sequence(|info| {
        let _version = u8::decode(info)?;
        let _algorithm = AnyRef::decode(info)?;
        info.decode()
    })
}

/// Takes the numbers out of an `RSAPrivateKey`; `None` when the library holds them for none of a pair.
pub(super) fn from_pkcs1(document: &[u8]) -> der::Result<Option<RsaKeypair>> {
    let mut reader = SliceReader::new(document)?;
    let pair = reader.sequence(|numbers| {
        let _version = u8::decode(numbers)?;
        let mut next = || -> der::Result<Mpint> {
            Ok(Mpint::from_positive_bytes(
                UintRef::decode(numbers)?.as_bytes(),
            ))
        };
        let (modulus, exponent) = (next()?, next()?);
        let (d, p, q) = (next()?, next()?, next()?);
        let (mut d_mod_p, mut d_mod_q, iqmp) = (next()?, next()?, next()?);
        d_mod_p.zeroize();
        d_mod_q.zeroize();
        let pair = RsaPublicKey::new(exponent, modulus)
            .and_then(|public| RsaKeypair::new(public, RsaPrivateKey::new(d, iqmp, p, q)?));
        der::Result::Ok(pair.ok())
    })?;
    reader.finish()?;
    Ok(pair)
}

/// The pair as an `RSAPrivateKey` in DER.
pub(super) fn to_pkcs1(pair: &RsaKeypair) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let document: Pkcs8V1Der<'_> = signer(pair)?.as_der().map_err(|_| KeyError::Encode)?;
    let inside = pkcs1_inside(document.as_ref()).map_err(|_| KeyError::Encode)?;
    Ok(Zeroizing::new(inside.as_bytes().to_vec()))
}

/// The pair as a `PrivateKeyInfo` of PKCS #8 in DER.
pub(super) fn to_pkcs8(pair: &RsaKeypair) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let document: Pkcs8V1Der<'_> = signer(pair)?.as_der().map_err(|_| KeyError::Encode)?;
    Ok(Zeroizing::new(document.as_ref().to_vec()))
}

/// A signature by PKCS #1 version 1.5 with this hash.
pub(super) fn sign(
    pair: &RsaKeypair,
    hash: &'static dyn RsaEncoding,
    message: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let signer = signer(pair)?;
    let mut signature = vec![0; signer.public_modulus_len()];
    signer
        .sign(hash, &SystemRandom::new(), message, &mut signature)
        .map_err(|_| KeyError::Proof)?;
    Ok(signature)
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
    let (mut quotient, remainder) = number.div_rem(&divisor);
    quotient.zeroize();
    let remainder = Zeroizing::new(remainder);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn public(modulus: &[u8], exponent: &[u8]) -> RsaPublicKey {
        RsaPublicKey::new(
            Mpint::from_positive_bytes(exponent),
            Mpint::from_positive_bytes(modulus),
        )
        .unwrap()
    }

    /// An odd modulus of this many bits.
    fn modulus(bits: usize) -> Vec<u8> {
        let mut bytes = vec![0; bits.div_ceil(8)];
        bytes[0] = 1 << ((bits - 1) % 8);
        *bytes.last_mut().unwrap() |= 1;
        bytes
    }

    const F4: [u8; 3] = [1, 0, 1];

    #[test]
    fn the_size_of_a_modulus_is_counted_in_bits_not_in_bytes() {
        for bits in [2048, 2049, 3072, 4095, 8192] {
            assert_eq!(check_public(&public(&modulus(bits), &F4)), Ok(bits));
        }
        for bits in [1024, 2041, 2047, 8193, 16384] {
            assert_eq!(
                check_public(&public(&modulus(bits), &F4)),
                Err(KeyError::RsaSize { bits })
            );
        }
    }

    #[test]
    fn an_even_modulus_is_refused() {
        let mut even = modulus(2048);
        *even.last_mut().unwrap() = 2;
        assert_eq!(
            check_public(&public(&even, &F4)),
            Err(KeyError::RsaSmallFactor)
        );
    }

    #[test]
    fn only_odd_exponents_from_65537_to_256_bits_are_accepted() {
        let check = |exponent: &[u8]| check_public(&public(&modulus(2048), exponent));
        for good in [&F4[..], &[1, 0, 3], &[0xff; 32]] {
            assert_eq!(check(good), Ok(2048), "{good:?}");
        }
        for bad in [
            &[1][..],
            &[3],
            &[0xff, 0xff],
            &[1, 0, 0],
            &[1, 0, 2],
            &[1; 33],
        ] {
            assert_eq!(check(bad), Err(KeyError::RsaExponent), "{bad:?}");
        }
    }

    #[test]
    fn numbers_that_contradict_each_other_are_refused() {
        let good = generate(RsaSize::Bits2048).unwrap();
        let other = generate(RsaSize::Bits2048).unwrap();
        let mixed = |d: &RsaKeypair, iqmp: &RsaKeypair, p: &RsaKeypair, q: &RsaKeypair| {
            let private = RsaPrivateKey::new(
                d.private().d().clone(),
                iqmp.private().iqmp().clone(),
                p.private().p().clone(),
                q.private().q().clone(),
            );
            let pair = RsaKeypair::new(good.public().clone(), private.unwrap()).unwrap();
            prove(&pair, good.public(), b"message")
        };
        assert_eq!(mixed(&good, &good, &good, &good), Ok(()));
        for wrong in [
            mixed(&other, &good, &good, &good),
            mixed(&good, &other, &good, &good),
            mixed(&good, &good, &other, &good),
            mixed(&good, &good, &good, &other),
            mixed(&other, &other, &other, &other),
        ] {
            assert_eq!(wrong, Err(KeyError::RsaInconsistent));
        }
        assert_eq!(
            prove(&good, other.public(), b"message"),
            Err(KeyError::Proof)
        );
    }

    #[test]
    fn absurd_private_numbers_are_refused_before_any_arithmetic_on_them() {
        let good = generate(RsaSize::Bits2048).unwrap();
        let with = |d: &[u8], p: &[u8], q: &[u8]| {
            let private = RsaPrivateKey::new(
                Mpint::from_positive_bytes(d),
                good.private().iqmp().clone(),
                Mpint::from_positive_bytes(p),
                Mpint::from_positive_bytes(q),
            );
            let pair = RsaKeypair::new(good.public().clone(), private.unwrap()).unwrap();
            prove(&pair, good.public(), b"message")
        };
        let huge = vec![0xff; 15_000];
        for (d, p, q) in [
            (&huge[..], &[3][..], &[3][..]),
            (&[3], &huge, &[3]),
            (&[3], &[3], &huge),
            (&[3], &[1], &[3]),
            (&[3], &[3], &[1]),
            (&[3], &[2], &[3]),
            (&[1], &[3], &[3]),
        ] {
            assert_eq!(with(d, p, q), Err(KeyError::RsaInconsistent));
        }
    }

    #[test]
    fn a_remainder_modulo_one_less_is_what_arithmetic_says() {
        for (number, prime) in [(1_000_003_u64, 101_u64), (7, 65537), (0x1_0000, 3)] {
            let got = modulo_one_less(&number.to_be_bytes(), &prime.to_be_bytes()).unwrap();
            let expected = number % (prime - 1);
            assert_eq!(got.as_slice(), expected.to_be_bytes());
        }
    }
}
