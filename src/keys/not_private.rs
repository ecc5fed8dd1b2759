//! What a text without PEM is, where a private key was asked for.

use super::{error::KeyError, public_key::PublicKey, why_not};

/// Why it is no private key.
pub(super) fn why_not(text: &str) -> KeyError {
    if let Some(error) = why_not::encoded(text) {
        return error;
    }
    match PublicKey::given(text.as_bytes()) {
        Err(KeyError::NotPublicKey) => KeyError::NotPrivateKey,
        Err(KeyError::PrivateKeyGiven) => KeyError::NotAsWritten,
        Err(
            error @ (KeyError::Dsa
            | KeyError::SecurityKey
            | KeyError::CertificateGiven
            | KeyError::UnsupportedType),
        ) => error,
        Ok(_) | Err(_) => KeyError::PublicKeyGiven,
    }
}
