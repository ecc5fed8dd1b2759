//! Facts that tests begin with: keys, marks, places, and what objects of the cluster say.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sshkey_operator::{
    api::{ArmId, ErrorClass, Reason},
    keys::{Comment, Fingerprint, KeyPair, KeySpec, PublicKey},
    plan::{
        AzureKey, Changeable, Durability, Entry, EntryFact, Failure, Mark, OutputFacts,
        SecretFacts, SecretKey, Shape,
    },
};

pub(crate) fn key() -> PublicKey {
    pair(KeySpec::Ed25519)
}

pub(crate) fn pair(spec: KeySpec) -> PublicKey {
    KeyPair::generate(spec, &Comment::empty())
        .unwrap()
        .public_key()
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(crate) fn mark() -> Mark {
    Mark {
        cluster: "c".into(),
        namespace: "n".into(),
        object: "web".into(),
        uid: "u1".into(),
    }
}

pub(crate) fn id() -> ArmId {
    ArmId {
        subscription: "s".into(),
        resource_group: "g".into(),
        name: "n.web".into(),
    }
}

pub(crate) fn tags(mark: &Mark) -> BTreeMap<String, String> {
    mark.tags()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Our output with a key.
pub(crate) fn output(shape: &Shape, key: &PublicKey) -> OutputFacts {
    holding(shape, key, std::slice::from_ref(key))
}

/// Our output with a key, and all that may be trusted.
fn holding(shape: &Shape, key: &PublicKey, trusted: &[PublicKey]) -> OutputFacts {
    let fact = |entry: &Entry| match entry {
        Entry::Text(_) => EntryFact::Text(true),
        Entry::AuthorizedKeys => EntryFact::Keys(trusted.to_vec()),
        _ => EntryFact::Key(key.clone()),
    };
    OutputFacts {
        uid: "o1".into(),
        resource_version: "1".into(),
        is_output: true,
        owner_name: Some("web".into()),
        owner_uid: Some("u1".into()),
        owner_namespace: Some("n".into()),
        recorded: Some(key.fingerprint()),
        metadata_fits: true,
        changeable: Changeable::Everything,
        entries: shape
            .entries
            .iter()
            .map(|(name, entry)| (name.clone(), fact(entry)))
            .collect(),
        superfluous: Vec::new(),
        held_by: None,
    }
}

/// Our Secret with a key.
pub(crate) fn secret(key: &PublicKey) -> SecretFacts {
    SecretFacts {
        uid: "s1".into(),
        resource_version: "1".into(),
        labelled: true,
        owner_name: Some("web".into()),
        owner_uid: Some("u1".into()),
        owner_namespace: Some("n".into()),
        is_well_formed: true,
        may_be_adopted: false,
        recorded: Some(key.fingerprint()),
        revision: 1,
        created_at: Some(at(0)),
        request: None,
        key: SecretKey::Readable(key.clone()),
        public_entry_matches: true,
        private_entry_is_a_file: true,
        durability: Durability::default(),
    }
}

/// Somebody's Secret.
pub(crate) fn foreign_secret(key: SecretKey) -> SecretFacts {
    SecretFacts {
        uid: "s2".into(),
        resource_version: "7".into(),
        labelled: false,
        owner_name: None,
        owner_uid: None,
        owner_namespace: None,
        is_well_formed: true,
        may_be_adopted: false,
        recorded: None,
        revision: 1,
        created_at: None,
        request: None,
        key,
        public_entry_matches: false,
        private_entry_is_a_file: true,
        durability: Durability::default(),
    }
}

pub(crate) fn azure_key(key: &PublicKey, tags: BTreeMap<String, String>) -> AzureKey {
    AzureKey {
        location: "westeurope".into(),
        tags,
        public_key: Ok(key.clone()),
    }
}

pub(crate) fn transient() -> Failure {
    Failure::new(ErrorClass::Transient, Reason::AzureUnavailable, "away")
}

pub(crate) fn fingerprint(key: &PublicKey) -> Fingerprint {
    key.fingerprint()
}
