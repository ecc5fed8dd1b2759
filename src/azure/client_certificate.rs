//! A client certificate: read from what a user has, and the assertion that is signed with it.

use std::fmt;

use aws_lc_rs::{
    digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256},
    rand::{SecureRandom, SystemRandom},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64_URL, Engine as _};
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use serde_json::json;
use x509_cert::{Certificate, der::Decode as _};
use zeroize::Zeroizing;

use super::{
    certificate_error::{CERTIFICATE_BYTES_MAX, CertificateError, PASSWORD_BYTES_MAX},
    pkcs12,
};

/// How long an assertion is good for, in seconds: no longer than its use takes.
/// <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>
const LIFETIME_SECONDS: i64 = 300;
/// What the clocks may differ by at its beginning, in seconds.
const SKEW_SECONDS: i64 = 60;

/// A certificate with its private key, which is wiped when dropped. `Debug` shows neither.
pub struct ClientCertificate {
    key: RsaKeyPair,
    /// The certificate of the key, then those that lead to its issuer; DER.
    chain: Vec<Vec<u8>>,
    not_after: Timestamp,
}

impl ClientCertificate {
    /// Whether what is to be read is small enough. Who keeps it until its turn comes asks before: what a user gives can be as
    /// large as a Secret.
    ///
    /// # Errors
    /// [`CertificateError::TooLarge`] and [`CertificateError::PasswordTooLong`].
    pub fn check_sizes(file: &[u8], password: Option<&[u8]>) -> Result<(), CertificateError> {
        if file.len() > CERTIFICATE_BYTES_MAX {
            return Err(CertificateError::TooLarge);
        }
        if password.is_some_and(|password| password.len() > PASSWORD_BYTES_MAX) {
            return Err(CertificateError::PasswordTooLong);
        }
        Ok(())
    }

    /// Reads certificate and key, from PEM texts one after the other or from one PKCS #12 file. Opening PKCS #12 can take
    /// some seconds of CPU time.
    ///
    /// # Errors
    /// What is not one RSA key with its certificate.
    pub fn read(file: &[u8], password: Option<&str>) -> Result<Self, CertificateError> {
        Self::check_sizes(file, password.map(str::as_bytes))?;
        // DER of a SEQUENCE: PEM and everything else that is text begins otherwise.
        if file.first() == Some(&0x30) {
            return Self::from_pkcs12(file, password.unwrap_or_default());
        }
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(file).collect();
        let chain = certificates.map_err(|_| CertificateError::Damaged)?;
        if has_label(file, b"ENCRYPTED PRIVATE KEY") {
            return Err(CertificateError::EncryptedPem);
        }
        let key = PrivateKeyDer::from_pem_slice(file);
        if chain.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        let key = match key.map_err(|_| CertificateError::NoKey)? {
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            _ => return Err(CertificateError::NotRsa),
        };
        let key = key.map_err(|_| CertificateError::NotRsa)?;
        Self::joined(key, chain.iter().map(|each| each.to_vec()).collect())
    }

    fn from_pkcs12(file: &[u8], password: &str) -> Result<Self, CertificateError> {
        let found = pkcs12::open(file, password)?;
        let key = RsaKeyPair::from_pkcs8(&found.key).map_err(|_| CertificateError::NotRsa)?;
        let chain = found.certificates;
        if chain.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        Self::joined(key, chain)
    }

    /// The key with its certificate in front of the others, wherever it was among them.
    fn joined(key: RsaKeyPair, mut chain: Vec<Vec<u8>>) -> Result<Self, CertificateError> {
        let mut own = None;
        for (at, der) in chain.iter().enumerate() {
            let certificate = Certificate::from_der(der).map_err(|_| CertificateError::Damaged)?;
            let contents = certificate.tbs_certificate();
            let public = &contents.subject_public_key_info().subject_public_key;
            if public.raw_bytes() == key.public_key().as_ref() {
                let end = contents.validity().not_after.to_unix_duration();
                let end = i64::try_from(end.as_secs()).unwrap_or(i64::MAX);
                let end = Timestamp::from_second(end).unwrap_or(Timestamp::MAX);
                own = Some((at, end));
                break;
            }
        }
        let (at, not_after) = own.ok_or(CertificateError::OtherKey)?;
        chain.swap(0, at);
        Ok(Self {
            key,
            chain,
            not_after,
        })
    }

    /// From when on Entra refuses it.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// A signed assertion that `client` sends to the token endpoint `audience` in the place of a secret. The certificate
    /// goes with it, so that an application may trust its issuer as well as the very certificate.
    /// <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>
    ///
    /// # Errors
    /// [`CertificateError::NotRsa`] when the key does not sign.
    pub fn assertion(
        &self,
        client: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<Zeroizing<String>, CertificateError> {
        let own = self.chain.first().ok_or(CertificateError::NoCertificate)?;
        let thumbprint = |algorithm| BASE64_URL.encode(digest::digest(algorithm, own));
        let chain: Vec<String> = self
            .chain
            .iter()
            .map(|each| BASE64_STANDARD.encode(each))
            .collect();
        let header = json!({
            "typ": "JWT",
            "alg": "RS256",
            "x5t": thumbprint(&SHA1_FOR_LEGACY_USE_ONLY),
            "x5t#S256": thumbprint(&SHA256),
            "x5c": chain,
        });
        let random = SystemRandom::new();
        let mut id = [0; 16];
        random.fill(&mut id).map_err(|_| CertificateError::NotRsa)?;
        let now = now.as_second();
        let claims = json!({
            "aud": audience,
            "iss": client,
            "sub": client,
            "jti": BASE64_URL.encode(id),
            "nbf": now - SKEW_SECONDS,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
        });
        let encoded = |part: &serde_json::Value| BASE64_URL.encode(part.to_string());
        let mut token = Zeroizing::new(format!("{}.{}", encoded(&header), encoded(&claims)));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &random, token.as_bytes(), &mut signature)
            .map_err(|_| CertificateError::NotRsa)?;
        token.push('.');
        token.push_str(&BASE64_URL.encode(signature));
        Ok(token)
    }
}

fn has_label(pem: &[u8], label: &[u8]) -> bool {
    pem.windows(label.len()).any(|window| window == label)
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate")
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, process::Command};
    use tempfile::TempDir;

    /// Files as `openssl` makes them.
    struct Files(TempDir);

    impl Files {
        fn new(algorithm: &[&str]) -> Self {
            let files = Self(tempfile::tempdir().unwrap());
            let new = [
                "req",
                "-x509",
                "-nodes",
                "-subj",
                "/CN=store",
                "-days",
                "30",
            ];
            let out = ["-keyout", "key.pem", "-out", "certificate.pem"];
            files.openssl(&[&new, algorithm, &out].concat());
            files
        }

        fn rsa() -> Self {
            Self::new(&["-newkey", "rsa:2048"])
        }

        fn openssl(&self, args: &[&str]) {
            let output = Command::new("openssl")
                .args(args)
                .current_dir(self.0.path())
                .output();
            let output = output.unwrap();
            assert!(
                output.status.success(),
                "{args:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }

        fn read(&self, names: &[&str]) -> Vec<u8> {
            names
                .iter()
                .flat_map(|name| fs::read(self.0.path().join(name)).unwrap())
                .collect()
        }

        fn pkcs12(&self, options: &[&str]) -> Vec<u8> {
            let export = [
                "pkcs12",
                "-export",
                "-passout",
                "pass:open",
                "-out",
                "store.p12",
            ];
            let from = ["-inkey", "key.pem", "-in", "certificate.pem"];
            self.openssl(&[&export[..], &from, options].concat());
            self.read(&["store.p12"])
        }
    }

    #[test]
    fn a_certificate_is_read_in_every_form_that_openssl_writes() {
        let files = Files::rsa();
        let both = files.read(&["certificate.pem", "key.pem"]);
        let thumbprint = |read: ClientCertificate| read.chain[0].clone();
        let first = thumbprint(ClientCertificate::read(&both, None).unwrap());
        let swapped = files.read(&["key.pem", "certificate.pem"]);
        assert_eq!(
            thumbprint(ClientCertificate::read(&swapped, None).unwrap()),
            first
        );
        files.openssl(&["rsa", "-traditional", "-in", "key.pem", "-out", "pkcs1.pem"]);
        let pkcs1 = files.read(&["certificate.pem", "pkcs1.pem"]);
        assert_eq!(
            thumbprint(ClientCertificate::read(&pkcs1, None).unwrap()),
            first
        );
        // What OpenSSL 3 writes, and what Windows and older programs read.
        for options in [
            &[][..],
            &[
                "-keypbe",
                "PBE-SHA1-3DES",
                "-certpbe",
                "PBE-SHA1-3DES",
                "-macalg",
                "SHA1",
            ],
        ] {
            let file = files.pkcs12(options);
            let read = ClientCertificate::read(&file, Some("open")).unwrap();
            assert_eq!(thumbprint(read), first, "{options:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_with_its_key_is_refused_by_name() {
        let (files, other) = (Files::rsa(), Files::rsa());
        let read = |bytes: &[u8], password| ClientCertificate::read(bytes, password).unwrap_err();
        let key_of_another = [files.read(&["certificate.pem"]), other.read(&["key.pem"])].concat();
        assert_eq!(read(&key_of_another, None), CertificateError::OtherKey);
        assert_eq!(
            read(&files.read(&["certificate.pem"]), None),
            CertificateError::NoKey
        );
        assert_eq!(
            read(&files.read(&["key.pem"]), None),
            CertificateError::NoCertificate
        );
        assert_eq!(read(b"", None), CertificateError::NoCertificate);
        assert_eq!(
            read(&vec![b'x'; CERTIFICATE_BYTES_MAX + 1], None),
            CertificateError::TooLarge
        );
        let longest = "x".repeat(PASSWORD_BYTES_MAX + 1);
        let file = files.pkcs12(&[]);
        assert_eq!(
            read(&file, Some(&longest)),
            CertificateError::PasswordTooLong
        );
        for password in [None, Some("wrong")] {
            assert_eq!(read(&file, password), CertificateError::DoesNotOpen);
        }
        assert_eq!(
            read(&file[..file.len() / 2], Some("open")),
            CertificateError::DoesNotOpen
        );
        files.openssl(&[
            "pkcs8",
            "-topk8",
            "-in",
            "key.pem",
            "-passout",
            "pass:x",
            "-out",
            "locked.pem",
        ]);
        let locked = files.read(&["certificate.pem", "locked.pem"]);
        assert_eq!(read(&locked, None), CertificateError::EncryptedPem);
        let curve = Files::new(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        assert_eq!(
            read(&curve.read(&["certificate.pem", "key.pem"]), None),
            CertificateError::NotRsa
        );
    }

    #[test]
    fn neither_key_nor_certificate_is_shown() {
        let files = Files::rsa();
        let read = ClientCertificate::read(&files.read(&["certificate.pem", "key.pem"]), None);
        let shown = format!("{:?}", read.unwrap());
        assert!(
            shown.starts_with("ClientCertificate { not_after: ") && shown.len() < 90,
            "{shown}"
        );
    }
}
