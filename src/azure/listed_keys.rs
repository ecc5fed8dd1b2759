//! The keys of one list, packed: a group may have many thousands, and each reconcile asks for one or two.

use std::collections::{BTreeSet, HashMap};

use super::models::SshPublicKey;
use crate::{
    api::names::tag,
    packing::packed::{Packed, PackingError},
};

/// The keys that a list has shown.
#[derive(Debug, Default)]
pub(super) struct ListedKeys {
    /// The first key with a mark. All others with one resemble it, and are packed with it.
    sample: Vec<u8>,
    /// By lower-case name.
    keys: HashMap<Box<str>, ListedKey>,
    /// The UIDs in the marks, and the names of the keys that carry them.
    marks: BTreeSet<(Box<str>, Box<str>)>,
}

#[derive(Debug)]
struct ListedKey {
    packed: Packed,
    is_marked: bool,
}

impl ListedKeys {
    /// Adds a key of the list.
    ///
    /// # Errors
    /// When it can't be packed.
    pub(super) fn add(&mut self, key: &SshPublicKey) -> Result<(), PackingError> {
        let tags = key.tags.iter().flatten();
        let mut uids = tags.filter(|(name, _)| name.eq_ignore_ascii_case(tag::UID));
        let uid = uids.next().map(|(_, uid)| uid.as_str());
        let is_marked = uid.is_some();
        if self.sample.is_empty() && is_marked {
            self.sample = serde_json::to_vec(key).map_err(PackingError::Write)?;
        }
        let listed = ListedKey {
            packed: Packed::new(key, self.with(is_marked))?,
            is_marked,
        };
        let name: Box<str> = key.name.to_lowercase().into();
        if self.keys.contains_key(&name) {
            // Pages may overlap; the later one is the newer.
            self.marks
                .retain(|(_, marked)| marked.to_lowercase() != *name);
        }
        self.keys.insert(name, listed);
        if let Some(uid) = uid {
            self.marks.insert((uid.into(), key.name.as_str().into()));
        }
        Ok(())
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key of a name, in any case.
    ///
    /// # Errors
    /// When it can't be unpacked.
    pub(super) fn get(&self, name: &str) -> Result<Option<SshPublicKey>, PackingError> {
        let listed = self.keys.get(name.to_lowercase().as_str());
        let key = listed.map(|listed| listed.packed.read(self.with(listed.is_marked)));
        key.transpose()
    }

    /// What a key is packed with.
    fn with(&self, is_marked: bool) -> &[u8] {
        if is_marked { &self.sample } else { &[] }
    }

    /// The names of the keys whose mark has this UID.
    pub(super) fn marked(&self, uid: &str) -> impl Iterator<Item = &str> {
        let from = (Box::from(uid), Box::from(""));
        let marks = self.marks.range(from..);
        let of_uid = marks.take_while(move |(of, _)| **of == *uid);
        of_uid.map(|(_, name)| &**name)
    }

    /// The UIDs in all marks, with the names of the keys that carry them.
    pub(super) fn marks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.marks.iter().map(|(uid, name)| (&**uid, &**name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::models::Properties;

    fn key(name: &str, uid: Option<&str>) -> SshPublicKey {
        let mark = uid.map(|uid| [(tag::UID.to_owned(), uid.to_owned())].into());
        SshPublicKey {
            id: format!("/subscriptions/s/resourceGroups/G/providers/p/sshPublicKeys/{name}"),
            name: name.to_owned(),
            location: "westeurope".to_owned(),
            tags: mark,
            properties: Properties {
                public_key: Some(format!("ssh-ed25519 AAAA {name}")),
            },
        }
    }

    #[test]
    fn keys_are_found_by_name_and_by_mark_as_the_list_showed_them() {
        let all = [
            key("Theirs", None),
            key("One", Some("u1")),
            key("two", Some("u1")),
            key("three", Some("u10")),
        ];
        let mut listed = ListedKeys::default();
        for key in &all {
            listed.add(key).unwrap();
        }
        for key in &all {
            let found = listed.get(&key.name.to_uppercase()).unwrap();
            assert_eq!(found.as_ref(), Some(key));
        }
        assert_eq!(listed.get("four").unwrap(), None);
        assert_eq!(listed.marked("u1").collect::<Vec<_>>(), ["One", "two"]);
        assert_eq!(listed.marked("u").count(), 0);
        assert_eq!(listed.marks().count(), 3);
        listed.add(&key("ONE", Some("u2"))).unwrap();
        assert_eq!(listed.marked("u1").collect::<Vec<_>>(), ["two"]);
        assert_eq!(listed.marked("u2").collect::<Vec<_>>(), ["ONE"]);
    }
}
