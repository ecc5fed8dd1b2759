//! What the operator itself wrote last of an object, until the watch has caught up with it: a reconcile must not decide, or
//! count time, from a state that it has already left.

use std::sync::Arc;

use kube::ResourceExt;

use crate::{api::SshKey, kubernetes::cut::cut};

/// An object as the API server answered to a write.
#[derive(Debug)]
pub(in crate::controller) struct OwnWrite {
    object: Arc<SshKey>,
    /// Whether the reconcile that wrote it had nothing more to do.
    pub(in crate::controller) is_decided: bool,
}

impl OwnWrite {
    /// Keeps of an answer what the operator reads.
    pub(in crate::controller) fn new(mut object: SshKey) -> Self {
        cut(&mut object);
        Self {
            object: Arc::new(object),
            is_decided: false,
        }
    }

    /// The object as it was written.
    pub(in crate::controller) fn object(&self) -> Arc<SshKey> {
        Arc::clone(&self.object)
    }
}

/// Whether one state of an object is newer than another that a watch knows.
pub(in crate::controller) fn is_newer(one: &SshKey, seen: &impl ResourceExt) -> bool {
    one.metadata.uid == seen.meta().uid && version(one) > version(seen)
}

/// Resource versions of one resource are numbers that grow.
/// <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions>
pub(in crate::controller) fn version(object: &impl ResourceExt) -> Option<u128> {
    object.resource_version()?.parse().ok()
}
