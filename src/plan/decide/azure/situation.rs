//! What the evaluation of the key in Azure starts from.

use crate::{
    keys::PublicKey,
    plan::{
        desired::{azure::Target, resolve::Desired},
        observed::{
            azure::{AzureKey, KeyView},
            snapshot::Observed,
        },
        records::azure::AzureRecord,
    },
};

/// A place in Azure where the key is wanted.
#[derive(Clone, Copy)]
pub(crate) struct Situation<'a> {
    pub(crate) desired: &'a Desired,
    pub(crate) observed: &'a Observed,
    pub(crate) target: &'a Target,
    /// The key that is to be there; `None` while it is yet to be made.
    pub(crate) stored: Option<&'a PublicKey>,
}

impl<'a> Situation<'a> {
    /// What is known of the place, if the object has a key there.
    pub(crate) fn record(&self) -> Option<&'a AzureRecord> {
        self.observed.record(&self.target.id)
    }

    /// What a look at the place has shown, if there was one.
    pub(crate) fn view(&self) -> Option<&'a KeyView> {
        self.observed.azure.get(&self.target.id)
    }

    /// The key there.
    pub(crate) fn key(&self) -> Option<&'a AzureKey> {
        match self.view()? {
            KeyView::Present { key, .. } => Some(key),
            KeyView::Absent { .. } | KeyView::Unknown(_) => None,
        }
    }
}
