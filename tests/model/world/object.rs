//! The `SshKey`: its metadata, and its status.

use crate::world::{azure::PLACES, few::Few};

/// A key pair, by number.
pub(crate) type Key = u8;

/// The UID of an object, by number: 1 is that of the first, and each that is restored or created again has the next.
pub(crate) type Uid = u8;

/// The UID of an object of this name that lives in another cluster with the same cluster ID.
pub(crate) const TWIN: Uid = 9;

/// What the spec asks for beside the place in Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Spec {
    /// A key that is generated, kept and published; nothing is taken over.
    Plain,
    /// The same, and what is nobody's is taken over, in Azure and in the cluster.
    Adopt,
    /// The same as plain, and the Secrets go with the object.
    Delete,
    /// The key that is in Azure already: it is followed.
    Follow,
}

/// Whose store the object publishes through, and what that lets it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Store {
    /// The namespace's own.
    Own,
    /// The cluster's: keys may have any name in its group.
    Wide,
    /// The cluster's: keys have the name that the template makes.
    Narrow,
    /// The cluster's, and not open to the namespace.
    Closed,
}

/// The `SshKey`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    pub(crate) exists: bool,
    pub(crate) uid: Uid,
    pub(crate) spec: Spec,
    /// Which place in Azure is wanted.
    pub(crate) wanted: u8,
    pub(crate) deleting: bool,
    /// The last request; 0 is none.
    pub(crate) request: u8,
    pub(crate) metadata: Metadata,
    pub(crate) status: Option<Status>,
}

/// What the operator writes into the metadata, and everybody may change there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Metadata {
    pub(crate) finalizer: bool,
    /// The places in Azure that are recorded.
    pub(crate) hints: [Option<Hinted>; PLACES],
    pub(crate) recorded_uid: Option<Uid>,
    /// Whether Secrets beside the managed one are recorded.
    pub(crate) may_have_secrets: bool,
    /// The requests that were acted upon.
    pub(crate) handled: Few<u8, 4>,
}

/// What the metadata says of a place in Azure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Hinted {
    /// Whether the key there was taken over.
    pub(crate) adopted: bool,
    /// Whether it stays when its object goes.
    pub(crate) stays: bool,
}

/// The status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Status {
    /// For which object it was written.
    pub(crate) of: Uid,
    /// Fingerprint and revision.
    pub(crate) reported: Option<(Key, u32)>,
    /// The former keys, and the next one, that it names.
    pub(crate) former: Few<Key, 10>,
    pub(crate) pending: Option<Key>,
    /// The requests that were acted upon.
    pub(crate) handled: Few<u8, 4>,
    /// The place in Azure that is shown.
    pub(crate) shown: Option<u8>,
    /// The places in Azure that are listed.
    pub(crate) places: [Option<Listed>; PLACES],
}

/// A place that a status lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Listed {
    pub(crate) is_leaving: bool,
    pub(crate) origin: Came,
    pub(crate) stays: bool,
}

/// How an object came to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Came {
    Created,
    Adopted,
    Found,
}

impl Object {
    /// The status, if it was written for this very object.
    pub(crate) fn own_status(&self) -> Option<&Status> {
        self.status.as_ref().filter(|status| status.of == self.uid)
    }

    /// What the status says of a place.
    pub(crate) fn listed(&self, place: usize) -> Option<Listed> {
        self.own_status()?.places[place]
    }

    /// Whether the key in Azure is the source.
    pub(crate) fn follows(&self) -> bool {
        self.spec == Spec::Follow
    }

    /// Whether a request was acted upon, as far as the object remembers.
    pub(crate) fn was_handled(&self, request: u8) -> bool {
        let told = self
            .own_status()
            .is_some_and(|status| status.handled.has(request));
        told || self.metadata.handled.has(request)
    }
}
