//! What a list of the managed Secrets said of each, at the start, until its `SshKey` asks for it. A list in pages takes a
//! twentieth of the requests that reading each of them does.
//!
//! What a list says may be older than what the watch of the Secrets says. Whichever comes first, a Secret of which both say
//! different versions is not to be had from here.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::timeout};

use crate::{controller::memory::identity::Place, plan::SecretFacts};

/// How long an `SshKey` waits for the next page. A page takes some milliseconds, so an API server that takes longer is ill.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it waits in all. Others wait for its turn meanwhile.
const LONGEST: Duration = Duration::from_secs(20);

/// What a list of the managed Secrets of one watch said of each.
#[derive(Default)]
pub(in crate::controller) struct ListedSecrets {
    list: Mutex<List>,
    /// A page came, or the last one has come.
    grown: Notify,
}

#[derive(Default)]
struct List {
    secrets: HashMap<Place, Known>,
    /// The last Secret so far. A list is in the order of names.
    reached: Option<Place>,
    has_ended: bool,
}

/// What is known of a Secret by now.
enum Known {
    /// The version that the watch showed before the Secret was listed.
    Version(String),
    /// What the list said of it.
    Facts(Box<SecretFacts>),
}

impl ListedSecrets {
    /// A page that ended with this Secret said so of Secrets.
    pub(in crate::controller) fn add(
        &self,
        page: impl IntoIterator<Item = (Place, SecretFacts)>,
        end: Option<Place>,
    ) {
        let mut list = self.list.lock();
        list.reached = end.or(list.reached.take());
        for (place, facts) in page {
            match list.secrets.get(&place) {
                Some(Known::Version(newest)) if *newest != facts.resource_version => {}
                _ => {
                    list.secrets.insert(place, Known::Facts(Box::new(facts)));
                }
            }
        }
        drop(list);
        self.grown.notify_waiters();
    }

    /// The last page has come, or no other will.
    pub(in crate::controller) fn end(&self) {
        let mut list = self.list.lock();
        list.has_ended = true;
        list.secrets
            .retain(|_, known| matches!(known, Known::Facts(_)));
        list.secrets.shrink_to_fit();
        drop(list);
        self.grown.notify_waiters();
    }

    /// Forgets what nobody has asked for.
    pub(in crate::controller) fn clear(&self) {
        self.list.lock().secrets = HashMap::new();
    }

    /// The watch shows a Secret at this version.
    pub(in crate::controller) fn watch_shows(&self, place: Place, version: &str) {
        let mut list = self.list.lock();
        match list.secrets.get(&place) {
            Some(Known::Facts(facts)) if facts.resource_version == version => {}
            _ if list.has_ended => {
                list.secrets.remove(&place);
            }
            _ => {
                list.secrets
                    .insert(place, Known::Version(version.to_owned()));
            }
        }
    }

    /// What the list said of a Secret: waits until it was listed, as long as pages come. `None` when it was not, or has
    /// changed since.
    pub(in crate::controller) async fn find(&self, place: &Place) -> Option<SecretFacts> {
        let found = async {
            loop {
                // From here on no page goes unheard.
                let grown = self.grown.notified();
                match self.look(place) {
                    Look::Found(facts) => return Some(*facts),
                    Look::Not => return None,
                    Look::NotYet => timeout(PATIENCE, grown).await.ok()?,
                }
            }
        };
        timeout(LONGEST, found).await.ok().flatten()
    }

    fn look(&self, place: &Place) -> Look {
        let list = self.list.lock();
        let reached = list.reached.as_ref();
        let has_passed = reached.is_some_and(|reached| place.is_listed_before(reached));
        match list.secrets.get(place) {
            Some(Known::Facts(facts)) => Look::Found(facts.clone()),
            _ if list.has_ended || has_passed => Look::Not,
            _ => Look::NotYet,
        }
    }

    /// Forgets what the list said of this Secret, once a decision was made upon it.
    pub(in crate::controller) fn forget(&self, place: &Place) {
        let mut list = self.list.lock();
        if matches!(list.secrets.get(place), Some(Known::Facts(_))) {
            list.secrets.remove(place);
        }
        if list.has_ended && list.secrets.is_empty() {
            list.secrets = HashMap::new();
        }
    }
}

enum Look {
    Found(Box<SecretFacts>),
    NotYet,
    Not,
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Secret;

    use super::*;
    use crate::{
        controller::memory::identity::Identity,
        plan::{Durability, SecretKey},
    };

    fn listed(name: &str, version: &str) -> (Place, SecretFacts) {
        let facts = SecretFacts {
            uid: "uid".to_owned(),
            resource_version: version.to_owned(),
            labelled: true,
            owner_name: Some(name.to_owned()),
            owner_uid: None,
            owner_namespace: None,
            is_well_formed: true,
            may_be_adopted: false,
            recorded: None,
            revision: 1,
            created_at: None,
            request: None,
            key: SecretKey::Missing,
            public_entry_matches: false,
            private_entry_is_a_file: false,
            durability: Durability::default(),
        };
        (place(name), facts)
    }

    fn place(name: &str) -> Place {
        Identity::of::<Secret>("team", name, "").place
    }

    async fn version(list: &ListedSecrets, name: &str) -> Option<String> {
        let found = list.find(&place(name)).await;
        found.map(|facts| facts.resource_version)
    }

    #[tokio::test]
    async fn what_was_listed_is_to_be_had_until_a_decision_is_made_upon_it() {
        let list = ListedSecrets::default();
        list.add([listed("a", "7")], None);
        list.end();
        assert_eq!(version(&list, "a").await.as_deref(), Some("7"));
        assert_eq!(version(&list, "a").await.as_deref(), Some("7"));
        list.forget(&place("a"));
        assert_eq!(version(&list, "a").await, None);
    }

    #[tokio::test]
    async fn what_the_watch_shows_at_another_version_is_not_to_be_had() {
        let list = ListedSecrets::default();
        // Either may be first.
        list.watch_shows(place("a"), "8");
        let page = [listed("a", "7"), listed("b", "7"), listed("c", "7")];
        list.add(page, None);
        list.watch_shows(place("b"), "8");
        list.watch_shows(place("c"), "7");
        list.end();
        assert_eq!(version(&list, "a").await, None);
        assert_eq!(version(&list, "b").await, None);
        assert_eq!(version(&list, "c").await.as_deref(), Some("7"));
    }

    #[tokio::test]
    async fn one_that_comes_before_the_page_waits_for_it() {
        let list = ListedSecrets::default();
        let page = async {
            list.add([listed("0", "7")], Some(place("0")));
            list.add([listed("a", "7")], None);
        };
        let (found, ()) = tokio::join!(version(&list, "a"), page);
        assert_eq!(found.as_deref(), Some("7"));
        let (found, ()) = tokio::join!(version(&list, "b"), async { list.end() });
        assert_eq!(found, None);
    }

    #[tokio::test]
    async fn one_whose_page_has_passed_is_not_waited_for() {
        let list = ListedSecrets::default();
        list.watch_shows(place("a"), "8");
        list.add([listed("a", "7"), listed("c", "7")], Some(place("c")));
        list.forget(&place("c"));
        for name in ["a", "b", "c"] {
            assert_eq!(version(&list, name).await, None, "{name}");
        }
        let page = async { list.add([listed("d", "7")], Some(place("d"))) };
        let (found, ()) = tokio::join!(version(&list, "d"), page);
        assert_eq!(found.as_deref(), Some("7"));
    }
}
