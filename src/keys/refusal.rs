//! What a refusal of a key means to the person who gave it.

use super::error::KeyError;

/// One thing that a person does about a key that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyRefusal {
    /// Larger than any key.
    TooLarge,
    /// In no format that is known.
    NotAKey,
    /// A public key in a private one's place.
    PublicKeyGiven,
    /// A private key in a public one's place.
    PrivateKeyGiven,
    /// More than one key.
    SeveralKeys,
    /// Encrypted, without a passphrase.
    PassphraseRequired,
    /// Encrypted with another passphrase.
    PassphraseWrong,
    /// Encrypted so that opening it costs too much.
    KdfTooExpensive,
    /// In a format that is known and not read.
    FormatUnsupported,
    /// Of a type that is not supported.
    TypeUnsupported,
    /// Too weak.
    TooWeak,
    /// Damaged, or of two halves that do not belong together.
    Damaged,
    /// No fault of the key.
    InternalFailure,
}

impl KeyError {
    /// What it comes to.
    pub fn refusal(&self) -> KeyRefusal {
        match self {
            Self::Generate { .. } | Self::Encode => KeyRefusal::InternalFailure,
            Self::TooLarge { .. } => KeyRefusal::TooLarge,
            Self::NotOpenSshPrivateKey
            | Self::NotPrivateKey
            | Self::NotPublicKey
            | Self::PublicKeyOptions
            | Self::TextInFront => KeyRefusal::NotAKey,
            Self::PublicKeyGiven => KeyRefusal::PublicKeyGiven,
            Self::PrivateKeyGiven => KeyRefusal::PrivateKeyGiven,
            Self::PuttyFormat
            | Self::SshComFormat
            | Self::SshComEncrypted
            | Self::Utf16
            | Self::EncodedTwice
            | Self::DerPrivateKey
            | Self::DerPublicKey
            | Self::Pkcs12
            | Self::ArmorMissing
            | Self::NotAsWritten
            | Self::PemHeaders
            | Self::LegacyEncryption
            | Self::LegacyCipher
            | Self::EncryptionUnsupported
            | Self::Pkcs8EncryptionUnsupported
            | Self::EcdsaPointCompressed => KeyRefusal::FormatUnsupported,
            Self::PassphraseWrong | Self::PassphraseTooLong { .. } => KeyRefusal::PassphraseWrong,
            Self::KdfTooCostly { .. } => KeyRefusal::KdfTooExpensive,
            Self::SeveralPrivateKeys | Self::MoreThanTheKey | Self::SeveralPublicKeys => {
                KeyRefusal::SeveralKeys
            }
            Self::Encrypted | Self::PassphraseRequired => KeyRefusal::PassphraseRequired,
            Self::UnsupportedType | Self::Dsa | Self::SecurityKey | Self::CertificateGiven => {
                KeyRefusal::TypeUnsupported
            }
            Self::RsaSize { .. } | Self::RsaExponent | Self::RsaWeak | Self::SmallOrder => {
                KeyRefusal::TooWeak
            }
            Self::Proof
            | Self::PrivateKeyDamaged
            | Self::PublicKeyDamaged
            | Self::ForeignCharacters
            | Self::NotOnCurve
            | Self::RsaSmallFactor
            | Self::RsaInconsistent => KeyRefusal::Damaged,
        }
    }
}
