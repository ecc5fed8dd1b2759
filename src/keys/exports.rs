//! Private keys in the forms that other programs read.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair};
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::{pem, proof, rsa};

/// PKCS #8 in PEM, unencrypted.
pub(super) fn pkcs8(private: &KeypairData) -> Result<Zeroizing<String>, KeyError> {
    let document = match private {
        KeypairData::Ed25519(pair) => ed25519(pair)?,
        KeypairData::Ecdsa(pair) => ecdsa(pair)?,
        KeypairData::Rsa(pair) => rsa::to_pkcs8(pair)?,
        _ => return Err(KeyError::Encode),
    };
    Ok(pem::armored("PRIVATE KEY", &document))
}

fn ed25519(pair: &Ed25519Keypair) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let pair =
        Ed25519KeyPair::from_seed_and_public_key(pair.private.as_ref(), pair.public.as_ref())
            .map_err(|_| KeyError::Encode)?;
    // This buffer wipes itself.
    let document: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Encode)?;
    Ok(Zeroizing::new(document.as_ref().to_vec()))
}

fn ecdsa(pair: &EcdsaKeypair) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let pair = EcdsaKeyPair::from_private_key_and_public_key(
        proof::signing(pair.curve().into()),
        pair.private_key_bytes(),
        pair.public_key_bytes(),
    )
    .map_err(|_| KeyError::Encode)?;
    // This document wipes itself, too.
    let document = pair.to_pkcs8v1().map_err(|_| KeyError::Encode)?;
    Ok(Zeroizing::new(document.as_ref().to_vec()))
}

#[cfg(test)]
mod tests {
    use crate::keys::{Comment, Curve, KeyPair, KeySpec, RsaSize};

    #[test]
    fn every_kind_of_key_is_read_back_from_pkcs8_as_the_same() {
        for spec in [
            KeySpec::Ed25519,
            KeySpec::Ecdsa(Curve::P256),
            KeySpec::Ecdsa(Curve::P384),
            KeySpec::Ecdsa(Curve::P521),
            KeySpec::Rsa(RsaSize::Bits2048),
        ] {
            let pair = KeyPair::generate(spec, &Comment::for_object("web", "deploy")).unwrap();
            let text = pair.to_pkcs8().unwrap();
            assert!(
                text.starts_with("-----BEGIN PRIVATE KEY-----\n"),
                "{spec:?}"
            );
            assert!(text.ends_with("-----END PRIVATE KEY-----\n"), "{spec:?}");
            let read = KeyPair::read(text.as_bytes(), None).unwrap();
            assert_eq!(read.public_key(), pair.public_key(), "{spec:?}");
            let is_rsa = matches!(spec, KeySpec::Rsa(_));
            assert_eq!(pair.to_pkcs1().unwrap().is_some(), is_rsa, "{spec:?}");
        }
    }
}
