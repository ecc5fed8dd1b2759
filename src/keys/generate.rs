//! New key pairs from aws-lc's random numbers.

use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use ssh_key::private::{
    EcdsaKeypair, EcdsaPrivateKey, Ed25519Keypair, Ed25519PrivateKey, KeypairData,
};
use ssh_key::public::{EcdsaPublicKey, Ed25519PublicKey};
use zeroize::Zeroizing;

use super::algorithm::{Curve, KeySpec};
use super::error::KeyError;
use super::{proof, rsa};

/// A new pair, not proven yet.
pub(super) fn generate(spec: KeySpec) -> Result<KeypairData, KeyError> {
    let made = match spec {
        KeySpec::Ed25519 => ed25519().map(KeypairData::Ed25519),
        KeySpec::Ecdsa(curve) => ecdsa(curve).map(KeypairData::Ecdsa),
        KeySpec::Rsa(size) => rsa::generate(size).map(KeypairData::Rsa),
    };
    made.ok_or(KeyError::Generate {
        algorithm: spec.algorithm(),
    })
}

fn ed25519() -> Option<Ed25519Keypair> {
    let mut seed = Zeroizing::new([0; Ed25519PrivateKey::BYTE_SIZE]);
    aws_lc_rs::rand::fill(seed.as_mut_slice()).ok()?;
    let made = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).ok()?;
    Some(Ed25519Keypair {
        public: Ed25519PublicKey::try_from(made.public_key().as_ref()).ok()?,
        private: Ed25519PrivateKey::from_bytes(&seed),
    })
}

fn ecdsa(curve: Curve) -> Option<EcdsaKeypair> {
    let made = EcdsaKeyPair::generate(proof::signing(curve)).ok()?;
    let scalar: EcPrivateKeyBin<'_> = made.private_key().as_be_bytes().ok()?;
    let scalar = scalar.as_ref();
    match EcdsaPublicKey::from_sec1_bytes(made.public_key().as_ref()).ok()? {
        EcdsaPublicKey::NistP256(public) => Some(EcdsaKeypair::NistP256 {
            public,
            private: private_scalar(scalar)?,
        }),
        EcdsaPublicKey::NistP384(public) => Some(EcdsaKeypair::NistP384 {
            public,
            private: private_scalar(scalar)?,
        }),
        EcdsaPublicKey::NistP521(public) => Some(EcdsaKeypair::NistP521 {
            public,
            private: private_scalar(scalar)?,
        }),
    }
}

fn private_scalar<const SIZE: usize>(bytes: &[u8]) -> Option<EcdsaPrivateKey<SIZE>> {
    let mut copy = Zeroizing::new([0; SIZE]);
    if bytes.len() != SIZE {
        return None;
    }
    copy.copy_from_slice(bytes);
    Some(EcdsaPrivateKey::from(*copy))
}
