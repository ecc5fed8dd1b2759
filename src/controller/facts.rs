//! From what was read to what is decided upon.

use jiff::Timestamp;
use kube::ResourceExt;

use crate::{
    api::{
        SshKey,
        names::{FINALIZER, annotation, label},
        output_ref::parse_outputs,
    },
    azure::{AzureError, Seen, SshPublicKey, View},
    keys::{KeyPair, PublicKey},
    kubernetes::{KubernetesError, secrets},
    plan::{
        AzureKey, Failure, Freshness, Group, KeyView, ObjectFacts, RotationRecord, SecretFacts,
        SecretKey, SecretView, parse_records,
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
        outputs: parse_outputs(annotations.get(annotation::OUTPUTS).map(String::as_str)),
        abandoned: annotations
            .get(annotation::ABANDON)
            .is_some_and(|value| *value == uid),
        rotation: RotationRecord::parse(annotations.get(annotation::ROTATION).map(String::as_str)),
        recorded_uid: annotations.get(annotation::RECORDED_UID).cloned(),
        rotate_requested: annotations
            .get(annotation::ROTATE_REQUESTED_AT)
            .filter(|value| !value.is_empty() && value.len() <= REQUEST_MAX)
            .cloned(),
        activate: annotations
            .get(annotation::ACTIVATE)
            .and_then(|fingerprint| fingerprint.trim().parse().ok()),
        reported_revision: object
            .status
            .as_ref()
            .and_then(|status| status.rotation.as_ref())
            .and_then(|rotation| rotation.revision.try_into().ok()),
        reported_fingerprint: object
            .status
            .as_ref()
            .and_then(|status| status.fingerprint.as_deref())
            .and_then(|fingerprint| fingerprint.parse().ok()),
        uid,
    }
}

/// A longer request is none: the last ones are recorded, and the annotations of an object have a limit.
const REQUEST_MAX: usize = 256;

/// A longer private key is RSA: to read and prove it takes milliseconds, which are not for the async threads. The others
/// take less than the way to another thread and back.
pub(super) const QUICKLY_READ: usize = 1_024;

/// What a Secret says.
pub(super) async fn secret(found: Option<secrets::FoundSecret>) -> SecretView {
    let Some(found) = found else {
        return SecretView::Absent;
    };
    if found
        .private
        .as_ref()
        .is_none_or(|bytes| bytes.len() < QUICKLY_READ)
    {
        return SecretView::Present(Box::new(secret_facts(&found)));
    }
    SecretView::Present(Box::new(off_thread(move || secret_facts(&found)).await))
}

/// Does on another thread what would hold up the async ones.
pub(super) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            // A fault of the operator: the reconcile fails, and stops nobody else.
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and this with it: nothing more may be decided.
            Err(_) => std::future::pending().await,
        },
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
        revision: text(annotation::REVISION)
            .and_then(|revision| revision.parse().ok())
            .unwrap_or(1),
        created_at: text(annotation::CREATED_AT).and_then(|time| time.parse().ok()),
        request: text(annotation::HANDLED_REQUEST),
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
        request_ids: error.request_ids(),
        ..Failure::new(error.class(), error.reason(), error.to_string())
    }
}

/// What an error of the API server comes to.
pub(super) fn kubernetes_failure(error: &KubernetesError) -> Failure {
    Failure::new(error.class(), error.reason(), error.to_string())
}

/// The clock, read at the edge and handed in as a value.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
