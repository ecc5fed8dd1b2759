//! A pair from its private half alone: the public half is computed, never taken on trust.

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use ssh_key::private::{
    EcdsaKeypair, EcdsaPrivateKey, Ed25519Keypair, Ed25519PrivateKey, KeypairData,
};
use ssh_key::public::{EcdsaPublicKey, Ed25519PublicKey};
use zeroize::Zeroizing;

use super::algorithm::Curve;

/// An Ed25519 pair from its seed (RFC 8032 section 5.1.5); `None` when it is not 32 bytes long.
pub(super) fn ed25519(seed: &[u8]) -> Option<KeypairData> {
    let mut copy = Zeroizing::new([0; Ed25519PrivateKey::BYTE_SIZE]);
    if seed.len() != copy.len() {
        return None;
    }
    copy.copy_from_slice(seed);
    let made = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
    Some(KeypairData::Ed25519(Ed25519Keypair {
        public: Ed25519PublicKey::try_from(made.public_key().as_ref()).ok()?,
        private: Ed25519PrivateKey::from_bytes(&copy),
    }))
}

/// An ECDSA pair from its number, big-endian, with leading zeros or without; `None` when it is not in the curve's range.
pub(super) fn ecdsa(curve: Curve, number: &[u8]) -> Option<KeypairData> {
    let first = number.iter().position(|byte| *byte != 0)?;
    let number = &number[first..];
    Some(KeypairData::Ecdsa(match (curve, point(curve, number)?) {
        (Curve::P256, EcdsaPublicKey::NistP256(public)) => EcdsaKeypair::NistP256 {
            public,
            private: padded(number)?,
        },
        (Curve::P384, EcdsaPublicKey::NistP384(public)) => EcdsaKeypair::NistP384 {
            public,
            private: padded(number)?,
        },
        (Curve::P521, EcdsaPublicKey::NistP521(public)) => EcdsaKeypair::NistP521 {
            public,
            private: padded(number)?,
        },
        _ => return None,
    }))
}

/// The public point that belongs to a private number.
fn point(curve: Curve, number: &[u8]) -> Option<EcdsaPublicKey> {
    let (algorithm, length) = match curve {
        Curve::P256 => (&ECDH_P256, 32),
        Curve::P384 => (&ECDH_P384, 48),
        Curve::P521 => (&ECDH_P521, 66),
    };
    let missing = usize::checked_sub(length, number.len())?;
    let mut whole = Zeroizing::new(vec![0; missing]);
    whole.extend_from_slice(number);
    let private = agreement::PrivateKey::from_private_key(algorithm, &whole).ok()?;
    let public = private.compute_public_key().ok()?;
    EcdsaPublicKey::from_sec1_bytes(public.as_ref()).ok()
}

fn padded<const SIZE: usize>(number: &[u8]) -> Option<EcdsaPrivateKey<SIZE>> {
    let mut copy = Zeroizing::new([0; SIZE]);
    let at = SIZE.checked_sub(number.len())?;
    copy[at..].copy_from_slice(number);
    Some(EcdsaPrivateKey::from(*copy))
}
