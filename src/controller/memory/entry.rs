//! What is kept of one object.

use std::{sync::Arc, time::Instant};

use jiff::Timestamp;

use crate::{
    azure::{CertificateError, ClientCertificate},
    controller::{
        memory::{
            backoff::Backoff, deferred_steps::DeferredStep, hearing::Hearing, opened::Opened,
            own_writes::OwnWrite, patience::Patience, settled_secret::SettledSecret,
            tag_repairs::TagRepairs,
        },
        store_id::StoreId,
    },
    keys::{KeyError, PublicKey},
};

/// A user's key as it was opened: the public half only.
pub(in crate::controller) type OpenedSource = Opened<PublicKey, KeyError>;
/// A store's client certificate as it was opened.
pub(in crate::controller) type OpenedCertificate = Opened<Arc<ClientCertificate>, CertificateError>;

/// The object of this UID, and what is kept of it.
#[derive(Debug)]
pub(in crate::controller) struct Entry {
    pub(in crate::controller) uid: String,
    pub(in crate::controller) kept: Kept,
}

/// What is kept of one object. Most objects have few of these parts, so the large ones are boxed.
#[derive(Debug, Default)]
pub(in crate::controller) struct Kept {
    /// Whether a reconcile has begun, and the end of the object was not seen.
    pub(in crate::controller) is_present: bool,
    /// Whether this operator takes its finalizer away, until the watch tells that the object is gone.
    pub(in crate::controller) is_released: bool,
    /// When it is reconciled again, if nothing else wakes it before.
    pub(in crate::controller) due: Option<Instant>,
    /// What the watches have shown since its reconcile began, while that is at work; after it, what they have yet to show.
    pub(in crate::controller) hearing: Option<Box<Hearing>>,
    pub(in crate::controller) own_write: Option<OwnWrite>,
    pub(in crate::controller) source: Option<Box<OpenedSource>>,
    pub(in crate::controller) certificate: Option<Box<OpenedCertificate>>,
    /// What its Secret said when it was read last, if nothing was to be done.
    pub(in crate::controller) secret: Option<Box<SettledSecret>>,
    /// Since when the key is in its Secret.
    pub(in crate::controller) key_since: Option<Timestamp>,
    pub(in crate::controller) backoff: Option<Box<Backoff>>,
    pub(in crate::controller) patience: Option<Patience>,
    pub(in crate::controller) tag_repairs: Option<Box<TagRepairs>>,
    pub(in crate::controller) deferred_steps: Vec<DeferredStep>,
    /// When what others had written into its status was removed.
    pub(in crate::controller) status_cleared: Option<Box<Instant>>,
    /// The store that is held for it and that it does not name yet.
    pub(in crate::controller) held_store: Option<Box<StoreId>>,
}

impl Kept {
    /// Drops what is of use only as long as the object exists.
    pub(in crate::controller) fn forget(&mut self) {
        *self = Self {
            is_present: self.is_present,
            is_released: self.is_released,
            hearing: self.hearing.take().filter(|hearing| hearing.is_at_work),
            ..Self::default()
        };
    }

    /// The parts that exist, by the name under which the metric counts them.
    pub(in crate::controller) fn parts(&self) -> [(&'static str, bool); 15] {
        let hearing = self.hearing.as_ref();
        let is_at_work = hearing.is_some_and(|hearing| hearing.is_at_work);
        let awaits = hearing.is_some_and(|hearing| !hearing.is_at_work);
        [
            ("objects", self.is_present),
            ("due", self.due.is_some()),
            ("at_work", is_at_work),
            ("own_writes", self.own_write.is_some() || awaits),
            ("sources", self.source.is_some()),
            ("certificates", self.certificate.is_some()),
            ("secrets", self.secret.is_some()),
            ("key_ages", self.key_since.is_some()),
            ("backoffs", self.backoff.is_some()),
            ("patience", self.patience.is_some()),
            ("tag_repairs", self.tag_repairs.is_some()),
            ("refusals", !self.deferred_steps.is_empty()),
            ("cleared_statuses", self.status_cleared.is_some()),
            ("released", self.is_released),
            ("store_holds", self.held_store.is_some()),
        ]
    }

    /// Whether it waits for something that it needs.
    pub(in crate::controller) fn is_in_trouble(&self) -> bool {
        self.backoff.is_some() || self.patience.is_some() || !self.deferred_steps.is_empty()
    }

    /// Whether nothing is kept.
    pub(in crate::controller) fn is_empty(&self) -> bool {
        self.parts().iter().all(|(_, exists)| !exists)
    }
}
