//! Since when a key is in its Secret, as the Secret itself records it and the last reconcile has read it.

use jiff::Timestamp;

use crate::{api::names::annotation, kubernetes::secrets::FoundSecret};

/// When the key came into the Secret, if the Secret is that of this object: another object's says nothing of its key.
pub(in crate::controller) fn created_at(secret: &FoundSecret, uid: &str) -> Option<Timestamp> {
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
    fn only_the_own_secret_says_since_when_the_key_is_in_it() {
        let of = |owner, created| {
            let time = created_at(&secret(owner, created), "a");
            time.map(|time| time.to_string())
        };
        let time = "2025-01-01T00:00:00Z";
        assert_eq!(of("a", time), Some(time.to_owned()));
        assert_eq!(of("somebody", time), None);
        assert_eq!(of("a", "long ago"), None);
    }
}
