//! What can go wrong with a key. No message quotes anything from the key.

use super::algorithm::Algorithm;

/// Why a key could not be generated, read, checked or written.
///
/// The messages say what to do and hold nothing of the key, so that they may go into conditions, events and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The library could not generate a pair: it has no randomness or no memory.
    #[error("no {algorithm} key pair could be generated; try again")]
    Generate {
        /// What was being generated.
        algorithm: Algorithm,
    },
    /// The private key cannot make a signature that its public half verifies.
    #[error(
        "the private key does not sign what its public half verifies: the two do not belong together or are damaged; \
         restore the pair from a copy, or make a new one"
    )]
    Proof,
    /// A key that was read or made could not be written out.
    #[error("the key could not be encoded; make a new one")]
    Encode,

    /// The input is larger than any key.
    #[error("the key is larger than {} KiB: give one key only", limit_bytes / 1024)]
    TooLarge {
        /// The most that is read, in bytes.
        limit_bytes: usize,
    },
    /// Not in PEM with the label `OPENSSH PRIVATE KEY`.
    #[error(
        "not a private key in OpenSSH's format (`-----BEGIN OPENSSH PRIVATE KEY-----`): \
         convert a copy of it with `ssh-keygen -p -f <file>`"
    )]
    NotOpenSshPrivateKey,
    /// In no format that is read.
    #[error(
        "this is no private key in a format that is read: give the file that ssh-keygen or openssl wrote (PEM: OpenSSH, PKCS #8, PKCS #1 or SEC 1)"
    )]
    NotPrivateKey,
    /// A public key where a private one belongs.
    #[error(
        "this is a public key: give the private key, or write source.publicKey to upload this one"
    )]
    PublicKeyGiven,
    /// A certificate where a key belongs.
    #[error("this is a certificate: give the key itself")]
    CertificateGiven,
    /// The format of `PuTTY`.
    #[error(
        "this is a key in PuTTY's format: convert a copy with `puttygen FILE -O private-openssh-new -o NEW`"
    )]
    PuttyFormat,
    /// The format of SSH Communications Security.
    #[error(
        "this is a private key in ssh.com's format: convert it with `ssh-keygen -i -f FILE > NEW`"
    )]
    SshComFormat,
    /// OpenSSL's old encryption, whose passphrase is hashed once with MD5.
    #[error(
        "the private key is encrypted as OpenSSL once did (Proc-Type: 4,ENCRYPTED), which protects little and is not read: convert a copy with `ssh-keygen -p -f FILE`"
    )]
    LegacyEncryption,
    /// A cipher or a key derivation that is not known.
    #[error(
        "the private key is encrypted in a way that is not read: encrypt a copy anew with `ssh-keygen -p -f FILE`"
    )]
    EncryptionUnsupported,
    /// Encrypted, and no passphrase is given.
    #[error(
        "the private key is encrypted: name its passphrase in source.privateKey.passphraseSecretRef"
    )]
    PassphraseRequired,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the private key: correct it, or the key")]
    PassphraseWrong,
    /// To open it would cost too much.
    #[error(
        "to open the private key would cost more than is spent on one key (at most {limit} {what}): encrypt a copy with less, as `ssh-keygen -p -f FILE` does"
    )]
    KdfTooCostly {
        /// What is counted.
        what: &'static str,
        /// How much is spent.
        limit: u32,
    },
    /// More than one PEM block.
    #[error("the text holds more than one private key: keep one")]
    SeveralPrivateKeys,
    /// Encrypted with a passphrase.
    #[error(
        "the private key is encrypted: remove its passphrase from a copy with `ssh-keygen -p -f <file>`"
    )]
    Encrypted,
    /// The container is broken.
    #[error(
        "the private key is damaged, or there are several in one file: restore it from a copy, or make a new one"
    )]
    PrivateKeyDamaged,

    /// In no format that is read.
    #[error(
        "not a public key: give one line `<type> <base64> <comment>`, as in a file `id_ed25519.pub`, or the key in RFC 4716 or PEM"
    )]
    NotPublicKey,
    /// A private key where a public one belongs.
    #[error(
        "this is a private key, and nothing was sent anywhere: give the public key; if others can read where this one is, make a new pair"
    )]
    PrivateKeyGiven,
    /// The line starts with options of `authorized_keys`.
    #[error("the public key has options in front of it: start the line with the key's type")]
    PublicKeyOptions,
    /// More than one key in one text.
    #[error("the text holds more than one public key: give one")]
    SeveralPublicKeys,
    /// The base64 is no key of the type in front of it.
    #[error(
        "the public key is damaged, or is not of the type in front of it: copy the whole line again"
    )]
    PublicKeyDamaged,

    /// DSA, of which OpenSSH reads nothing any more since 10.0.
    #[error("this is a DSA key, which is too weak: make a new key, with Ed25519, RSA or ECDSA")]
    Dsa,
    /// A key of a security key (FIDO2), `sk-`.
    #[error(
        "this is a key of a hardware security key (sk-), whose private half never leaves it: use Ed25519, RSA or ECDSA"
    )]
    SecurityKey,
    /// Other types and curves, some of which came later.
    #[error(
        "this type of key is not supported: use Ed25519, RSA, or ECDSA on P-256, P-384 or P-521"
    )]
    UnsupportedType,
    /// A point that is not written in full; RFC 5656 section 3.1 allows such points, OpenSSH does not.
    #[error(
        "the ECDSA key has a compressed point, which OpenSSH does not read: write it uncompressed"
    )]
    EcdsaPointCompressed,
    /// Less than 2048 bits is no longer secure (NIST SP 800-131A revision 2), more than 8192 costs too much.
    #[error("the RSA key has {bits} bits: use 2048 to 8192, better 3072 or more")]
    RsaSize {
        /// The size of the modulus in bits.
        bits: usize,
    },
    /// An even modulus is no product of two large primes.
    #[error("the RSA key's modulus is even, so it is no RSA key: make a new key")]
    RsaModulusEven,
    /// Even, smaller than 65537, or too long.
    #[error(
        "the RSA key's public exponent is even, smaller than 65537 or too large: make a new key with exponent 65537"
    )]
    RsaExponent,
    /// Its primes can be found.
    #[error(
        "the RSA key can be broken: its primes are close to each other, or a faulty chip made it (CVE-2017-15361). Make a new key, and trust this one nowhere"
    )]
    RsaWeak,
    /// The numbers of the private key contradict each other (p·q ≠ n, for instance).
    #[error(
        "the numbers of the RSA private key contradict each other: restore it from a copy, or make a new one"
    )]
    RsaInconsistent,
}

impl KeyError {
    /// Why a type is not supported, by OpenSSH's name for it.
    pub(super) fn of_type(name: &str) -> Self {
        if name.contains("-cert-v0") {
            Self::CertificateGiven
        } else if name == "ssh-dss" {
            Self::Dsa
        } else if name.starts_with("sk-") {
            Self::SecurityKey
        } else {
            Self::UnsupportedType
        }
    }
}
