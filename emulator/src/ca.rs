//! The emulator's own certificate authority and its server certificate.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// File names in the data directory.
const CA_FILE: &str = "ca.pem";
const CA_KEY_FILE: &str = "ca.key";

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// A certificate or key could not be made, or a stored key could not be read.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refused the certificate.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A file of the data directory could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A CA: its certificate as PEM text and the key that signs.
pub(crate) struct Ca {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    /// A CA that lives in memory only.
    pub(crate) fn create() -> Result<Self, CaError> {
        let key = KeyPair::generate()?;
        let pem = ca_params().self_signed(&key)?.pem();
        Ok(Self {
            pem,
            issuer: Issuer::new(ca_params(), key),
        })
    }

    /// The CA kept in `directory`; made and written there when there is none yet.
    pub(crate) fn load_or_create(directory: &Path) -> Result<Self, CaError> {
        let (pem_path, key_path) = (directory.join(CA_FILE), directory.join(CA_KEY_FILE));
        if pem_path.exists() && key_path.exists() {
            let read = |path: &Path| {
                fs::read_to_string(path).map_err(|source| CaError::File {
                    path: path.to_owned(),
                    source,
                })
            };
            let pem = read(&pem_path)?;
            let key = KeyPair::from_pem(&read(&key_path)?)?;
            // The subject and the key identifier follow from the constant parameters and the key, so they are those of the stored certificate.
            return Ok(Self {
                pem,
                issuer: Issuer::new(ca_params(), key),
            });
        }
        let ca = Self::create()?;
        fs::create_dir_all(directory).map_err(|source| CaError::File {
            path: directory.to_owned(),
            source,
        })?;
        write(&key_path, &ca.issuer.key().serialize_pem(), 0o600)?;
        write(&pem_path, &ca.pem, 0o644)?;
        Ok(ca)
    }

    /// Where [`Self::load_or_create`] keeps the certificate.
    pub(crate) fn file(directory: &Path) -> PathBuf {
        directory.join(CA_FILE)
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// TLS settings with a fresh server certificate for these hosts. HTTP/1.1 only, as ARM's clients here use.
    pub(crate) fn server_config(&self, hosts: &[String]) -> Result<Arc<ServerConfig>, CaError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(hosts)?;
        params.distinguished_name = named("localhost");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Python 3.13 refuses a certificate without it.
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("arm-emulator CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    params
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), CaError> {
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| CaError::File {
            path: path.to_owned(),
            source,
        })
}
