//! Whose a key in Azure is: four tags say it.

use std::collections::BTreeMap;

use crate::api::names::tag;

/// Who an Azure key belongs to: an object of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The cluster's id.
    pub cluster: String,
    /// The object's namespace.
    pub namespace: String,
    /// The object's name.
    pub object: String,
    /// The object's UID.
    pub uid: String,
}

/// What the tags of an Azure key say about whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// This very object's: all four tags name it.
    Ours,
    /// Of this cluster, namespace and name under another UID: a predecessor's, or that of a living twin in another cluster of
    /// the same id.
    Namesake(String),
    /// Another object's, or one that some of the tags tell from this one.
    Foreign(Mark),
    /// Nobody's that the operator knows of: no tag, or not all of them and none that tells another object.
    Unmarked,
}

impl Mark {
    /// The tags that carry the mark.
    pub fn tags(&self) -> [(&'static str, &str); 4] {
        [
            (tag::CLUSTER, &self.cluster),
            (tag::NAMESPACE, &self.namespace),
            (tag::OBJECT, &self.object),
            (tag::UID, &self.uid),
        ]
    }

    /// What `tags` say, from this object's point of view.
    pub fn ownership(&self, tags: &BTreeMap<String, String>) -> Ownership {
        let parts = self.tags().map(|(name, own)| (value(tags, name), own));
        let is_complete = parts.iter().all(|(there, _)| there.is_some());
        let differs =
            |(there, own): &(Option<&str>, &str)| there.is_some_and(|there| there != *own);
        let [cluster, namespace, object, uid] = parts;
        let is_another = [cluster, namespace, object].iter().any(differs);
        let text = |(there, _): (Option<&str>, &str)| there.unwrap_or_default().to_owned();
        if is_another || (!is_complete && differs(&uid)) {
            return Ownership::Foreign(Mark {
                cluster: text(cluster),
                namespace: text(namespace),
                object: text(object),
                uid: text(uid),
            });
        }
        match (is_complete, differs(&uid)) {
            (false, _) => Ownership::Unmarked,
            (true, false) => Ownership::Ours,
            (true, true) => Ownership::Namesake(text(uid)),
        }
    }
}

/// A tag's value; names of tags compare without case.
/// <https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources>
pub(crate) fn value<'a>(tags: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    tags.iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(object: &str, uid: &str) -> Mark {
        Mark {
            cluster: "c".into(),
            namespace: "n".into(),
            object: object.into(),
            uid: uid.into(),
        }
    }

    fn tags(mark: &Mark) -> BTreeMap<String, String> {
        mark.tags()
            .into_iter()
            .map(|(name, value)| (name.to_uppercase(), value.to_owned()))
            .collect()
    }

    #[test]
    fn the_mark_tells_this_object_its_former_self_another_and_nobody_apart() {
        let me = mark("web", "1");
        assert_eq!(me.ownership(&tags(&me)), Ownership::Ours);
        assert_eq!(
            me.ownership(&tags(&mark("web", "0"))),
            Ownership::Namesake("0".into())
        );
        assert_eq!(
            me.ownership(&tags(&mark("db", "1"))),
            Ownership::Foreign(mark("db", "1"))
        );
        assert_eq!(me.ownership(&BTreeMap::new()), Ownership::Unmarked);
    }

    #[test]
    fn a_part_of_a_mark_is_no_mark_and_a_part_of_anothers_is_anothers() {
        let me = mark("web", "1");
        for left_out in 0..4 {
            let mut part = tags(&me);
            let name = part.keys().nth(left_out).unwrap().clone();
            part.remove(&name);
            assert_eq!(me.ownership(&part), Ownership::Unmarked, "without {name}");
            for name in part.keys().cloned().collect::<Vec<_>>() {
                let mut theirs = part.clone();
                theirs.insert(name, "another".into());
                assert!(matches!(me.ownership(&theirs), Ownership::Foreign(_)));
            }
        }
    }
}
