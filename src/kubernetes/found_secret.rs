//! The managed Secret as it was read.

use std::fmt;

use k8s_openapi::api::core::v1::Secret;
use kube::api::ObjectMeta;
use zeroize::{Zeroize, Zeroizing};

use crate::api::names::{SECRET_TYPE, data_key};

/// A Secret as it was read: what it says, and the two entries that matter. `Debug` shows no content.
pub struct FoundSecret {
    /// Its metadata.
    pub meta: ObjectMeta,
    /// Its entry `ssh-privatekey`.
    pub private: Option<Zeroizing<Vec<u8>>>,
    /// Its entry `ssh-publickey`.
    pub public: Option<Vec<u8>>,
    /// Whether it is of a managed Secret's type and holds no other entries.
    pub is_well_formed: bool,
    /// Whether its content is immutable.
    pub immutable: bool,
}

impl fmt::Debug for FoundSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundSecret")
            .field("name", &self.meta.name)
            .finish_non_exhaustive()
    }
}

impl From<Secret> for FoundSecret {
    fn from(secret: Secret) -> Self {
        let mut data = secret.data.unwrap_or_default();
        let private = data
            .remove(data_key::PRIVATE)
            .map(|bytes| Zeroizing::new(bytes.0));
        let public = data.remove(data_key::PUBLIC).map(|bytes| bytes.0);
        for other in data.values_mut() {
            other.0.zeroize();
        }
        Self {
            meta: secret.metadata,
            private,
            public,
            immutable: secret.immutable == Some(true),
            is_well_formed: secret.type_.as_deref() == Some(SECRET_TYPE) && data.is_empty(),
        }
    }
}

/// While an object is being deleted: the finalizers that hold it.
pub fn held_by(meta: &ObjectMeta) -> Option<Vec<String>> {
    meta.deletion_timestamp.as_ref()?;
    Some(meta.finalizers.clone().unwrap_or_default())
}
