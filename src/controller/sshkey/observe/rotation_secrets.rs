//! Reads the Secrets beside the managed one.

use kube::{Client, api::ObjectMeta};

use crate::{
    api::{
        names::{annotation, label},
        rotation::{previous_name, staging_name},
    },
    controller::{
        blocking::off_thread,
        sshkey::observe::secret::{QUICKLY_READ, durability, is_request, parse_revision},
    },
    keys::KeyPair,
    kubernetes::{
        KubernetesError,
        namespaced::Namespaced,
        rotation_secrets::{self, FormerRecord, FoundKeys, parse_former},
    },
    plan::{
        FORMER_KEYS_MAX, FormerKey, ObjectFacts, PreviousFacts, RotationSecret, RotationSecrets,
        SecretKey, SecretView, StagedFacts,
    },
};

/// Whether anything says that there may be something beside the managed Secret: the object's own record, or that the key
/// was changed once, or that its Secret is that of an object which may have been in the middle of a rotation; and when
/// something is to go or seems to be lost, they are read to be sure.
pub(in crate::controller) fn may_be_there(
    object: &ObjectFacts,
    secret: &SecretView,
    is_lost_or_leaving: bool,
) -> bool {
    let was_changed = match secret {
        SecretView::Present(facts) => {
            facts.revision > 1
                || facts
                    .owner_uid
                    .as_ref()
                    .is_some_and(|uid| *uid != object.uid)
        }
        SecretView::Absent => false,
    };
    // What a tool has taken from the metadata, the status may know.
    let is_wiped = !object.has_finalizer && object.has_status;
    let is_known = !object.reported_others.is_empty();
    object.rotation.may_have_secrets || was_changed || is_lost_or_leaving || is_wiped || is_known
}

/// The object for which Secrets are read.
#[derive(Clone, Copy)]
pub(in crate::controller) struct Owner<'a> {
    pub(in crate::controller) namespace: &'a str,
    pub(in crate::controller) name: &'a str,
    pub(in crate::controller) uid: &'a str,
    /// The UID that it recorded: its own, or that of a predecessor.
    pub(in crate::controller) recorded_uid: Option<&'a str>,
    /// The UID that its managed Secret records.
    pub(in crate::controller) managed_uid: Option<&'a str>,
}

impl<'a> Owner<'a> {
    /// The owner that an object is.
    pub(in crate::controller) fn of(
        namespace: &'a str,
        name: &'a str,
        object: &'a ObjectFacts,
        secret: &'a SecretView,
    ) -> Self {
        Self {
            namespace,
            name,
            uid: &object.uid,
            recorded_uid: object.recorded_uid.as_deref(),
            managed_uid: match secret {
                SecretView::Present(facts) => facts.owner_uid.as_deref(),
                SecretView::Absent => None,
            },
        }
    }
}

/// Reads both Secrets beside the managed one of this name, for an `SshKey`.
pub(in crate::controller) async fn look(
    client: &Client,
    owner: Owner<'_>,
    secret: &str,
) -> Result<RotationSecrets, KubernetesError> {
    let within = Namespaced::new(client, owner.namespace);
    let (staging, previous) = (staging_name(secret), previous_name(secret));
    let (staging, previous) = tokio::try_join!(
        rotation_secrets::read(within, &staging),
        rotation_secrets::read(within, &previous)
    )?;
    Ok(RotationSecrets::Read {
        staged: staged(staging, owner).await,
        previous: self::previous(previous, owner).await,
    })
}

/// What the Secret of the next key says.
pub(in crate::controller) async fn staged(
    found: Option<FoundKeys>,
    owner: Owner<'_>,
) -> RotationSecret<StagedFacts> {
    let found = match whose(found, label::ROLE_STAGING, owner) {
        Whose::Ours(found) => *found,
        Whose::Other(other) => return other,
    };
    let is_exact = text_of(&found.meta, annotation::OWNER_UID).as_deref() == Some(owner.uid);
    let facts = in_time(found, move |found| {
        let text = |name| found.meta.annotations.as_ref()?.get(name).cloned();
        let time = |name| text(name).and_then(|time| time.parse().ok());
        StagedFacts {
            uid: found.meta.uid.clone().unwrap_or_default(),
            resource_version: found.meta.resource_version.clone().unwrap_or_default(),
            is_exact,
            revision: text(annotation::REVISION).and_then(|revision| parse_revision(&revision)),
            request: text(annotation::HANDLED_REQUEST).filter(|request| is_request(request)),
            created_at: time(annotation::CREATED_AT),
            pending_since: time(annotation::PENDING_SINCE),
            durability: durability(&found.meta, found.immutable),
            key: match found.keys.values().next() {
                None => SecretKey::Missing,
                Some(bytes) => match KeyPair::from_openssh(bytes) {
                    Ok(pair) => SecretKey::Readable(pair.public_key()),
                    Err(error) => SecretKey::Unreadable(error.to_string()),
                },
            },
        }
    });
    RotationSecret::Ours(Box::new(facts.await))
}

/// What the Secret of former keys says. A key that can't be read is none.
pub(in crate::controller) async fn previous(
    found: Option<FoundKeys>,
    owner: Owner<'_>,
) -> RotationSecret<PreviousFacts> {
    let found = match whose(found, label::ROLE_PREVIOUS, owner) {
        Whose::Ours(found) => *found,
        Whose::Other(other) => return other,
    };
    let is_exact = text_of(&found.meta, annotation::OWNER_UID).as_deref() == Some(owner.uid);
    let facts = in_time(found, move |found| {
        let annotations = found.meta.annotations.as_ref();
        let text = annotations.and_then(|all| all.get(annotation::PREVIOUS_KEYS));
        let records = parse_former(text.map(String::as_str));
        let keys = former(found, &records);
        PreviousFacts {
            uid: found.meta.uid.clone().unwrap_or_default(),
            resource_version: found.meta.resource_version.clone().unwrap_or_default(),
            is_exact,
            durability: durability(&found.meta, found.immutable),
            is_damaged: keys.len() < found.keys.len(),
            keys,
        }
    });
    RotationSecret::Ours(Box::new(facts.await))
}

/// The keys that are there, in the order in which they are recorded; those without a record come last. An entry whose name is
/// not its key's is damaged: no record can name it. Of more than the operator ever keeps the rest is not read: each takes
/// milliseconds of a core, at each look.
fn former(found: &FoundKeys, records: &[FormerRecord]) -> Vec<FormerKey> {
    let place = |name: &str| records.iter().position(|record| record.key == name);
    let mut names: Vec<&String> = found.keys.keys().collect();
    names.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
    let keys = names.into_iter().take(FORMER_KEYS_MAX).filter_map(|name| {
        let record = place(name).map(|place| &records[place]);
        let public_key = KeyPair::from_openssh(&found.keys[name]).ok()?.public_key();
        (public_key.fingerprint().short_hex() == *name).then(|| FormerKey {
            public_key,
            revision: record.map_or(0, |record| record.revision),
            retired_at: record.and_then(|record| record.retired_at),
        })
    });
    keys.collect()
}

enum Whose<T> {
    Ours(Box<FoundKeys>),
    Other(RotationSecret<T>),
}

/// It is ours by namespace, name and role: what was made for an object of this name that is gone is taken up. Without a
/// recorded namespace it takes the UID of this object, or of the one that it was before a restore.
fn whose<T>(found: Option<FoundKeys>, role: &str, owner: Owner<'_>) -> Whose<T> {
    let Some(found) = found else {
        return Whose::Other(RotationSecret::Absent);
    };
    let labels = found.meta.labels.as_ref();
    let has_role = labels
        .and_then(|all| all.get(label::SECRET_ROLE))
        .map(String::as_str)
        == Some(role);
    let text = |name| text_of(&found.meta, name);
    let (name, namespace) = (
        text(annotation::OWNER_NAME),
        text(annotation::OWNER_NAMESPACE),
    );
    let uid = text(annotation::OWNER_UID);
    let uid = uid.as_deref();
    let is_by_uid = uid == Some(owner.uid)
        || (uid.is_some() && (uid == owner.recorded_uid || uid == owner.managed_uid));
    // The next key takes over: nobody's takes it but what was made for this object, or with its Secret.
    let is_staging = role == label::ROLE_STAGING;
    let is_labelled = has_role || labels.is_none();
    let is_ours = match (&name, &namespace) {
        (Some(name), _) if name != owner.name => false,
        (_, Some(namespace)) if namespace != owner.namespace => false,
        (Some(_), Some(_)) => is_labelled && (is_by_uid || !is_staging),
        (Some(_), None) => is_labelled && is_by_uid,
        (None, _) => has_role && is_by_uid,
    };
    if is_ours {
        return Whose::Ours(Box::new(found));
    }
    let owner = name.map(|name| match namespace {
        Some(namespace) if namespace != owner.namespace => format!("{namespace}/{name}"),
        _ => name,
    });
    Whose::Other(RotationSecret::Foreign(owner))
}

fn text_of(meta: &ObjectMeta, name: &str) -> Option<String> {
    meta.annotations.as_ref()?.get(name).cloned()
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

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::keys::{Comment, KeySpec};

    #[test]
    fn an_entry_under_another_name_than_its_keys_is_damaged() {
        let pair = KeyPair::generate(KeySpec::Ed25519, &Comment::empty()).unwrap();
        let name = pair.public_key().fingerprint().short_hex();
        let entry = || Zeroizing::new(pair.to_openssh().unwrap().as_bytes().to_vec());
        let others = (0..1_000).map(|number| format!("{number:016x}"));
        let found = FoundKeys {
            keys: others
                .chain([name.clone()])
                .map(|name| (name, entry()))
                .collect(),
            meta: ObjectMeta::default(),
            immutable: false,
        };
        let records = [FormerRecord::new(&pair.public_key().fingerprint(), 1, None)];
        let keys = former(&found, &records);
        assert_eq!(keys.len(), 1, "the recorded one is read first");
        assert_eq!(keys[0].public_key, pair.public_key());
    }
}
