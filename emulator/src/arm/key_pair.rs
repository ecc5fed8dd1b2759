//! Key pairs as generateKeyPair makes them: RSA 3072 as PKCS#1 PEM with CRLF, Ed25519 in OpenSSH's format with LF; the public half is commented
//! `generated-by-azure` (azure-cli recording `test_vm_ssh_key.yaml`; the form of the Ed25519 private key is
//! unverified; OpenSSH itself reads its format with LF only).

use aws_lc_rs::{
    encoding::{AsBigEndian, AsDer, Curve25519SeedBin},
    rsa::{KeyPair, KeySize},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use pem::{EncodeConfig, Pem};
use pkcs8::PrivateKeyInfoRef;
use ssh_key::{
    LineEnding, Mpint, PrivateKey, PublicKey,
    private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData},
    public::{Ed25519PublicKey, KeyData, RsaPublicKey},
};

const COMMENT: &str = "generated-by-azure";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EncryptionType {
    Rsa,
    Ed25519,
}

/// Debug is left out on purpose: it holds a private key.
pub(crate) struct GeneratedPair {
    pub(crate) private_key: String,
    pub(crate) public_key: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum GenerateError {
    #[error("the generator failed")]
    Generator(#[from] aws_lc_rs::error::Unspecified),
    #[error("PKCS#8: {0}")]
    Pkcs8(#[from] pkcs8::Error),
    #[error("SSH: {0}")]
    Ssh(#[from] ssh_key::Error),
}

/// Takes up to a few seconds for RSA: call it where blocking is allowed.
pub(crate) fn generate(kind: EncryptionType) -> Result<GeneratedPair, GenerateError> {
    match kind {
        EncryptionType::Rsa => rsa(),
        EncryptionType::Ed25519 => ed25519(),
    }
}

fn rsa() -> Result<GeneratedPair, GenerateError> {
    let pair = KeyPair::generate(KeySize::Rsa3072)?;
    let pkcs8 = pair.as_der()?;
    let pkcs1 = PrivateKeyInfoRef::try_from(pkcs8.as_ref())?
        .private_key
        .as_bytes()
        .to_vec();
    let config = EncodeConfig::new().set_line_ending(pem::LineEnding::CRLF);
    let private_key = pem::encode_config(&Pem::new("RSA PRIVATE KEY", pkcs1), config);
    let public = pair.public_key();
    let exponent = Mpint::from_positive_bytes(public.exponent().big_endian_without_leading_zero());
    let modulus = Mpint::from_positive_bytes(public.modulus().big_endian_without_leading_zero());
    let public_key = PublicKey::new(KeyData::Rsa(RsaPublicKey::new(exponent, modulus)?), COMMENT)
        .to_openssh()?;
    Ok(GeneratedPair {
        private_key,
        public_key,
    })
}

fn ed25519() -> Result<GeneratedPair, GenerateError> {
    let made = Ed25519KeyPair::generate()?;
    let seed: Curve25519SeedBin<'_> = made.seed()?.as_be_bytes()?;
    let keypair = Ed25519Keypair {
        public: Ed25519PublicKey::try_from(made.public_key().as_ref())?,
        private: Ed25519PrivateKey::try_from(seed.as_ref())?,
    };
    let pair = PrivateKey::new(KeypairData::Ed25519(keypair), COMMENT)?;
    Ok(GeneratedPair {
        private_key: pair.to_openssh(LineEnding::LF)?.to_string(),
        public_key: pair.public_key().to_openssh()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::key_text;

    #[test]
    fn the_rsa_pair_is_pkcs1_with_crlf_and_a_commented_public_key() -> Result<(), GenerateError> {
        let pair = generate(EncryptionType::Rsa)?;
        assert!(
            pair.private_key
                .starts_with("-----BEGIN RSA PRIVATE KEY-----\r\nMII")
        );
        assert!(
            pair.private_key
                .ends_with("-----END RSA PRIVATE KEY-----\r\n")
        );
        assert!(
            pair.public_key.starts_with("ssh-rsa AAAA")
                && pair.public_key.ends_with(" generated-by-azure")
        );
        assert!(key_text::is_accepted(&pair.public_key));
        Ok(())
    }

    #[test]
    fn the_ed25519_pair_is_in_openssh_format() -> Result<(), GenerateError> {
        let pair = generate(EncryptionType::Ed25519)?;
        let read = PrivateKey::from_openssh(&pair.private_key)?;
        assert_eq!(read.public_key().to_openssh()?, pair.public_key);
        Ok(())
    }
}
