//! Where the watch shows Secrets that the operator keeps for keys. The operator creates the Secret of a new key without a read
//! before, if the watch shows none of its name. If there is one, the API server refuses the creation. A Secret that the watch
//! shows at the version at which it was read last is not read again, unless the watch has failed since: it may be refused from
//! then on, or the API server may have come back with an etcd that was restored from a copy.
//!
//! Of each Secret only a hash of its place and its version are kept, sixteen bytes. Two Secrets with the same hash do no harm:
//! no two writes have the same version, so at worst the operator reads a Secret that does not exist or has not changed, or
//! the API server refuses a creation.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    time::Instant,
};

use k8s_openapi::api::core::v1::Secret;
use kube::{
    ResourceExt,
    runtime::watcher::{self, Event},
};
use parking_lot::Mutex;

use crate::{
    controller::memory::identity::{Identity, Place},
    kubernetes::owned::Owned,
};

/// Stands for a version that is no number.
const UNKNOWN: u64 = 0;

/// Where the watch of one namespace, or of all, shows Secrets.
#[derive(Default)]
pub(in crate::controller) struct ShownSecrets {
    hasher: RandomState,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    /// The version at each place.
    versions: HashMap<u64, u64>,
    /// Whether all were listed, and no other list is under way.
    is_listed: bool,
    /// When the watch failed last.
    failed: Option<Instant>,
}

impl ShownSecrets {
    /// Hears one event of the watch, or one failure.
    pub(in crate::controller) fn hear(&self, event: &Result<Event<Owned<Secret>>, watcher::Error>) {
        let mut shown = self.shown.lock();
        match event {
            Err(_) => shown.failed = Some(Instant::now()),
            Ok(Event::Init) => {
                shown.versions = HashMap::new();
                shown.is_listed = false;
            }
            Ok(Event::InitApply(secret) | Event::Apply(secret)) => {
                let version = secret.resource_version();
                let version = version.and_then(|version| version.parse().ok());
                let place = self.hash(&Identity::from(secret).place);
                shown.versions.insert(place, version.unwrap_or(UNKNOWN));
            }
            Ok(Event::InitDone) => shown.is_listed = true,
            Ok(Event::Delete(secret)) => {
                let place = self.hash(&Identity::from(secret).place);
                shown.versions.remove(&place);
            }
        }
    }

    /// Whether all were listed and none of them is there. The watch shows neither what others keep there nor what was made a
    /// moment ago.
    pub(in crate::controller) fn shows_none_at(&self, place: &Place) -> bool {
        let shown = self.shown.lock();
        shown.is_listed && !shown.versions.contains_key(&self.hash(place))
    }

    /// Whether the one at this place is still at this version, at which it was read then: all were listed, the watch shows it so,
    /// and has not failed since.
    pub(in crate::controller) fn shows_at(
        &self,
        place: &Place,
        version: u64,
        read: Instant,
    ) -> bool {
        let shown = self.shown.lock();
        let goes_on = shown.failed.is_none_or(|failed| failed < read);
        let known = shown.versions.get(&self.hash(place));
        shown.is_listed && goes_on && version != UNKNOWN && known == Some(&version)
    }

    fn hash(&self, place: &Place) -> u64 {
        self.hasher.hash_one(place)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
        shown.hear(&Ok(Event::Init));
        shown.hear(&Ok(Event::InitApply(secret("a"))));
        assert!(free(&shown).is_empty());
        shown.hear(&Ok(Event::InitDone));
        assert_eq!(free(&shown), ["b", "c"]);
    }

    #[test]
    fn what_is_made_and_deleted_is_followed() {
        let shown = ShownSecrets::default();
        shown.hear(&Ok(Event::InitDone));
        shown.hear(&Ok(Event::Apply(secret("b"))));
        assert_eq!(free(&shown), ["a", "c"]);
        shown.hear(&Ok(Event::Delete(secret("b"))));
        assert_eq!(free(&shown), ["a", "b", "c"]);
    }

    #[test]
    fn another_list_begins_with_nothing() {
        let shown = ShownSecrets::default();
        shown.hear(&Ok(Event::InitApply(secret("a"))));
        shown.hear(&Ok(Event::InitDone));
        shown.hear(&Ok(Event::Init));
        assert!(free(&shown).is_empty());
        shown.hear(&Ok(Event::InitDone));
        assert_eq!(free(&shown), ["a", "b", "c"]);
    }

    #[test]
    fn the_version_is_the_last_that_was_shown_once_all_were_listed() {
        let watch = ShownSecrets::default();
        let shows = |name: &str, version| {
            let place = Identity::of::<Secret>("team", name, "").place;
            watch.shows_at(&place, version, Instant::now())
        };
        watch.hear(&Ok(Event::InitApply(secret_at("a", "7"))));
        assert!(!shows("a", 7));
        watch.hear(&Ok(Event::InitDone));
        assert!(shows("a", 7));
        assert!(!shows("b", 7));
        watch.hear(&Ok(Event::Apply(secret_at("a", "9"))));
        assert!(!shows("a", 7));
        assert!(shows("a", 9));
        watch.hear(&Ok(Event::Apply(secret_at("a", "x"))));
        assert!(!shows("a", 9));
        assert!(!shows("a", UNKNOWN));
        watch.hear(&Ok(Event::Delete(secret_at("a", "9"))));
        assert!(!shows("a", 9));
    }

    #[test]
    fn what_was_read_before_the_watch_failed_is_to_be_read_again() {
        let shown = ShownSecrets::default();
        let place = Identity::of::<Secret>("team", "a", "").place;
        shown.hear(&Ok(Event::InitApply(secret_at("a", "7"))));
        shown.hear(&Ok(Event::InitDone));
        let before = Instant::now();
        assert!(shown.shows_at(&place, 7, before));
        shown.hear(&Err(watcher::Error::NoResourceVersion));
        assert!(!shown.shows_at(&place, 7, before));
        let after = shown.shown.lock().failed.unwrap() + Duration::from_millis(1);
        assert!(shown.shows_at(&place, 7, after));
        // Another list says nothing of what is in them.
        shown.hear(&Ok(Event::Init));
        shown.hear(&Ok(Event::InitApply(secret_at("a", "7"))));
        shown.hear(&Ok(Event::InitDone));
        assert!(!shown.shows_at(&place, 7, before));
        assert!(shown.shows_at(&place, 7, after));
    }
}
