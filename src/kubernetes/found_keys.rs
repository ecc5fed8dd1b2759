//! A Secret beside a managed one, of the next key or of former ones, as it was read.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::api::ObjectMeta;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::keys::Fingerprint;

/// A Secret beside a managed one as it was read. `Debug` shows no content.
pub struct FoundKeys {
    /// Its metadata.
    pub meta: ObjectMeta,
    /// The private keys in it, by their names.
    pub keys: BTreeMap<String, Zeroizing<Vec<u8>>>,
    /// Whether its content is immutable.
    pub immutable: bool,
}

impl fmt::Debug for FoundKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundKeys")
            .field("name", &self.meta.name)
            .finish_non_exhaustive()
    }
}

impl From<Secret> for FoundKeys {
    fn from(secret: Secret) -> Self {
        let mut keys = BTreeMap::new();
        for (name, mut bytes) in secret.data.unwrap_or_default() {
            if is_key_name(&name) {
                keys.insert(name, Zeroizing::new(bytes.0));
            } else {
                bytes.0.zeroize();
            }
        }
        Self {
            immutable: secret.immutable == Some(true),
            meta: secret.metadata,
            keys,
        }
    }
}

fn is_key_name(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What is recorded of a former key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FormerRecord {
    /// Name of its entry.
    pub key: String,
    /// Which one it was, from 1.
    pub revision: u32,
    /// Since when it is a former one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Timestamp>,
}

impl FormerRecord {
    /// The record of a key.
    pub fn new(key: &Fingerprint, revision: u32, retired_at: Option<Timestamp>) -> Self {
        Self {
            key: key.short_hex(),
            revision,
            retired_at,
        }
    }
}

/// The records in an annotation; none where somebody has made it unreadable.
pub fn parse_former(annotation: Option<&str>) -> Vec<FormerRecord> {
    annotation
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}
