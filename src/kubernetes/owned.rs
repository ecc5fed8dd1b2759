//! Secrets and `ConfigMap`s of an `SshKey`, as their watches need them: whose they are. Their contents are not asked for, and
//! the rest of their metadata, of which a page of a list would be many MiB, is not kept.

use std::marker::PhantomData;

use kube::{Resource, api::ObjectMeta};
use serde::{Deserialize, Deserializer};

use super::kind_of::kind_of;

/// An object of kind `K` that names the `SshKey` it belongs to.
#[derive(Clone, Debug)]
pub struct Owned<K> {
    /// Its name, namespace, UID and version.
    meta: ObjectMeta,
    /// The name of its `SshKey`, in the same namespace.
    pub owner: Option<String>,
    kind: PhantomData<K>,
}

/// What is read of an object.
#[derive(Deserialize)]
struct Read {
    metadata: ReadMeta,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadMeta {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    annotations: Option<ReadAnnotations>,
}

#[derive(Deserialize)]
struct ReadAnnotations {
    #[serde(rename = "sshkey-operator.io/owner-name")]
    owner: Option<String>,
}

impl<'de, K> Deserialize<'de> for Owned<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Read::deserialize(deserializer)?.metadata;
        Ok(Self {
            meta: ObjectMeta {
                name: read.name,
                namespace: read.namespace,
                uid: read.uid,
                resource_version: read.resource_version,
                ..ObjectMeta::default()
            },
            owner: read.annotations.and_then(|all| all.owner),
            kind: PhantomData,
        })
    }
}

impl<K: Resource> Resource for Owned<K> {
    kind_of!(K, meta);

    fn metadata_api() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Secret;
    use kube::ResourceExt;
    use serde_json::json;

    use super::*;
    use crate::api::names::annotation;

    #[test]
    fn an_object_says_whose_it_is() {
        let object = json!({
            "kind": "PartialObjectMetadata",
            "metadata": {
                "name": "web",
                "namespace": "team",
                "resourceVersion": "7",
                "annotations": { annotation::OWNER_NAME: "key", "theirs": "x" },
                "managedFields": [{ "manager": "m", "fieldsV1": { "f:data": {} } }],
            },
        });
        let owned: Owned<Secret> = serde_json::from_value(object).unwrap();
        assert_eq!(owned.owner.as_deref(), Some("key"));
        assert_eq!(owned.name_any(), "web");
        assert_eq!(owned.namespace().as_deref(), Some("team"));
        assert_eq!(owned.resource_version().as_deref(), Some("7"));
    }

    #[test]
    fn an_object_without_annotations_is_nobodys() {
        let bare = json!({ "metadata": { "name": "web" } });
        let owned: Owned<Secret> = serde_json::from_value(bare).unwrap();
        assert_eq!(owned.owner, None);
    }
}
