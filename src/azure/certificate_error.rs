//! Why a client certificate is refused, and the bounds of what is opened.

/// The most that is read, in bytes: a chain of some certificates and an RSA 4096 key take about 12 KiB.
pub(super) const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;
/// The longest password that is used, in bytes.
pub(super) const PASSWORD_BYTES_MAX: usize = 4 * 1024;
/// The most iterations of a key derivation that are spent on one file, all its parts together: about four seconds of one
/// core. OpenSSL writes 2,048 for each of three parts, browsers up to 600,000.
pub(super) const PKCS12_ITERATIONS_MAX: u64 = 2_000_000;
/// The most parts that are opened. Programs write two: one with the certificates, one with the key.
pub(super) const PKCS12_SAFES_MAX: usize = 4;

/// Why a certificate can't be used. No message quotes anything from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Larger than any.
    #[error("it is larger than {} KiB: give one certificate with its key", CERTIFICATE_BYTES_MAX / 1024)]
    TooLarge,
    /// A password that is longer than any.
    #[error(
        "the password in auth.clientCertificate.passwordSecretRef is longer than {} KiB: name the entry that holds it alone",
        PASSWORD_BYTES_MAX / 1024
    )]
    PasswordTooLong,
    /// No certificate in it.
    #[error(
        "there is no certificate in it: give a PEM file with `BEGIN CERTIFICATE`, or a PKCS #12 file"
    )]
    NoCertificate,
    /// No private key in it.
    #[error("there is no private key in it: give the certificate with its private key")]
    NoKey,
    /// An encrypted PEM key.
    #[error(
        "its private key is an encrypted PEM: decrypt a copy (openssl pkcs8 -in FILE), or give a PKCS #12 file with its password"
    )]
    EncryptedPem,
    /// Not RSA, or not readable.
    #[error(
        "its private key is no RSA key of 2048 to 8192 bits, which is what Microsoft Entra takes"
    )]
    NotRsa,
    /// The certificate is another key's.
    #[error(
        "the certificate does not belong to the private key: give the two that were made together"
    )]
    OtherKey,
    /// PKCS #12 that does not open.
    #[error(
        "the PKCS #12 file does not open: correct the password in auth.clientCertificate.passwordSecretRef, or the file"
    )]
    DoesNotOpen,
    /// PKCS #12 with more than one key, or in more parts than any program writes.
    #[error(
        "the PKCS #12 file has more than one private key, or more than {} parts: export one certificate with its key",
        PKCS12_SAFES_MAX
    )]
    SeveralKeys,
    /// PKCS #12 whose keys are too slow to derive.
    #[error(
        "the PKCS #12 file takes more than {} iterations, all its parts together, or more than 32 MiB of memory to open: export it again with fewer (openssl pkcs12 -export -iter 2048)",
        PKCS12_ITERATIONS_MAX
    )]
    TooCostly,
    /// What can't be parsed.
    #[error("the certificate can't be read: make it again")]
    Damaged,
}
