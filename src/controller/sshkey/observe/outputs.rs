//! Outputs between the cluster and the decision: what is there, and the steps that change it.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::{Client, Resource, ResourceExt};

use crate::{
    api::{
        OutputRef, SshKey,
        names::{annotation, label},
    },
    controller::{blocking, failure},
    keys::{KeyPair, PublicKey},
    kubernetes::{
        namespaced::Namespaced,
        outputs::{self, FoundOutput},
        secrets,
    },
    plan::{
        Changeable, Desired, Entry, EntryFact, FORMER_KEYS_MAX, OutputFacts, OutputView, Shape,
    },
};

/// Reads every output that is wanted or recorded.
pub(in crate::controller) async fn look<'a>(
    client: &Client,
    object: &SshKey,
    desired: &'a Desired,
    recorded: impl Iterator<Item = &'a OutputRef>,
) -> BTreeMap<OutputRef, OutputView> {
    let namespace = object.namespace().unwrap_or_default();
    let wanted = desired.outputs.iter().map(|output| &output.object);
    let mut views = BTreeMap::new();
    for output in wanted.chain(recorded) {
        if views.contains_key(output) {
            continue;
        }
        let view = match outputs::read(Namespaced::new(client, &namespace), output).await {
            Ok(found) => view(object, shape_of(desired, output), found).await,
            Err(error) => OutputView::Unknown(failure::kubernetes_failure(&error)),
        };
        views.insert(output.clone(), view);
    }
    views
}

fn shape_of<'a>(desired: &'a Desired, object: &OutputRef) -> Option<&'a Shape> {
    let mut outputs = desired.outputs.iter();
    let output = outputs.find(|output| output.object == *object)?;
    output.shape.as_ref().ok()
}

/// What an object says. Private keys are read off the async threads where that takes long.
pub(in crate::controller) async fn view(
    object: &SshKey,
    shape: Option<&Shape>,
    found: Option<FoundOutput>,
) -> OutputView {
    let Some(found) = found else {
        return OutputView::Absent;
    };
    let (object, shape) = (object.clone(), shape.cloned());
    let look = move || facts_of(&object, shape.as_ref(), &found);
    OutputView::Present(Box::new(blocking::off_thread(look).await))
}

fn facts_of(object: &SshKey, shape: Option<&Shape>, found: &FoundOutput) -> OutputFacts {
    let annotations = found.meta.annotations.clone().unwrap_or_default();
    let labels = found.meta.labels.clone().unwrap_or_default();
    let text = |name: &str| annotations.get(name).cloned();
    let wanted = shape.map(|shape| shape.entries.iter());
    let there = |name: &String| found.entries.0.get(name);
    let entries = wanted.into_iter().flatten().filter_map(|(name, entry)| {
        let fact = fact(entry, there(name)?);
        Some((name.clone(), fact))
    });
    let superfluous = found.entries.0.keys().filter(|name| {
        shape.is_some_and(|shape| {
            let heeded = shape.only_these || shape.optional.contains(&name.as_str());
            heeded && !shape.entries.contains_key(*name)
        })
    });
    let is_owned = |owner: &OwnerReference| Some(&owner.uid) == object.meta().uid.as_ref();
    let owners = found.meta.owner_references.as_deref().unwrap_or_default();
    let metadata_fits = shape.is_none_or(|shape| {
        let wanted = labels_of(shape);
        let labelled = wanted
            .iter()
            .all(|(name, value)| labels.get(name) == Some(value));
        labelled && owners.iter().any(is_owned) != shape.is_private()
    });
    let made_as = text(annotation::OUTPUT_SHAPE);
    let fits = |shape: &Shape| {
        shape.secret_type == found.type_ && made_as.as_deref() == Some(shape.preset)
    };
    let changeable = match (shape.is_none_or(fits), found.immutable) {
        (false, _) => Changeable::Nothing,
        (true, true) => Changeable::Metadata,
        (true, false) => Changeable::Everything,
    };
    // Who takes the label away has not made it something else; another role has.
    let is_output = match labels.get(label::SECRET_ROLE).map(String::as_str) {
        Some(role) => role == label::ROLE_OUTPUT,
        None => made_as.is_some(),
    };
    OutputFacts {
        uid: found.meta.uid.clone().unwrap_or_default(),
        resource_version: found.meta.resource_version.clone().unwrap_or_default(),
        is_output,
        owner_name: text(annotation::OWNER_NAME),
        owner_uid: text(annotation::OWNER_UID),
        owner_namespace: text(annotation::OWNER_NAMESPACE),
        recorded: text(annotation::FINGERPRINT).and_then(|text| text.parse().ok()),
        metadata_fits,
        changeable,
        entries: entries.collect(),
        superfluous: superfluous.cloned().collect(),
        held_by: secrets::held_by(&found.meta),
    }
}

/// The most lines that the operator writes: the current key, the next one and all former ones. Those who may write the object may
/// write ten thousand.
const LINES_MAX: usize = FORMER_KEYS_MAX + 2;

fn fact(entry: &Entry, bytes: &[u8]) -> EntryFact {
    let text = || std::str::from_utf8(bytes).ok();
    let key = match entry {
        Entry::Text(wanted) => return EntryFact::Text(bytes == wanted.as_bytes()),
        Entry::AuthorizedKeys => {
            let keys = text().and_then(|text| {
                let lines = text.lines().take(LINES_MAX + 1).map(PublicKey::parse);
                let keys = lines.collect::<Result<Vec<_>, _>>().ok()?;
                (keys.len() <= LINES_MAX).then_some(keys)
            });
            let written = |keys: &Vec<PublicKey>| -> Vec<u8> {
                keys.iter().flat_map(secrets::public_entry).collect()
            };
            let keys = keys.filter(|keys| written(keys) == bytes);
            return keys.map_or(EntryFact::Other, EntryFact::Keys);
        }
        Entry::Public => {
            let key = text().and_then(|text| PublicKey::parse(text).ok());
            key.filter(|key| secrets::public_entry(key) == bytes)
        }
        Entry::PrivateOpenSsh | Entry::PrivatePem => {
            let pair = KeyPair::read(bytes, None).ok();
            let pair = pair.filter(|pair| is_as_written(entry, pair, bytes));
            pair.map(|pair| pair.public_key())
        }
    };
    key.map_or(EntryFact::Other, EntryFact::Key)
}

/// Whether a private entry is, byte for byte, what this operator writes for its key: a file with other line ends, or with
/// text beside the key, is one that OpenSSH may not read.
fn is_as_written(entry: &Entry, pair: &KeyPair, bytes: &[u8]) -> bool {
    let written = match entry {
        Entry::PrivatePem => pair.to_pem(),
        _ => pair.to_openssh(),
    };
    written.is_ok_and(|written| written.as_bytes() == bytes)
}

/// The labels of an output: those that its readers ask for, and our own.
pub(in crate::controller) fn labels_of(shape: &Shape) -> BTreeMap<String, String> {
    let own = [
        (label::MANAGED_BY, label::OPERATOR),
        (label::SECRET_ROLE, label::ROLE_OUTPUT),
    ];
    let readers = shape.labels.iter().map(|(name, value)| (*name, *value));
    let all = readers.chain(own);
    all.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
