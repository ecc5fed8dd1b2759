//! Signatures as an SSH agent gives them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA512,
};
use ssh_key::Mpint;
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData};

use super::algorithm::Curve;
use super::error::KeyError;
use super::rsa;

/// The hash of an RSA signature. SHA-1, which SSH began with, is not offered: OpenSSH refuses it since version 8.8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaHash {
    /// `rsa-sha2-256` (RFC 8332).
    Sha256,
    /// `rsa-sha2-512` (RFC 8332).
    #[default]
    Sha512,
}

/// Signs `message`: the name of the algorithm and the signature, each as an SSH string.
pub(super) fn sign(
    private: &KeypairData,
    message: &[u8],
    hash: RsaHash,
) -> Result<Vec<u8>, KeyError> {
    let (name, signature) = match private {
        KeypairData::Ed25519(pair) => ("ssh-ed25519", ed25519(pair, message)?),
        KeypairData::Ecdsa(pair) => ecdsa(pair, message)?,
        KeypairData::Rsa(pair) => match hash {
            RsaHash::Sha256 => ("rsa-sha2-256", rsa::sign(pair, &RSA_PKCS1_SHA256, message)?),
            RsaHash::Sha512 => ("rsa-sha2-512", rsa::sign(pair, &RSA_PKCS1_SHA512, message)?),
        },
        _ => return Err(KeyError::Proof),
    };
    let mut signed = Vec::new();
    put(&mut signed, name.as_bytes())?;
    put(&mut signed, &signature)?;
    Ok(signed)
}

fn ed25519(pair: &Ed25519Keypair, message: &[u8]) -> Result<Vec<u8>, KeyError> {
    let signer =
        Ed25519KeyPair::from_seed_and_public_key(pair.private.as_ref(), pair.public.as_ref())
            .map_err(|_| KeyError::Proof)?;
    let signature = signer.try_sign(message).map_err(|_| KeyError::Proof)?;
    Ok(signature.as_ref().to_vec())
}

/// Both numbers of the signature as SSH writes numbers (RFC 5656 section 3.1.2).
fn ecdsa(pair: &EcdsaKeypair, message: &[u8]) -> Result<(&'static str, Vec<u8>), KeyError> {
    let (name, algorithm) = fixed(pair.curve().into());
    let signer = EcdsaKeyPair::from_private_key_and_public_key(
        algorithm,
        pair.private_key_bytes(),
        pair.public_key_bytes(),
    )
    .map_err(|_| KeyError::Proof)?;
    let signature = signer
        .sign(&SystemRandom::new(), message)
        .map_err(|_| KeyError::Proof)?;
    let (r, s) = signature.as_ref().split_at(signature.as_ref().len() / 2);
    let mut numbers = Vec::new();
    for number in [r, s] {
        put(&mut numbers, Mpint::from_positive_bytes(number).as_bytes())?;
    }
    Ok((name, numbers))
}

/// The name of each curve's signatures, and how they are made: with both numbers at full length.
fn fixed(curve: Curve) -> (&'static str, &'static EcdsaSigningAlgorithm) {
    match curve {
        Curve::P256 => ("ecdsa-sha2-nistp256", &ECDSA_P256_SHA256_FIXED_SIGNING),
        Curve::P384 => ("ecdsa-sha2-nistp384", &ECDSA_P384_SHA384_FIXED_SIGNING),
        Curve::P521 => ("ecdsa-sha2-nistp521", &ECDSA_P521_SHA512_FIXED_SIGNING),
    }
}

/// A string of SSH: its length in four bytes, then itself.
fn put(text: &mut Vec<u8>, part: &[u8]) -> Result<(), KeyError> {
    let length = u32::try_from(part.len()).map_err(|_| KeyError::Encode)?;
    text.extend(length.to_be_bytes());
    text.extend(part);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Comment, KeyPair, KeySpec, RsaSize};

    /// The strings of SSH that a text is made of.
    fn strings(mut text: &[u8]) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        while let Some((length, rest)) = text.split_at_checked(4) {
            let length = u32::from_be_bytes(length.try_into().unwrap());
            let (string, rest) = rest.split_at(usize::try_from(length).unwrap());
            found.push(string.to_vec());
            text = rest;
        }
        found
    }

    fn signed(spec: KeySpec, hash: RsaHash) -> (String, Vec<u8>) {
        let pair = KeyPair::generate(spec, &Comment::for_object("a", "b")).unwrap();
        let parts = strings(&pair.sign_for_ssh(b"message", hash).unwrap());
        assert_eq!(parts.len(), 2);
        let name = String::from_utf8(parts[0].clone()).unwrap();
        (name, parts[1].clone())
    }

    #[test]
    fn a_signature_has_the_name_and_the_length_of_its_algorithm() {
        let (name, signature) = signed(KeySpec::Ed25519, RsaHash::Sha512);
        assert_eq!((name.as_str(), signature.len()), ("ssh-ed25519", 64));
        for (hash, expected) in [
            (RsaHash::Sha256, "rsa-sha2-256"),
            (RsaHash::Sha512, "rsa-sha2-512"),
        ] {
            let (name, signature) = signed(KeySpec::Rsa(RsaSize::Bits2048), hash);
            assert_eq!((name.as_str(), signature.len()), (expected, 256));
        }
        for (curve, expected) in [
            (Curve::P256, "ecdsa-sha2-nistp256"),
            (Curve::P384, "ecdsa-sha2-nistp384"),
            (Curve::P521, "ecdsa-sha2-nistp521"),
        ] {
            let (name, signature) = signed(KeySpec::Ecdsa(curve), RsaHash::Sha512);
            assert_eq!(name, expected);
            assert_eq!(strings(&signature).len(), 2, "two numbers");
        }
    }
}
