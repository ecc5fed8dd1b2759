//! The signing keys of the issuers of federated tokens, fetched over HTTPS and kept until an unknown key id comes.

use std::{collections::HashMap, fs, io, path::PathBuf, time::Duration};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use parking_lot::Mutex;
use reqwest::{Certificate, Client};
use serde::Deserialize;

use crate::config::TrustedIssuer;

/// An issuer that takes longer is down.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why an issuer's CA can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrustError {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("issuer {url}: {source}")]
    Certificate { url: String, source: reqwest::Error },
}

pub(crate) struct IssuerKeys {
    /// By issuer; the others are dialled with `standard`.
    clients: HashMap<String, Client>,
    standard: Client,
    cache: Mutex<HashMap<String, JwkSet>>,
}

#[derive(Deserialize)]
struct Configuration {
    jwks_uri: String,
}

impl IssuerKeys {
    pub(crate) fn new(issuers: &[TrustedIssuer]) -> Result<Self, TrustError> {
        let failed = |url: &str, source| TrustError::Certificate {
            url: url.to_owned(),
            source,
        };
        let mut clients = HashMap::new();
        for issuer in issuers {
            let mut builder = Client::builder().timeout(TIMEOUT).https_only(true);
            if let Some(pem) = ca_pem(issuer)? {
                let roots = Certificate::from_pem_bundle(&pem)
                    .map_err(|source| failed(&issuer.url, source))?;
                builder = builder.tls_certs_only(roots);
            }
            clients.insert(
                issuer.url.clone(),
                builder
                    .build()
                    .map_err(|source| failed(&issuer.url, source))?,
            );
        }
        let standard = Client::builder()
            .timeout(TIMEOUT)
            .https_only(true)
            .build()
            .map_err(|source| failed("any", source))?;
        Ok(Self {
            clients,
            standard,
            cache: Mutex::new(HashMap::new()),
        })
    }

    /// The key with this id; without an id, the issuer's only key.
    pub(crate) async fn find(
        &self,
        issuer: &str,
        key_id: Option<&str>,
    ) -> Result<Option<Jwk>, reqwest::Error> {
        let cached = self
            .cache
            .lock()
            .get(issuer)
            .and_then(|keys| pick(keys, key_id));
        if cached.is_some() {
            return Ok(cached);
        }
        let client = self.clients.get(issuer).unwrap_or(&self.standard);
        let url = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        let configuration: Configuration = client
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let keys: JwkSet = client
            .get(configuration.jwks_uri)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let found = pick(&keys, key_id);
        self.cache.lock().insert(issuer.to_owned(), keys);
        Ok(found)
    }
}

fn pick(keys: &JwkSet, key_id: Option<&str>) -> Option<Jwk> {
    match (key_id, keys.keys.as_slice()) {
        (Some(id), _) => keys.find(id).cloned(),
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
    }
}

fn ca_pem(issuer: &TrustedIssuer) -> Result<Option<Vec<u8>>, TrustError> {
    if let Some(pem) = &issuer.ca_pem {
        return Ok(Some(pem.clone().into_bytes()));
    }
    let read = |path: &PathBuf| {
        fs::read(path).map_err(|source| TrustError::File {
            path: path.clone(),
            source,
        })
    };
    issuer.ca_file.as_ref().map(read).transpose()
}
