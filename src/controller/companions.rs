//! Looks at the Secrets beside the managed one.

use kube::{Client, api::ObjectMeta};

use super::facts::{QUICKLY_READ, off_thread};
use crate::{
    api::{
        names::{annotation, label},
        rotation::{previous_name, staging_name},
    },
    keys::KeyPair,
    kubernetes::{
        KubernetesError,
        companions::{self, FormerRecord, FoundKeys, parse_former},
    },
    plan::{
        Companion, Companions, FormerKey, ObjectFacts, PreviousFacts, SecretKey, SecretView,
        StagedFacts,
    },
};

/// Whether anything says that there may be something beside the managed Secret: the object's own record, or that the key
/// was changed once; and when something is to go or seems to be lost, it is looked at to be sure.
pub(super) fn may_be_there(
    object: &ObjectFacts,
    secret: &SecretView,
    is_lost_or_leaving: bool,
) -> bool {
    let was_changed = match secret {
        SecretView::Present(facts) => facts.revision > 1,
        SecretView::Absent => false,
    };
    object.rotation.companions || was_changed || is_lost_or_leaving
}

/// Reads both Secrets beside the managed one of this name, for an `SshKey`.
pub(super) async fn look(
    client: &Client,
    namespace: &str,
    secret: &str,
    sshkey: &str,
) -> Result<Companions, KubernetesError> {
    let (staging, previous) = (staging_name(secret), previous_name(secret));
    let (staging, previous) = tokio::try_join!(
        companions::read(client, namespace, &staging),
        companions::read(client, namespace, &previous)
    )?;
    Ok(Companions::Read {
        staged: staged(staging, sshkey).await,
        previous: self::previous(previous, sshkey).await,
    })
}

/// What the Secret of the next key says.
pub(super) async fn staged(found: Option<FoundKeys>, sshkey: &str) -> Companion<StagedFacts> {
    let found = match whose(found, label::ROLE_STAGING, sshkey) {
        Whose::Ours(found) => *found,
        Whose::Other(other) => return other,
    };
    let facts = in_time(found, |found| {
        let text = |name| found.meta.annotations.as_ref()?.get(name).cloned();
        let time = |name| text(name).and_then(|time| time.parse().ok());
        StagedFacts {
            uid: found.meta.uid.clone().unwrap_or_default(),
            resource_version: found.meta.resource_version.clone().unwrap_or_default(),
            revision: text(annotation::REVISION).and_then(|revision| revision.parse().ok()),
            request: text(annotation::HANDLED_REQUEST),
            created_at: time(annotation::CREATED_AT),
            pending_since: time(annotation::PENDING_SINCE),
            key: match found.keys.values().next() {
                None => SecretKey::Missing,
                Some(bytes) => match KeyPair::from_openssh(bytes) {
                    Ok(pair) => SecretKey::Readable(pair.public_key()),
                    Err(error) => SecretKey::Unreadable(error.to_string()),
                },
            },
        }
    });
    Companion::Ours(Box::new(facts.await))
}

/// What the Secret of former keys says. A key that can't be read is none.
pub(super) async fn previous(found: Option<FoundKeys>, sshkey: &str) -> Companion<PreviousFacts> {
    let found = match whose(found, label::ROLE_PREVIOUS, sshkey) {
        Whose::Ours(found) => *found,
        Whose::Other(other) => return other,
    };
    let facts = in_time(found, |found| {
        let annotations = found.meta.annotations.as_ref();
        let text = annotations.and_then(|all| all.get(annotation::PREVIOUS_KEYS));
        let records = parse_former(text.map(String::as_str));
        let keys = former(found, &records);
        PreviousFacts {
            uid: found.meta.uid.clone().unwrap_or_default(),
            resource_version: found.meta.resource_version.clone().unwrap_or_default(),
            is_damaged: keys.len() < found.keys.len(),
            keys,
        }
    });
    Companion::Ours(Box::new(facts.await))
}

/// The keys that are there, in the order in which they are recorded; those without a record come last.
fn former(found: &FoundKeys, records: &[FormerRecord]) -> Vec<FormerKey> {
    let place = |name: &str| records.iter().position(|record| record.key == name);
    let mut names: Vec<&String> = found.keys.keys().collect();
    names.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
    let keys = names.into_iter().filter_map(|name| {
        let record = place(name).map(|place| &records[place]);
        Some(FormerKey {
            public_key: KeyPair::from_openssh(&found.keys[name]).ok()?.public_key(),
            revision: record.map_or(0, |record| record.revision),
            retired_at: record.and_then(|record| record.retired_at),
        })
    });
    keys.collect()
}

enum Whose<T> {
    Ours(Box<FoundKeys>),
    Other(Companion<T>),
}

/// It is ours if it says so, or if it is labelled as ours and nobody else is named.
fn whose<T>(found: Option<FoundKeys>, role: &str, sshkey: &str) -> Whose<T> {
    let Some(found) = found else {
        return Whose::Other(Companion::Absent);
    };
    let labels = found.meta.labels.as_ref();
    let has_role = labels
        .and_then(|all| all.get(label::SECRET_ROLE))
        .map(String::as_str)
        == Some(role);
    match owner(&found.meta) {
        Some(owner) if owner != sshkey => Whose::Other(Companion::Foreign(Some(owner))),
        owner if has_role || owner.is_some() && labels.is_none() => Whose::Ours(Box::new(found)),
        owner => Whose::Other(Companion::Foreign(owner)),
    }
}

fn owner(meta: &ObjectMeta) -> Option<String> {
    let annotations = meta.annotations.as_ref()?;
    annotations.get(annotation::OWNER_NAME).cloned()
}

/// Reads keys off the async threads if that takes long.
async fn in_time<T: Send + 'static>(
    found: FoundKeys,
    read: impl FnOnce(&FoundKeys) -> T + Send + 'static,
) -> T {
    if found.keys.values().all(|key| key.len() < QUICKLY_READ) {
        return read(&found);
    }
    off_thread(move || read(&found)).await
}
