//! Every public key that was ever sent to Azure: whether its private half was stored in the cluster by then, and whose it
//! is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arm_emulator::{Interceptor, RequestInfo, Verdict, VerdictFuture};
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, ResourceExt, api::ListParams};
use sshkey_operator::{
    api::names::{label, tag},
    keys::{KeyPair, PublicKey},
};

use super::faults::Faults;

/// Private halves are in Secrets with these roles; in those of outputs, copies.
const ROLES: &str = "managed,staging,previous";

/// A key that was sent to Azure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Published {
    /// The name of its `SshKey`.
    pub(super) object: String,
    /// The UID of its `SshKey`.
    pub(super) uid: String,
    pub(super) fingerprint: String,
}

/// What was sent to Azure.
pub(super) struct Ledger {
    secrets: Api<Secret>,
    faults: Arc<Faults>,
    published: Mutex<BTreeSet<Published>>,
    /// What was sent before it was stored.
    too_early: Mutex<Vec<String>>,
}

impl Ledger {
    pub(super) fn new(secrets: Api<Secret>, faults: Arc<Faults>) -> Arc<Self> {
        Arc::new(Self {
            secrets,
            faults,
            published: Mutex::default(),
            too_early: Mutex::default(),
        })
    }

    pub(super) fn published(&self) -> BTreeSet<Published> {
        let published = self.published.lock();
        published.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn too_early(&self) -> Vec<String> {
        let early = self.too_early.lock();
        early.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn enter(&self, request: &RequestInfo) {
        let Some(published) = sent(request) else {
            return;
        };
        // The API server may be away at this moment; the request waits.
        for _ in 0..60 {
            match self.is_stored(&published).await {
                Ok(true) => break,
                Ok(false) => {
                    let mut early = self
                        .too_early
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner);
                    early.push(format!("{} of {}", published.fingerprint, published.object));
                    break;
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
            }
        }
        let mut all = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.insert(published);
    }

    async fn is_stored(&self, published: &Published) -> kube::Result<bool> {
        let holds = |secret: &Secret| fingerprints(secret).contains(&published.fingerprint);
        // Nearly always it is in the Secret of the object's name.
        if let Some(secret) = self.secrets.get_opt(&published.object).await?
            && holds(&secret)
        {
            return Ok(true);
        }
        Ok(stored(&self.secrets).await?.iter().any(holds))
    }
}

impl Interceptor for Ledger {
    fn before<'a>(&'a self, request: &'a RequestInfo) -> VerdictFuture<'a> {
        Box::pin(async move {
            let verdict = self.faults.before(request).await;
            if verdict == Verdict::Continue && request.is_arm_write() {
                self.enter(request).await;
            }
            verdict
        })
    }

    fn after<'a>(&'a self, request: &'a RequestInfo, _: u16) -> VerdictFuture<'a> {
        Box::pin(std::future::ready(self.faults.after(request)))
    }
}

/// The Secrets that hold private keys.
pub(super) async fn stored(secrets: &Api<Secret>) -> kube::Result<Vec<Secret>> {
    let ours = format!("{} in ({ROLES})", label::SECRET_ROLE);
    let all = secrets.list(&ListParams::default().labels(&ours)).await?;
    Ok(all.items)
}

/// The fingerprints of the private keys in a Secret.
pub(super) fn fingerprints(secret: &Secret) -> BTreeSet<String> {
    let data = secret.data.iter().flatten();
    data.filter_map(|(_, value)| KeyPair::read(&value.0, None).ok())
        .map(|pair| pair.public_key().fingerprint().to_string())
        .collect()
}

/// The key that a request sends, and the object that its tags name.
fn sent(request: &RequestInfo) -> Option<Published> {
    let body = request.body.as_ref()?;
    let line = body["properties"]["publicKey"].as_str()?;
    let key = PublicKey::parse(line).ok()?;
    let value = |name: &str| body["tags"][name].as_str().unwrap_or_default().to_owned();
    Some(Published {
        object: value(tag::OBJECT),
        uid: value(tag::UID),
        fingerprint: key.fingerprint().to_string(),
    })
}

/// The private keys that are stored, by fingerprint, and the Secrets that hold them.
pub(super) fn by_fingerprint(secrets: &[Secret]) -> BTreeMap<String, String> {
    let of = |secret: &Secret| {
        let name = secret.name_any();
        let all = fingerprints(secret).into_iter();
        all.map(move |fingerprint| (fingerprint, name.clone()))
            .collect::<Vec<_>>()
    };
    secrets.iter().flat_map(of).collect()
}
