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
    /// This very object's.
    Ours,
    /// An object's of the same cluster, namespace and name that was deleted since.
    FormerIncarnation,
    /// Another object's.
    Foreign(Mark),
    /// Nobody's that the operator knows of.
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
        let Some(cluster) = value(tags, tag::CLUSTER) else {
            return Ownership::Unmarked;
        };
        let part = |name| value(tags, name).unwrap_or_default().to_owned();
        let other = Mark {
            cluster: cluster.to_owned(),
            namespace: part(tag::NAMESPACE),
            object: part(tag::OBJECT),
            uid: part(tag::UID),
        };
        let same_name = other.cluster == self.cluster
            && other.namespace == self.namespace
            && other.object == self.object;
        match (same_name, other.uid == self.uid) {
            (true, true) => Ownership::Ours,
            (true, false) => Ownership::FormerIncarnation,
            (false, _) => Ownership::Foreign(other),
        }
    }
}

/// A tag's value; names of tags compare without case.
/// <https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources>
pub(super) fn value<'a>(tags: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
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
            Ownership::FormerIncarnation
        );
        assert_eq!(
            me.ownership(&tags(&mark("db", "1"))),
            Ownership::Foreign(mark("db", "1"))
        );
        assert_eq!(me.ownership(&BTreeMap::new()), Ownership::Unmarked);
    }
}
