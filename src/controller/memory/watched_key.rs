//! An `SshKey` as its watch keeps it: packed, with a summary of what is asked of all keys at once. A cluster may have a
//! hundred thousand of them, and of each only a reconcile needs the whole.

use kube::{Resource, api::ObjectMeta, core::error_boundary::InvalidObject};
use serde::{Deserialize, Deserializer};

use crate::{
    api::SshKey,
    controller::memory::summary::Summary,
    kubernetes::{cut::cut, guarded::Guarded, kind_of::kind_of},
    packing::packed::Packed,
};

/// A Ready key: what most keys resemble.
const TYPICAL: &str = include_str!("typical_sshkey.json");

/// An `SshKey` that is watched.
#[derive(Clone, Debug)]
pub(in crate::controller) struct WatchedKey {
    /// Its name, namespace, UID and version; the rest of its metadata is packed.
    meta: ObjectMeta,
    /// The object as JSON, or why it can't be read.
    text: Result<Packed, Box<str>>,
    pub(in crate::controller) summary: Summary,
}

impl WatchedKey {
    /// The object, as far as the operator reads it.
    ///
    /// # Errors
    /// When the object does not fit this version of the definitions.
    pub(in crate::controller) fn read(&self) -> Result<SshKey, Box<InvalidObject>> {
        let unreadable = |error| {
            Box::new(InvalidObject {
                error,
                metadata: self.meta.clone(),
            })
        };
        let packed = self.text.as_ref();
        let packed = packed.map_err(|why| unreadable(why.to_string()))?;
        let key = packed.read::<SshKey>(TYPICAL.as_bytes());
        let mut key = key.map_err(|error| unreadable(error.to_string()))?;
        put_back(&mut key.metadata, &self.meta);
        Ok(key)
    }

    fn unreadable(metadata: &mut ObjectMeta, why: &str) -> Self {
        let summary = Summary::unreadable(metadata);
        Self {
            meta: take_out(metadata),
            text: Err(why.into()),
            summary,
        }
    }
}

impl From<SshKey> for WatchedKey {
    fn from(mut key: SshKey) -> Self {
        cut(&mut key);
        let summary = Summary::of(&key);
        let meta = take_out(&mut key.metadata);
        let text = Packed::new(&key, TYPICAL.as_bytes());
        Self {
            text: text.map_err(|error| error.to_string().into()),
            meta,
            summary,
        }
    }
}

/// Takes out of the metadata what is not packed.
fn take_out(metadata: &mut ObjectMeta) -> ObjectMeta {
    ObjectMeta {
        name: metadata.name.take(),
        namespace: metadata.namespace.take(),
        uid: metadata.uid.take(),
        resource_version: metadata.resource_version.take(),
        generation: metadata.generation.take(),
        deletion_timestamp: metadata.deletion_timestamp.take(),
        ..ObjectMeta::default()
    }
}

fn put_back(metadata: &mut ObjectMeta, taken: &ObjectMeta) {
    let taken = taken.clone();
    metadata.name = taken.name;
    metadata.namespace = taken.namespace;
    metadata.uid = taken.uid;
    metadata.resource_version = taken.resource_version;
    metadata.generation = taken.generation;
    metadata.deletion_timestamp = taken.deletion_timestamp;
}

impl<'de> Deserialize<'de> for WatchedKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Guarded::<SshKey>::deserialize(deserializer)?.0 {
            Ok(key) => key.into(),
            Err(mut invalid) => Self::unreadable(&mut invalid.metadata, &invalid.error),
        })
    }
}

impl Resource for WatchedKey {
    kind_of!(SshKey, meta);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typical() -> SshKey {
        serde_json::from_str(TYPICAL).unwrap()
    }

    #[test]
    fn a_key_is_read_as_the_watch_brought_it() {
        let mut key = typical();
        let metadata = &mut key.metadata;
        metadata.name = Some("web".to_owned());
        metadata.namespace = Some("team".to_owned());
        metadata.uid = Some("0b5a9c52-7a1e-4a6c-9f0e-2f2f0f4e8f11".to_owned());
        metadata.resource_version = Some("4711".to_owned());
        metadata.generation = Some(3);
        let text = serde_json::to_string(&key).unwrap();
        let watched: WatchedKey = serde_json::from_str(&text).unwrap();
        assert_eq!(watched.meta().name.as_deref(), Some("web"));
        cut(&mut key);
        assert_eq!(watched.read().unwrap(), key);
        assert_eq!(watched.summary, Summary::of(&key));
    }

    #[test]
    fn what_keys_have_in_common_takes_little_room() {
        let typical = typical();
        // It is written as keys are packed, or less of them would be found in it.
        assert_eq!(serde_json::to_string(&typical).unwrap(), TYPICAL);
        let other = TYPICAL
            .replace("rg-keys", "rg-production")
            .replace(
                "00000000-0000-4000-8000-000000000000",
                "7d1f0c3e-52aa-4b1e-9a40-6c1f2f1f7a02",
            )
            .replace(
                "SHA256:000",
                "SHA256:k6GvwrKupB0Rsv5ettZx5gXf6qxQOaiGRUsAEAFf",
            )
            .replace("\"key\"", "\"machine-0815\"");
        let other: SshKey = serde_json::from_str(&other).unwrap();
        let watched = WatchedKey::from(other);
        let (size, length) = (watched.text.unwrap().size(), TYPICAL.len());
        assert!(size < length / 4, "{size} of {length}");
    }

    #[test]
    fn one_that_can_not_be_read_keeps_its_name_and_the_reason() {
        let bad = r#"{"metadata":{"name":"bad","namespace":"a","annotations":{"sshkey-operator.io/recorded-uid":"u"}},"spec":{"suspend":"soon"}}"#;
        let watched: WatchedKey = serde_json::from_str(bad).unwrap();
        let invalid = watched.read().unwrap_err();
        assert_eq!(invalid.metadata.name.as_deref(), Some("bad"));
        assert_eq!(
            invalid.error,
            "invalid type: string \"soon\", expected a boolean"
        );
        assert_eq!(watched.summary.state, "unreadable");
        assert_eq!(watched.summary.predecessor.as_deref(), Some("u"));
    }
}
