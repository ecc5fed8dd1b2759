//! What was opened.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::azure::{CertificateError, ClientCertificate};

/// What came of opening the certificates of stores, refusals too, by the UID of the store: to open PKCS #12 takes seconds by
/// design, and is not done again while nothing has changed.
#[derive(Debug, Default)]
pub(in crate::controller) struct Certificates(Mutex<HashMap<String, Opened>>);

/// Which entries at which versions, and what is in them.
pub(in crate::controller) type Opened = (String, Result<Arc<ClientCertificate>, CertificateError>);

impl Certificates {
    pub(in crate::controller) fn known(
        &self,
        uid: &str,
        version: &str,
    ) -> Option<Result<Arc<ClientCertificate>, CertificateError>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, opened) = known.get(uid)?;
        (of == version).then(|| opened.clone())
    }

    pub(in crate::controller) fn remember(&self, uid: &str, opened: Opened) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(uid.to_owned(), opened);
    }

    /// The store is gone.
    pub(in crate::controller) fn forget(&self, uid: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(uid);
    }

    /// How many there are.
    pub(in crate::controller) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
