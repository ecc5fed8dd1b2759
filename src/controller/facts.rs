//! From what was read to what is decided upon.

use jiff::Timestamp;
use kube::ResourceExt;

use crate::{
    api::{
        SshKey,
        names::{FINALIZER, annotation, label},
    },
    azure::{AzureError, Seen, SshPublicKey, View},
    keys::{KeyPair, PublicKey},
    kubernetes::{KubernetesError, secrets},
    plan::{
        AzureKey, Failure, Freshness, Group, KeyView, ObjectFacts, SecretFacts, SecretKey,
        SecretView, parse_records,
    },
};

/// What an `SshKey` says of itself.
pub(super) fn object(object: &SshKey) -> ObjectFacts {
    let uid = object.uid().unwrap_or_default();
    let annotations = object.annotations();
    ObjectFacts {
        deleting_since: object
            .metadata
            .deletion_timestamp
            .as_ref()
            .map(|time| time.0),
        has_finalizer: object
            .finalizers()
            .iter()
            .any(|finalizer| finalizer == FINALIZER),
        records: parse_records(annotations.get(annotation::AZURE_KEYS).map(String::as_str)),
        abandoned: annotations
            .get(annotation::ABANDON)
            .is_some_and(|value| *value == uid),
        reported_fingerprint: object
            .status
            .as_ref()
            .and_then(|status| status.fingerprint.as_deref())
            .and_then(|fingerprint| fingerprint.parse().ok()),
        uid,
    }
}

/// What a Secret says. Reading an RSA key and proving it takes milliseconds: not for the async threads.
pub(super) async fn secret(found: Option<secrets::FoundSecret>) -> SecretView {
    let Some(found) = found else {
        return SecretView::Absent;
    };
    let read = tokio::task::spawn_blocking(move || secret_facts(&found));
    match read.await {
        Ok(facts) => SecretView::Present(Box::new(facts)),
        // The blocking pool only fails at shutdown, when nothing more is decided upon this.
        Err(_) => SecretView::Absent,
    }
}

fn secret_facts(found: &secrets::FoundSecret) -> SecretFacts {
    let annotations = found.meta.annotations.clone().unwrap_or_default();
    let text = |name: &str| annotations.get(name).cloned();
    let key = match found.private.as_ref().filter(|bytes| !bytes.is_empty()) {
        None => SecretKey::Missing,
        Some(bytes) => match KeyPair::from_openssh(bytes) {
            Ok(pair) => SecretKey::Readable(pair.public_key()),
            Err(error) => SecretKey::Unreadable(error.to_string()),
        },
    };
    let public_entry_matches = match (&key, &found.public) {
        (SecretKey::Readable(key), Some(entry)) => *entry == secrets::public_entry(key),
        _ => false,
    };
    SecretFacts {
        uid: found.meta.uid.clone().unwrap_or_default(),
        resource_version: found.meta.resource_version.clone().unwrap_or_default(),
        labelled: found.meta.labels.as_ref().is_some_and(|labels| {
            labels.get(label::SECRET_ROLE).map(String::as_str) == Some(label::ROLE_MANAGED)
        }),
        owner_name: text(annotation::OWNER_NAME),
        owner_uid: text(annotation::OWNER_UID),
        recorded: text(annotation::FINGERPRINT).and_then(|fingerprint| fingerprint.parse().ok()),
        key,
        public_entry_matches,
    }
}

/// What is known of a place in Azure.
pub(super) fn azure(view: View) -> KeyView {
    match view {
        View::Listed(seen) => seen_as(&seen, Freshness::Listed),
        View::Written(seen) => seen_as(&seen, Freshness::Written),
    }
}

/// What was seen in Azure, and how.
pub(super) fn seen_as(seen: &Seen, freshness: Freshness) -> KeyView {
    match seen {
        Seen::Present(key) => KeyView::Present {
            key: azure_key(key),
            freshness,
        },
        Seen::Absent => KeyView::Absent {
            group: Group::Exists,
            freshness,
        },
        Seen::GroupAbsent => KeyView::Absent {
            group: Group::Missing,
            freshness,
        },
    }
}

fn azure_key(key: &SshPublicKey) -> AzureKey {
    AzureKey {
        location: key.location.clone(),
        tags: key.tags.clone().unwrap_or_default(),
        public_key: match &key.properties.public_key {
            None => Err("there is no key in it".to_owned()),
            Some(text) => PublicKey::parse(text).map_err(|error| error.to_string()),
        },
    }
}

/// What an error of Azure comes to.
pub(super) fn azure_failure(error: &AzureError) -> Failure {
    Failure {
        class: error.class(),
        reason: error.reason(),
        message: error.to_string(),
    }
}

/// What an error of the API server comes to.
pub(super) fn kubernetes_failure(error: &KubernetesError) -> Failure {
    Failure {
        class: error.class(),
        reason: error.reason(),
        message: error.to_string(),
    }
}

/// The clock, read at the edge and handed in as a value.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
