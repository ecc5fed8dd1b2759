//! Objects of which one that can't be read stops only itself.

use std::fmt::Debug;

use kube::{
    Resource,
    api::ObjectMeta,
    core::{PartialObjectMeta, error_boundary::InvalidObject},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::value::RawValue;

use super::kind_of::kind_of;

/// An object, or the metadata of one that can't be read and why. It is read from JSON only: kube's `DeserializeGuard` reads
/// from anything, but each object twice, by way of a tree of values and a copy of it.
#[derive(Clone, Debug)]
pub struct Guarded<K>(pub Result<K, InvalidObject>);

/// What a watch tells of.
pub trait Watched:
    Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
}

impl<W> Watched for W where
    W: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
}

impl<'de, K> Deserialize<'de> for Guarded<K>
where
    K: Resource + DeserializeOwned,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let why = match serde_json::from_str(text.get()) {
            Ok(object) => return Ok(Self(Ok(object))),
            Err(why) => without_place(&why),
        };
        let found: PartialObjectMeta<K> =
            serde_json::from_str(text.get()).map_err(D::Error::custom)?;
        Ok(Self(Err(InvalidObject {
            error: why,
            metadata: found.metadata,
        })))
    }
}

/// An error's words. Its line and column are those of a text that nobody sees.
fn without_place(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    words.strip_suffix(&place).unwrap_or(&words).to_owned()
}

impl<K: Resource> Resource for Guarded<K> {
    kind_of!(K);

    fn meta(&self) -> &ObjectMeta {
        self.0
            .as_ref()
            .map_or_else(|invalid| &invalid.metadata, K::meta)
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        match &mut self.0 {
            Ok(object) => object.meta_mut(),
            Err(invalid) => &mut invalid.metadata,
        }
    }
}

#[cfg(test)]
mod tests {
    use kube::{
        ResourceExt,
        core::{ObjectList, WatchEvent},
    };

    use super::*;
    use crate::api::SshKey;

    const GOOD: &str = r#"{"metadata":{"name":"good"},"spec":{"suspend":true}}"#;
    const BAD: &str = r#"{"metadata":{"name":"bad","namespace":"a"},"spec":{"suspend":"soon"}}"#;

    #[test]
    fn one_that_can_not_be_read_spoils_no_list() {
        let list = format!(
            r#"{{"kind":"SshKeyList","apiVersion":"v1","metadata":{{}},"items":[{BAD},{GOOD}]}}"#
        );
        let list: ObjectList<Guarded<SshKey>> = serde_json::from_str(&list).unwrap();
        let [bad, good] = list.items.as_slice() else {
            panic!("{list:?}")
        };
        assert_eq!(bad.name_any(), "bad");
        assert_eq!(bad.namespace().as_deref(), Some("a"));
        assert_eq!(
            bad.0.as_ref().unwrap_err().error,
            "invalid type: string \"soon\", expected a boolean"
        );
        assert!(good.0.as_ref().unwrap().spec.suspend);
    }

    #[test]
    fn it_is_read_from_an_event_of_a_watch() {
        for (object, is_read) in [(GOOD, true), (BAD, false)] {
            let event = format!(r#"{{"type":"MODIFIED","object":{object}}}"#);
            let event: WatchEvent<Guarded<SshKey>> = serde_json::from_str(&event).unwrap();
            let WatchEvent::Modified(object) = event else {
                panic!("{event:?}")
            };
            assert_eq!(object.0.is_ok(), is_read);
        }
    }

    #[test]
    fn what_has_no_readable_metadata_is_no_object() {
        let read: Result<Guarded<SshKey>, _> = serde_json::from_str(r#"{"metadata":"none"}"#);
        assert!(read.is_err());
    }
}
