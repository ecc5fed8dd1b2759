//! What a Secret says.

use kube::api::ObjectMeta;

use crate::{
    api::names::{annotation, label},
    controller::blocking::off_thread,
    keys::{KeyPair, is_openssh_file},
    kubernetes::secrets,
    plan::{Durability, SecretFacts, SecretKey, SecretView},
};

/// A longer private key is RSA: to read and prove it takes milliseconds, which are not for the async threads. The others
/// take less than the way to another thread and back.
pub(in crate::controller) const QUICKLY_READ: usize = 1_024;

/// A rotation a second for thirty years.
const LARGEST_REVISION: u32 = 1_000_000_000;

/// What a Secret says to an `SshKey` of this namespace and name.
pub(in crate::controller) async fn secret(
    found: Option<secrets::FoundSecret>,
    namespace: &str,
    sshkey: &str,
) -> SecretView {
    let Some(found) = found else {
        return SecretView::Absent;
    };
    SecretView::Present(Box::new(facts(found, namespace, sshkey).await))
}

/// What a Secret that was found says to an `SshKey` of this namespace and name.
pub(in crate::controller) async fn facts(
    found: secrets::FoundSecret,
    namespace: &str,
    sshkey: &str,
) -> SecretFacts {
    let consent = format!("{namespace}/{sshkey}");
    if found
        .private
        .as_ref()
        .is_none_or(|bytes| bytes.len() < QUICKLY_READ)
    {
        return secret_facts(&found, &consent);
    }
    off_thread(move || secret_facts(&found, &consent)).await
}

fn secret_facts(found: &secrets::FoundSecret, consent: &str) -> SecretFacts {
    let annotations = found.meta.annotations.clone().unwrap_or_default();
    let text = |name: &str| annotations.get(name).cloned();
    let (key, private_entry_is_a_file) = private_entry(found);
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
            .and_then(|revision| parse_revision(&revision))
            .unwrap_or(1),
        created_at: text(annotation::CREATED_AT).and_then(|time| time.parse().ok()),
        request: text(annotation::HANDLED_REQUEST).filter(|request| is_request(request)),
        key,
        public_entry_matches,
        private_entry_is_a_file,
        durability: durability(&found.meta, found.immutable),
    }
}

/// The key in the private entry, and whether the entry is a file that OpenSSH reads.
fn private_entry(found: &secrets::FoundSecret) -> (SecretKey, bool) {
    let Some(bytes) = found.private.as_ref().filter(|bytes| !bytes.is_empty()) else {
        return (SecretKey::Missing, false);
    };
    let (pair, is_openssh) = match KeyPair::from_openssh(bytes) {
        Ok(pair) => (Ok(pair), is_openssh_file(bytes)),
        Err(_) => (KeyPair::from_secret(bytes), false),
    };
    let key = match pair {
        Ok(pair) => SecretKey::Readable(pair.public_key()),
        Err(error) => SecretKey::Unreadable(error.to_string()),
    };
    (key, is_openssh)
}

/// The number of a key as a Secret records it. One that no rotations lead to is no record: none could come after it.
pub(in crate::controller) fn parse_revision(recorded: &str) -> Option<u32> {
    let revision = recorded.parse().ok();
    revision.filter(|revision| *revision <= LARGEST_REVISION)
}

/// Whether a status can repeat what a Secret records as a request: who may write the Secret may write anything there.
pub(in crate::controller) fn is_request(recorded: &str) -> bool {
    !annotation::is_too_long(annotation::ROTATE_REQUESTED_AT, recorded)
}

/// Whether what is written into an object stays.
pub(in crate::controller) fn durability(meta: &ObjectMeta, is_immutable: bool) -> Durability {
    Durability {
        held_by: secrets::held_by(meta),
        is_immutable,
    }
}
