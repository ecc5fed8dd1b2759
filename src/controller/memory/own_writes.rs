//! What the operator itself wrote last of an object, until the watch has caught up with it: a reconcile must not decide, or
//! count time, from a state that it has already left.

use kube::ResourceExt;

use crate::{api::SshKey, controller::memory::watched_key::WatchedKey};

/// An object as the API server answered to a write.
#[derive(Debug)]
pub(in crate::controller) struct OwnWrite(Box<WatchedKey>);

impl OwnWrite {
    /// Keeps of an answer what the operator reads.
    pub(in crate::controller) fn new(object: SshKey) -> Self {
        Self(Box::new(object.into()))
    }

    /// The object as it was written; `None` for one that can't be unpacked.
    pub(in crate::controller) fn object(&self) -> Option<SshKey> {
        self.0.read().ok()
    }

    /// Whether the watch has not caught up with it.
    pub(in crate::controller) fn is_newer_than(&self, seen: &impl ResourceExt) -> bool {
        version(&*self.0) > version(seen)
    }
}

/// Resource versions of one resource are numbers that grow.
/// <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions>
fn version(object: &impl ResourceExt) -> Option<u128> {
    object.resource_version()?.parse().ok()
}
