//! Keys, requests, UIDs and places, as numbers and in the words of the plan.

use std::sync::LazyLock;

use jiff::Timestamp;
use sshkey_operator::{
    api::ArmId,
    keys::{Comment, Fingerprint, KeyPair, KeySpec, PublicKey},
    plan::Mark,
};

use crate::world::{Key, PLACES, Uid};

/// No life in the bounds makes more.
const KEYS: usize = 24;
static POOL: LazyLock<Vec<PublicKey>> = LazyLock::new(|| {
    let pair = |_| KeyPair::generate(KeySpec::Ed25519, &Comment::empty()).unwrap();
    (0..KEYS).map(pair).map(|pair| pair.public_key()).collect()
});

/// Their fingerprints, as keys and as text.
static FINGERPRINTS: LazyLock<Vec<(Fingerprint, String)>> = LazyLock::new(|| {
    let fingerprints = POOL.iter().map(PublicKey::fingerprint);
    fingerprints.map(|one| (one, one.to_string())).collect()
});

/// The fingerprint of a key.
pub(crate) fn fingerprint(key: Key) -> Fingerprint {
    FINGERPRINTS[usize::from(key)].0
}

/// The same as text.
pub(crate) fn fingerprint_text(key: Key) -> String {
    FINGERPRINTS[usize::from(key)].1.clone()
}

/// Which key has a fingerprint.
pub(crate) fn by_fingerprint(wanted: &Fingerprint) -> Key {
    let place = FINGERPRINTS.iter().position(|(known, _)| known == wanted);
    place.unwrap().try_into().unwrap()
}

/// Which key has a fingerprint that is written so.
pub(crate) fn by_text(wanted: &str) -> Key {
    let place = FINGERPRINTS.iter().position(|(_, known)| known == wanted);
    place.unwrap().try_into().unwrap()
}

/// The public half of a key.
pub(crate) fn public(key: Key) -> PublicKey {
    POOL[usize::from(key)].clone()
}

/// Which key that is.
pub(crate) fn number(key: &PublicKey) -> Key {
    let place = POOL.iter().position(|known| known == key).unwrap();
    place.try_into().unwrap()
}

/// A request in the words of an annotation.
pub(crate) fn request(number: u8) -> Option<String> {
    (number > 0).then(|| number.to_string())
}

/// The number of a request.
pub(crate) fn request_number(text: Option<&String>) -> u8 {
    text.map_or(0, |text| text.parse().unwrap())
}

/// A UID in words.
pub(crate) fn uid(number: Uid) -> String {
    format!("u{number}")
}

/// Which UID that is.
pub(crate) fn uid_number(text: &str) -> Uid {
    text[1..].parse().unwrap()
}

/// The only time there is.
pub(crate) fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// The mark of an object of this name.
pub(crate) fn mark(number: Uid) -> Mark {
    Mark {
        cluster: "c".into(),
        namespace: "n".into(),
        object: "web".into(),
        uid: uid(number),
    }
}

/// The mark of an object of another name.
pub(crate) fn mark_of_another() -> Mark {
    Mark {
        object: "db".into(),
        ..mark(8)
    }
}

/// The places in Azure, by number.
static IDS: LazyLock<[ArmId; PLACES]> = LazyLock::new(|| {
    ["n.web", "other", "third"].map(|name| ArmId {
        subscription: "s".into(),
        resource_group: "g".into(),
        name: name.into(),
    })
});

/// A place in Azure.
pub(crate) fn place(number: usize) -> &'static ArmId {
    &IDS[number]
}

/// Which place that is.
pub(crate) fn place_number(id: &ArmId) -> usize {
    let place = IDS.iter().position(|known| known.name == id.name);
    place.unwrap()
}
