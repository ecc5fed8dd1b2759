//! Where the watch shows Secrets that the operator keeps for keys. The operator creates the Secret of a new key without a read
//! before, if the watch shows none of its name. If there is one, the API server refuses the creation. A Secret that the watch
//! shows at the version at which it was read last is not read again.
//!
//! Of each Secret only a hash of its place and its version are kept, sixteen bytes. Two Secrets with the same hash do no harm:
//! no two writes have the same version, so at worst the operator reads a Secret that does not exist or has not changed, or
//! the API server refuses a creation.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use k8s_openapi::api::core::v1::Secret;
use kube::{ResourceExt, runtime::watcher::Event};
use parking_lot::Mutex;

use crate::{
    controller::memory::identity::{Identity, Place},
    kubernetes::owned::Owned,
};

/// Where the watch of one namespace, or of all, shows Secrets.
#[derive(Default)]
pub(in crate::controller) struct ShownSecrets {
    hasher: RandomState,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    /// The version at each place; `None` where it is no number.
    versions: HashMap<u64, Option<u64>>,
    /// Whether all were listed, and no other list is under way.
    is_listed: bool,
}

impl ShownSecrets {
    /// Hears one event of the watch.
    pub(in crate::controller) fn hear(&self, event: &Event<Owned<Secret>>) {
        let mut shown = self.shown.lock();
        match event {
            Event::Init => *shown = Shown::default(),
            Event::InitApply(secret) | Event::Apply(secret) => {
                let version = secret.resource_version();
                let version = version.and_then(|version| version.parse().ok());
                let place = self.hash(&Identity::from(secret).place);
                shown.versions.insert(place, version);
            }
            Event::InitDone => shown.is_listed = true,
            Event::Delete(secret) => {
                shown
                    .versions
                    .remove(&self.hash(&Identity::from(secret).place));
            }
        }
    }

    /// Whether all were listed and none of them is there. The watch shows neither what others keep there nor what was made a
    /// moment ago.
    pub(in crate::controller) fn shows_none_at(&self, place: &Place) -> bool {
        let shown = self.shown.lock();
        shown.is_listed && !shown.versions.contains_key(&self.hash(place))
    }

    /// Whether all were listed, and the watch shows the one at this place at this version.
    pub(in crate::controller) fn shows_at(&self, place: &Place, version: u64) -> bool {
        let shown = self.shown.lock();
        let known = shown.versions.get(&self.hash(place));
        shown.is_listed && known == Some(&Some(version))
    }

    fn hash(&self, place: &Place) -> u64 {
        self.hasher.hash_one(place)
    }
}

#[cfg(test)]
mod tests {
    use kube::api::ObjectMeta;

    use super::*;

    fn secret(name: &str) -> Owned<Secret> {
        secret_at(name, "1")
    }

    fn secret_at(name: &str, version: &str) -> Owned<Secret> {
        let metadata = ObjectMeta {
            namespace: Some("team".to_owned()),
            name: Some(name.to_owned()),
            resource_version: Some(version.to_owned()),
            ..ObjectMeta::default()
        };
        serde_json::from_value(serde_json::json!({ "metadata": metadata })).unwrap()
    }

    /// Of three places, those where none is shown.
    fn free(shown: &ShownSecrets) -> Vec<&'static str> {
        let is_free =
            |name: &&str| shown.shows_none_at(&Identity::of::<Secret>("team", name, "").place);
        ["a", "b", "c"].into_iter().filter(is_free).collect()
    }

    #[test]
    fn nothing_is_said_until_all_were_listed() {
        let shown = ShownSecrets::default();
        shown.hear(&Event::Init);
        shown.hear(&Event::InitApply(secret("a")));
        assert!(free(&shown).is_empty());
        shown.hear(&Event::InitDone);
        assert_eq!(free(&shown), ["b", "c"]);
    }

    #[test]
    fn what_is_made_and_deleted_is_followed() {
        let shown = ShownSecrets::default();
        shown.hear(&Event::InitDone);
        shown.hear(&Event::Apply(secret("b")));
        assert_eq!(free(&shown), ["a", "c"]);
        shown.hear(&Event::Delete(secret("b")));
        assert_eq!(free(&shown), ["a", "b", "c"]);
    }

    #[test]
    fn another_list_begins_with_nothing() {
        let shown = ShownSecrets::default();
        shown.hear(&Event::InitApply(secret("a")));
        shown.hear(&Event::InitDone);
        shown.hear(&Event::Init);
        assert!(free(&shown).is_empty());
        shown.hear(&Event::InitDone);
        assert_eq!(free(&shown), ["a", "b", "c"]);
    }

    #[test]
    fn the_version_is_the_last_that_was_shown_once_all_were_listed() {
        let shown = ShownSecrets::default();
        let place = |name: &str| Identity::of::<Secret>("team", name, "").place;
        shown.hear(&Event::InitApply(secret_at("a", "7")));
        assert!(!shown.shows_at(&place("a"), 7));
        shown.hear(&Event::InitDone);
        assert!(shown.shows_at(&place("a"), 7));
        assert!(!shown.shows_at(&place("b"), 7));
        shown.hear(&Event::Apply(secret_at("a", "9")));
        assert!(!shown.shows_at(&place("a"), 7));
        assert!(shown.shows_at(&place("a"), 9));
        shown.hear(&Event::Apply(secret_at("a", "x")));
        assert!(!shown.shows_at(&place("a"), 9));
        shown.hear(&Event::Delete(secret_at("a", "9")));
        assert!(!shown.shows_at(&place("a"), 9));
    }
}
