//! From what was read to what is decided upon.

use jiff::Timestamp;
use kube::{ResourceExt, api::ObjectMeta};

use crate::{
    api::{
        OutputRef, SshKey, SshKeyStatus,
        names::{FINALIZER, annotation, label},
        output_ref::parse_outputs,
    },
    azure::{AzureError, Seen, SshPublicKey, View},
    keys::{Fingerprint, KeyPair, PublicKey, is_openssh_file},
    kubernetes::{KubernetesError, secrets},
    plan::{
        AzureKey, AzureRecord, Durability, Failure, Freshness, Group, KeyView, ObjectFacts,
        RotationRecord, SecretFacts, SecretKey, SecretView, parse_records,
    },
};

/// What an `SshKey` says of itself.
pub(super) fn object(object: &SshKey) -> ObjectFacts {
    let uid = object.uid().unwrap_or_default();
    let annotations = object.annotations();
    let text = |name: &str| annotations.get(name).map(String::as_str);
    let short = |name: &str| text(name).filter(|value| !annotation::is_too_long(name, value));
    let status = own_status(object);
    let rotation = status.and_then(|status| status.rotation.as_ref());
    let fingerprint = |text: &str| text.parse::<Fingerprint>().ok();
    let pending = rotation.and_then(|rotation| rotation.pending.as_ref());
    let former = rotation.map_or(&[][..], |rotation| &rotation.previous);
    let others = pending
        .map(|pending| &pending.fingerprint)
        .into_iter()
        .chain(former.iter().map(|former| &former.fingerprint));
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
        hints: parse_records(text(annotation::AZURE_KEYS)),
        places: places(status),
        has_status: status.is_some_and(|status| status.recorded_for.is_some()),
        outputs: parse_outputs(text(annotation::OUTPUTS)),
        reported_outputs: outputs_of(status),
        abandoned: text(annotation::ABANDON) == Some(uid.as_str()),
        rotation: RotationRecord::parse(text(annotation::ROTATION)),
        reported_requests: rotation
            .filter(|_| status.is_some_and(|status| status.recorded_for.is_some()))
            .map(|rotation| rotation.handled_requests.clone()),
        recorded_uid: text(annotation::RECORDED_UID)
            .filter(|recorded| recorded.len() <= UID_MAX)
            .map(str::to_owned),
        rotate_requested: short(annotation::ROTATE_REQUESTED_AT)
            .filter(|value| !value.is_empty())
            .map(str::to_owned),
        activate: short(annotation::ACTIVATE).and_then(|text| text.trim().parse().ok()),
        reported_revision: rotation.and_then(|rotation| rotation.revision.try_into().ok()),
        reported_fingerprint: status
            .and_then(|status| status.fingerprint.as_deref())
            .and_then(fingerprint),
        reported_others: others.filter_map(|text| fingerprint(text)).collect(),
        uid,
    }
}

/// The status, if it was written for this very object; one of another object, as a restore may bring it, says nothing. One
/// that does not say for whom it was written is of an earlier version of the operator.
pub(super) fn own_status(object: &SshKey) -> Option<&SshKeyStatus> {
    let status = object.status.as_ref()?;
    let is_own = match &status.recorded_for {
        Some(uid) => Some(uid) == object.metadata.uid.as_ref(),
        None => true,
    };
    is_own.then_some(status)
}

fn places(status: Option<&SshKeyStatus>) -> Vec<AzureRecord> {
    let azure = status.and_then(|status| status.azure.as_ref());
    let listed = azure.map_or(&[][..], |azure| &azure.places);
    listed.iter().filter_map(AzureRecord::from_status).collect()
}

fn outputs_of(status: Option<&SshKeyStatus>) -> Vec<OutputRef> {
    let listed = status.map_or(&[][..], |status| &status.outputs);
    let named = listed.iter().filter_map(|output| {
        Some(OutputRef {
            kind: output.kind.parse().ok()?,
            name: output.name.clone(),
        })
    });
    named.collect()
}

/// A longer UID is none: the API server's are 36 characters long.
const UID_MAX: usize = 64;

/// A longer private key is RSA: to read and prove it takes milliseconds, which are not for the async threads. The others
/// take less than the way to another thread and back.
pub(super) const QUICKLY_READ: usize = 1_024;

/// What a Secret says to an `SshKey` of this namespace and name.
pub(super) async fn secret(
    found: Option<secrets::FoundSecret>,
    namespace: &str,
    sshkey: &str,
) -> SecretView {
    let Some(found) = found else {
        return SecretView::Absent;
    };
    let consent = format!("{namespace}/{sshkey}");
    if found
        .private
        .as_ref()
        .is_none_or(|bytes| bytes.len() < QUICKLY_READ)
    {
        return SecretView::Present(Box::new(secret_facts(&found, &consent)));
    }
    let facts = off_thread(move || secret_facts(&found, &consent)).await;
    SecretView::Present(Box::new(facts))
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

fn secret_facts(found: &secrets::FoundSecret, consent: &str) -> SecretFacts {
    let annotations = found.meta.annotations.clone().unwrap_or_default();
    let text = |name: &str| annotations.get(name).cloned();
    let key = match found.private.as_ref().filter(|bytes| !bytes.is_empty()) {
        None => SecretKey::Missing,
        Some(bytes) => match KeyPair::from_openssh_amid(bytes) {
            Ok(pair) => SecretKey::Readable(pair.public_key()),
            Err(error) => SecretKey::Unreadable(error.to_string()),
        },
    };
    let private_entry_is_a_file = found
        .private
        .as_ref()
        .is_some_and(|bytes| is_openssh_file(bytes));
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
        owner_namespace: text(annotation::OWNER_NAMESPACE),
        is_well_formed: found.is_well_formed,
        may_be_adopted: text(annotation::ADOPT_BY).as_deref() == Some(consent),
        recorded: text(annotation::FINGERPRINT).and_then(|fingerprint| fingerprint.parse().ok()),
        revision: text(annotation::REVISION)
            .and_then(|revision| revision.parse().ok())
            .unwrap_or(1),
        created_at: text(annotation::CREATED_AT).and_then(|time| time.parse().ok()),
        request: text(annotation::HANDLED_REQUEST),
        key,
        public_entry_matches,
        private_entry_is_a_file,
        durability: durability(&found.meta, found.immutable),
    }
}

/// Whether what is written into an object stays.
pub(super) fn durability(meta: &ObjectMeta, is_immutable: bool) -> Durability {
    Durability {
        held_by: secrets::held_by(meta),
        is_immutable,
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
