//! The proof that both halves of a pair belong together.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_ASN1_SIGNING,
    ED25519, EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, Ed25519KeyPair,
    UnparsedPublicKey,
};
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData};
use ssh_key::public::{EcdsaPublicKey, Ed25519PublicKey, KeyData};

use super::algorithm::Curve;
use super::error::KeyError;
use super::rsa;

/// What is signed. It starts with a zero byte so that the signature is of no use as one for an SSH login: the data
/// signed there starts with the length of a session identifier (RFC 4252 section 7), which is larger than the number
/// that these bytes make.
const MESSAGE: &[u8] = b"\0\0\0\0sshkey-operator proof of a key pair";

/// Signs with the private half and verifies with the public half.
pub(super) fn prove(private: &KeypairData, public: &KeyData) -> Result<(), KeyError> {
    match (private, public) {
        (KeypairData::Ed25519(private), KeyData::Ed25519(public)) => ed25519(private, public),
        (KeypairData::Ecdsa(private), KeyData::Ecdsa(public)) => ecdsa(private, public),
        (KeypairData::Rsa(private), KeyData::Rsa(public)) => rsa::prove(private, public, MESSAGE),
        _ => Err(KeyError::Proof),
    }
}

fn ed25519(private: &Ed25519Keypair, public: &Ed25519PublicKey) -> Result<(), KeyError> {
    let signer =
        Ed25519KeyPair::from_seed_and_public_key(private.private.as_ref(), public.as_ref())
            .map_err(|_| KeyError::Proof)?;
    let signature = signer.try_sign(MESSAGE).map_err(|_| KeyError::Proof)?;
    UnparsedPublicKey::new(&ED25519, public.as_ref())
        .verify(MESSAGE, signature.as_ref())
        .map_err(|_| KeyError::Proof)
}

fn ecdsa(private: &EcdsaKeypair, public: &EcdsaPublicKey) -> Result<(), KeyError> {
    if private.curve() != public.curve() {
        return Err(KeyError::Proof);
    }
    let curve = public.curve().into();
    let signer = EcdsaKeyPair::from_private_key_and_public_key(
        signing(curve),
        private.private_key_bytes(),
        public.as_sec1_bytes(),
    )
    .map_err(|_| KeyError::Proof)?;
    let signature = signer
        .sign(&SystemRandom::new(), MESSAGE)
        .map_err(|_| KeyError::Proof)?;
    UnparsedPublicKey::new(verification(curve), public.as_sec1_bytes())
        .verify(MESSAGE, signature.as_ref())
        .map_err(|_| KeyError::Proof)
}

/// Each curve with its hash of RFC 5656 section 6.2.1.
pub(super) fn signing(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
        Curve::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        Curve::P521 => &ECDSA_P521_SHA512_ASN1_SIGNING,
    }
}

fn verification(curve: Curve) -> &'static EcdsaVerificationAlgorithm {
    match curve {
        Curve::P256 => &ECDSA_P256_SHA256_ASN1,
        Curve::P384 => &ECDSA_P384_SHA384_ASN1,
        Curve::P521 => &ECDSA_P521_SHA512_ASN1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::algorithm::{KeySpec, RsaSize};
    use crate::keys::generate::generate;

    const SPECS: [KeySpec; 5] = [
        KeySpec::Ed25519,
        KeySpec::Ecdsa(Curve::P256),
        KeySpec::Ecdsa(Curve::P384),
        KeySpec::Ecdsa(Curve::P521),
        KeySpec::Rsa(RsaSize::Bits2048),
    ];

    #[test]
    fn a_pair_is_proven_by_its_own_public_half_and_by_no_other() {
        let pairs = SPECS.map(|spec| generate(spec).unwrap());
        let others = SPECS.map(|spec| generate(spec).unwrap());
        for pair in &pairs {
            let own = KeyData::try_from(pair).unwrap();
            assert_eq!(prove(pair, &own), Ok(()));
            for other in pairs.iter().chain(&others) {
                let public = KeyData::try_from(other).unwrap();
                if public != own {
                    assert_eq!(prove(pair, &public), Err(KeyError::Proof));
                }
            }
        }
    }

    #[test]
    fn a_point_that_is_not_on_the_curve_proves_nothing() {
        let pair = generate(KeySpec::Ecdsa(Curve::P256)).unwrap();
        let KeyData::Ecdsa(public) = KeyData::try_from(&pair).unwrap() else {
            unreachable!("a P-256 pair has an ECDSA public key")
        };
        let mut point = public.as_sec1_bytes().to_vec();
        *point.last_mut().unwrap() ^= 1;
        let off_curve = KeyData::Ecdsa(EcdsaPublicKey::from_sec1_bytes(&point).unwrap());
        assert_eq!(prove(&pair, &off_curve), Err(KeyError::Proof));
    }
}
