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
         restore the pair from a copy"
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
         convert a copy of it with `ssh-keygen -p -f FILE`"
    )]
    NotOpenSshPrivateKey,
    /// In no format that is read.
    #[error(
        "this is no private key in a format that is known: give the file that ssh-keygen or openssl wrote (PEM: OpenSSH, PKCS #8, PKCS #1 or SEC 1)"
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
        "this is a key in PuTTY's format: convert a copy with `puttygen FILE -O private-openssh-new -o NEW`; on Windows, load it in PuTTYgen and choose Conversions, Export OpenSSH key (force new file format)"
    )]
    PuttyFormat,
    /// The format of SSH Communications Security.
    #[error(
        "this is a private key in ssh.com's format: convert it with `ssh-keygen -i -f FILE > NEW`"
    )]
    SshComFormat,
    /// The same, encrypted: OpenSSH reads it plain only.
    #[error(
        "this is an encrypted private key in ssh.com's format: convert it with `puttygen FILE -O private-openssh-new -o NEW`"
    )]
    SshComEncrypted,
    /// UTF-16, as editors and PowerShell on Windows write it.
    #[error(
        "the text is in UTF-16, and keys are read in UTF-8: convert a copy with `iconv -f UTF-16 -t UTF-8 FILE > NEW`, or save it as UTF-8 in the editor"
    )]
    Utf16,
    /// Base64 of base64, as by hand for a Secret's `stringData`, or twice for its `data`.
    #[error(
        "this is base64 of a key: it was encoded twice. Decode a copy with `base64 -d FILE > NEW`, and encode it once for a Secret's data, or not at all for its stringData"
    )]
    EncodedTwice,
    /// DER, which PEM is base64 of.
    #[error(
        "this is a private key in DER, which is binary: convert a copy with `openssl pkey -inform DER -in FILE -out NEW`"
    )]
    DerPrivateKey,
    /// The same of a public key.
    #[error(
        "this is a public key in DER, which is binary: convert a copy with `openssl pkey -pubin -inform DER -in FILE -out NEW`"
    )]
    DerPublicKey,
    /// PKCS #12.
    #[error(
        "this is a PKCS #12 container: take the key out with `openssl pkcs12 -in FILE -nocerts -nodes -out NEW`"
    )]
    Pkcs12,
    /// The content of a PEM block without the lines around it.
    #[error(
        "the lines around the key are missing: give the whole file, from its line `-----BEGIN ...-----` to its line `-----END ...-----`"
    )]
    ArmorMissing,
    /// It can be seen that there is a private key, in a wrapping that is not read.
    #[error(
        "there is a private key in this text, and not as a program wrote it: give the file of ssh-keygen or openssl as it is"
    )]
    NotAsWritten,
    /// PEM with headers that say nothing of encryption.
    #[error(
        "lines with a colon stand between `-----BEGIN ...-----` and the key, and no program reads them: take them away, and the empty line after them"
    )]
    PemHeaders,
    /// Characters that base64 does not have.
    #[error(
        "characters stand in the key that do not belong there, such as the marks of a quoted mail or numbers of lines: copy the file itself again"
    )]
    ForeignCharacters,
    /// OpenSSL's old encryption, whose passphrase is hashed once with MD5.
    #[error(
        "the private key is encrypted as OpenSSL once did (Proc-Type: 4,ENCRYPTED), which protects little and is not read: convert a copy with `ssh-keygen -p -f FILE`"
    )]
    LegacyEncryption,
    /// The same with a cipher that OpenSSL 3 has put aside, so that ssh-keygen does not read it either.
    #[error(
        "the private key is encrypted as OpenSSL once did, with a cipher that OpenSSL 3 reads as legacy only: convert a copy with `openssl pkey -provider legacy -provider default -in FILE -out NEW`"
    )]
    LegacyCipher,
    /// A cipher or a key derivation of OpenSSH's container that is not known.
    #[error(
        "the private key is encrypted in a way that is not read: encrypt a copy again with `ssh-keygen -p -f FILE`"
    )]
    EncryptionUnsupported,
    /// PKCS #8 with another encryption than AES in CBC: 3DES, or what PKCS #5 version 1 and PKCS #12 have.
    #[error(
        "the private key is encrypted in a way that is not read: encrypt a copy again with `openssl pkcs8 -topk8 -provider legacy -provider default -in FILE -out NEW`"
    )]
    Pkcs8EncryptionUnsupported,
    /// Encrypted, and no passphrase is given.
    #[error(
        "the private key is encrypted: name its passphrase in source.privateKey.passphraseSecretRef"
    )]
    PassphraseRequired,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the private key: correct it, or the key")]
    PassphraseWrong,
    /// The passphrase is longer than any.
    #[error("the passphrase is longer than {} KiB: name the entry that holds it alone", limit_bytes / 1024)]
    PassphraseTooLong {
        /// The most that is used, in bytes.
        limit_bytes: usize,
    },
    /// To open it would cost too much.
    #[error(
        "to open the private key would cost more than is spent on one key (at most {limit} {what}): encrypt a copy with less, {remedy}"
    )]
    KdfTooCostly {
        /// What is counted.
        what: &'static str,
        /// How much is spent.
        limit: u32,
        /// What writes it with less.
        remedy: &'static str,
    },
    /// More than one private key, or one and the public key of another pair.
    #[error("the text holds more than one key: keep one")]
    SeveralPrivateKeys,
    /// A private key, and a certificate or another block.
    #[error(
        "the text holds more than the private key, such as a certificate: keep the block of the private key alone, from its line `-----BEGIN ... PRIVATE KEY-----` to its line `-----END ... PRIVATE KEY-----`"
    )]
    MoreThanTheKey,
    /// Encrypted with a passphrase.
    #[error(
        "the private key is encrypted: remove its passphrase from a copy with `ssh-keygen -p -N '' -f FILE`"
    )]
    Encrypted,
    /// The container is broken.
    #[error(
        "the private key is cut or changed: copy the whole file again, from its first line to its last"
    )]
    PrivateKeyDamaged,

    /// In no format that is read.
    #[error(
        "not a public key: give one line `<type> <base64> <comment>`, as in a file `id_ed25519.pub`, or the key in RFC 4716 or PEM"
    )]
    NotPublicKey,
    /// A private key where a public one belongs.
    #[error(
        "there is a private key in this text, and nothing was sent anywhere: give the public key alone; if others can read where the private one is, make a new pair"
    )]
    PrivateKeyGiven,
    /// The line starts with options of `authorized_keys`.
    #[error("the public key has options in front of it: start the line with the key's type")]
    PublicKeyOptions,
    /// Something else stands in front of it.
    #[error(
        "something stands in front of the public key: start the line with the key's type, such as ssh-ed25519"
    )]
    TextInFront,
    /// More than one key in one text.
    #[error("the text holds more than one public key: give one")]
    SeveralPublicKeys,
    /// The base64 is no key of the type in front of it.
    #[error(
        "the public key is damaged, or is not of the type in front of it: copy the whole line again"
    )]
    PublicKeyDamaged,

    /// Coordinates that are those of no point of the curve.
    #[error(
        "the public key is damaged: it is no point of its curve, so no private key belongs to it. Copy the whole line again"
    )]
    NotOnCurve,
    /// A point for which signatures can be made without a private key.
    #[error(
        "the Ed25519 key is one of eight for which anybody can make signatures: make a new key, and trust this one nowhere"
    )]
    SmallOrder,

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
        "the ECDSA key has a compressed point, which OpenSSH does not read: write a copy in full with `openssl ec -pubin -in FILE -pubout -conv_form uncompressed -out NEW`"
    )]
    EcdsaPointCompressed,
    /// Less than 2048 bits is no longer secure (NIST SP 800-131A revision 2), more than 8192 costs too much.
    #[error("the RSA key has {bits} bits: use 2048 to 8192, better 3072 or more")]
    RsaSize {
        /// The size of the modulus in bits.
        bits: usize,
    },
    /// A modulus with a small factor is no product of two large primes.
    #[error(
        "the public key is damaged: its RSA modulus has a divisor below 1000, so no program made it like that. Copy it again"
    )]
    RsaSmallFactor,
    /// Even, smaller than 65537, or too long.
    #[error(
        "the RSA key's public exponent is even, smaller than 65537 or too large: make a new key with exponent 65537"
    )]
    RsaExponent,
    /// Its primes can be found.
    #[error(
        "the RSA key can be broken: its primes are equal or close to each other, or a faulty chip made it (CVE-2017-15361). Make a new key, and trust this one nowhere"
    )]
    RsaWeak,
    /// The numbers of the private key contradict each other (p·q ≠ n, for instance).
    #[error("the numbers of the RSA private key contradict each other: restore it from a copy")]
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
