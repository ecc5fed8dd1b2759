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
    /// More than one PEM block.
    #[error("the text holds more than one PEM block: keep the one private key only")]
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

    /// Not one line of `<type> <base64> [<comment>]`.
    #[error(
        "not a public key in OpenSSH's format: give one line `<type> <base64> <comment>`, as in a file `id_ed25519.pub`"
    )]
    NotPublicKey,
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

    /// DSA, security keys (`sk-`), certificates and types that came later.
    #[error("this type of key is not supported: use Ed25519, RSA or ECDSA")]
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
    /// The numbers of the private key contradict each other (p·q ≠ n, for instance).
    #[error(
        "the numbers of the RSA private key contradict each other: restore it from a copy, or make a new one"
    )]
    RsaInconsistent,
}
