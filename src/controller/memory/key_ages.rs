//! Since when each key is in its Secret, as the Secret itself records it and the last reconcile has read it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use crate::{api::names::annotation, kubernetes::secrets::FoundSecret};

/// Times by the UID of the `SshKey`.
#[derive(Debug, Default)]
pub(in crate::controller) struct KeyAges(Mutex<HashMap<String, Timestamp>>);

impl KeyAges {
    /// The object's Secret was read. One that is somebody else's says nothing of this object's key.
    pub(in crate::controller) fn read(&self, uid: &str, found: Option<&FoundSecret>) {
        let mut ages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match found.and_then(|secret| created_at(secret, uid)) {
            Some(time) => drop(ages.insert(uid.to_owned(), time)),
            None => drop(ages.remove(uid)),
        }
    }

    /// Forgets an object that is gone.
    pub(in crate::controller) fn forget(&self, uid: &str) {
        self.read(uid, None);
    }

    /// How many there are.
    pub(in crate::controller) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The earliest time of these objects.
    pub(in crate::controller) fn oldest<'a>(
        &self,
        uids: impl Iterator<Item = &'a str>,
    ) -> Option<Timestamp> {
        let ages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        uids.filter_map(|uid| ages.get(uid).copied()).min()
    }
}

fn created_at(secret: &FoundSecret, uid: &str) -> Option<Timestamp> {
    let annotations = secret.meta.annotations.as_ref()?;
    if annotations.get(annotation::OWNER_UID)? != uid {
        return None;
    }
    annotations.get(annotation::CREATED_AT)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    use super::*;

    fn secret(owner: &str, created: &str) -> FoundSecret {
        let annotations = [
            (annotation::OWNER_UID, owner),
            (annotation::CREATED_AT, created),
        ];
        FoundSecret {
            meta: ObjectMeta {
                annotations: Some(
                    annotations
                        .map(|(name, value)| (name.to_owned(), value.to_owned()))
                        .into(),
                ),
                ..ObjectMeta::default()
            },
            private: None,
            public: None,
            immutable: false,
            is_well_formed: true,
        }
    }

    #[test]
    fn the_oldest_is_among_the_objects_that_are_asked_for_and_whose_secret_is_theirs() {
        let ages = KeyAges::default();
        ages.read("a", Some(&secret("a", "2025-01-01T00:00:00Z")));
        ages.read("b", Some(&secret("b", "2026-01-01T00:00:00Z")));
        ages.read("c", Some(&secret("somebody", "2020-01-01T00:00:00Z")));
        ages.read("d", Some(&secret("d", "long ago")));
        let oldest = |uids: &[&str]| {
            ages.oldest(uids.iter().copied())
                .map(|time| time.to_string())
        };
        let first = Some("2025-01-01T00:00:00Z".to_owned());
        assert_eq!(oldest(&["a", "b", "c", "d"]), first);
        assert_eq!(oldest(&["b"]), Some("2026-01-01T00:00:00Z".to_owned()));
        assert_eq!(oldest(&["c", "d", "e"]), None);
        ages.forget("a");
        assert_eq!(oldest(&["a"]), None);
    }
}
