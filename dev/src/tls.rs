//! The certificates of a run: authorities of its own, and what they sign.

use std::{fs, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Context;
use jiff::Zoned;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};

/// An authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its private key, both PEM.
#[derive(Clone)]
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The private key, PKCS #8.
    pub key: String,
}

impl Authority {
    /// A new authority.
    ///
    /// # Errors
    /// When the crypto library fails.
    pub fn new(name: &str) -> anyhow::Result<Self> {
        let mut params = params(&[], name, None)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().context("generate an authority's key")?;
        let issuer =
            CertifiedIssuer::self_signed(params, key).context("sign an authority's certificate")?;
        Ok(Self { issuer })
    }

    /// Its certificate, PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server's certificate for `hosts`: names and IP addresses.
    ///
    /// # Errors
    /// When a host can't be written into a certificate, or the crypto library fails.
    pub fn server(&self, name: &str, hosts: &[&str]) -> anyhow::Result<Identity> {
        self.sign(
            params(hosts, name, None)?,
            ExtendedKeyUsagePurpose::ServerAuth,
        )
    }

    /// A client's certificate: to Kubernetes a user of the group.
    ///
    /// # Errors
    /// When the crypto library fails.
    pub fn client(&self, user: &str, group: &str) -> anyhow::Result<Identity> {
        self.sign(
            params(&[], user, Some(group))?,
            ExtendedKeyUsagePurpose::ClientAuth,
        )
    }

    fn sign(
        &self,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
    ) -> anyhow::Result<Identity> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().context("generate a certificate's key")?;
        let certificate = params
            .signed_by(&key, &self.issuer)
            .context("sign a certificate")?;
        Ok(Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }
}

/// Valid from yesterday, since clocks differ, to next year, since no run lasts that long.
fn params(hosts: &[&str], name: &str, group: Option<&str>) -> anyhow::Result<CertificateParams> {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(hosts).context("describe a certificate")?;
    let mut subject = DistinguishedName::new();
    if let Some(group) = group {
        subject.push(DnType::OrganizationName, group);
    }
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    let today = Zoned::now().date();
    let day = |date: jiff::civil::Date| {
        date_time_ymd(
            date.year().into(),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    };
    params.not_before = day(today.yesterday().context("yesterday")?);
    params.not_after = day(today
        .checked_add(jiff::Span::new().years(1))
        .context("next year")?);
    Ok(params)
}

/// Writes a file that only its owner can read.
///
/// # Errors
/// When the file can't be written.
pub fn write_private(path: &Path, content: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("create {}", path.display()))?;
    file.write_all(content.as_bytes())
        .with_context(|| format!("write {}", path.display()))
}
