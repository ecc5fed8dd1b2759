//! Everything that is there, in the cluster and in Azure.

use std::collections::BTreeMap;

use arm_emulator::{StoredGroup, StoredKey};
use dev::world::{CREDENTIALS, World};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Resource, ResourceExt,
    api::{ListParams, ObjectMeta},
};
use serde_json::{Value, json};
use sshkey_operator::{
    api::{AzureStore, Condition, ConditionType, Reason, SshKey, condition::find, names::label},
    keys::{KeyPair, PublicKey},
};

use super::{witness::MARK, words::Words};

/// What is there at a moment.
pub(super) struct State {
    namespace: String,
    keys: Vec<SshKey>,
    stores: Vec<AzureStore>,
    secrets: Vec<Secret>,
    maps: Vec<ConfigMap>,
    azure: Vec<StoredKey>,
    groups: Vec<StoredGroup>,
}

impl State {
    pub(super) async fn look(world: &World) -> Self {
        let all = ListParams::default();
        let of_operator = ListParams::default().labels(label::SECRET_ROLE);
        let secrets = world.api::<Secret>().list(&all).await.unwrap();
        let is_of_the_test = |secret: &Secret| {
            let name = secret.name_any();
            name == CREDENTIALS || name.starts_with(MARK)
        };
        Self {
            namespace: world.namespace().to_owned(),
            keys: world.api().list(&all).await.unwrap().items,
            stores: world.api().list(&all).await.unwrap().items,
            secrets: secrets
                .into_iter()
                .filter(|secret| !is_of_the_test(secret))
                .collect(),
            maps: world.api().list(&of_operator).await.unwrap().items,
            azure: world.emulator().keys(),
            groups: world.emulator().groups(),
        }
    }

    /// The UID of everything, and what it is.
    pub(super) fn uids(&self) -> BTreeMap<String, String> {
        fn pairs<K: Resource<DynamicType = ()>>(
            objects: &[K],
        ) -> impl Iterator<Item = (String, String)> {
            objects.iter().filter_map(|object| {
                let what = format!("{} {}", K::kind(&()), object.name_any());
                Some((object.uid()?, what))
            })
        }
        pairs(&self.keys)
            .chain(pairs(&self.stores))
            .chain(pairs(&self.secrets))
            .chain(pairs(&self.maps))
            .collect()
    }

    /// All of it as text, in words of which no run has others; `keys` in the order in which they were stored.
    pub(super) fn told(&self, keys: &[PublicKey], uids: &BTreeMap<String, String>) -> String {
        let words = Words::new(&self.namespace, keys, uids);
        let keys = self.keys.iter().map(|key| {
            named(
                &words,
                key,
                json!({ "spec": key.spec, "status": key.status }),
            )
        });
        let stores = self
            .stores
            .iter()
            .map(|store| named(&words, store, json!({ "status": store.status })));
        let secrets = self.secrets.iter().map(|secret| {
            let data = secret.data.iter().flatten();
            let data: BTreeMap<&String, String> = data
                .map(|(name, bytes)| (name, words.of_entry(&bytes.0)))
                .collect();
            named(
                &words,
                secret,
                json!({ "type": secret.type_, "data": data }),
            )
        });
        let maps = self
            .maps
            .iter()
            .map(|map| named(&words, map, json!({ "data": map.data })));
        let objects: BTreeMap<String, Value> =
            keys.chain(stores).chain(secrets).chain(maps).collect();
        let azure = words.of_value(json!({ "keys": self.azure, "groups": self.groups }));
        let all = json!({ "cluster": objects, "azure": azure });
        serde_json::to_string_pretty(&all).unwrap()
    }

    /// Whether there is an `SshKey` of this name that is Ready, and its status, its Secret and Azure have one key.
    pub(super) fn is_ready(&self, name: &str) -> Result<(), String> {
        let key = self.keys.iter().find(|key| key.name_any() == name);
        let key = key.ok_or_else(|| format!("there is no SshKey {name}"))?;
        is_ready(key)?;
        let status = key.status.clone().unwrap_or_default();
        let secret = self
            .secrets
            .iter()
            .find(|secret| status.secret_name == secret.metadata.name);
        let stored = secret
            .and_then(|secret| secret.data.as_ref()?.get("ssh-privatekey"))
            .and_then(|bytes| KeyPair::from_openssh(&bytes.0).ok())
            .map(|pair| pair.public_key());
        let reported = status.public_key.as_deref().and_then(parse);
        let place = status.azure.map(|azure| azure.resource_id);
        let in_azure = self.azure.iter().find(|key| {
            let id = place.as_deref().unwrap_or_default();
            key.id.eq_ignore_ascii_case(id)
        });
        let published = in_azure.and_then(|key| parse(key.public_key.as_deref()?));
        if stored.is_some() && stored == reported && stored == published {
            Ok(())
        } else {
            Err(format!(
                "{stored:?} is stored, {reported:?} is reported, {published:?} is published"
            ))
        }
    }

    /// Whether an `SshKey` is not Ready for a reason, and its status speaks of its present spec.
    pub(super) fn stands(&self, name: &str, reason: Reason) -> Result<(), String> {
        let key = self.keys.iter().find(|key| key.name_any() == name);
        let key = key.ok_or_else(|| format!("there is no SshKey {name}"))?;
        let conditions = key.status.iter().flat_map(|status| &status.conditions);
        let conditions: Vec<Condition> = conditions.cloned().collect();
        match find(&conditions, ConditionType::Ready) {
            Some(ready)
                if ready.reason == reason.as_str()
                    && ready.observed_generation == key.metadata.generation =>
            {
                Ok(())
            }
            other => Err(format!("SshKey {name}: {other:?}")),
        }
    }

    /// Whether these and no others are there, sorted by name: `SshKeys`, Secrets, `ConfigMap`s and keys in Azure.
    pub(super) fn holds(
        &self,
        keys: &[&str],
        secrets: &[&str],
        maps: &[&str],
        azure: &[&str],
    ) -> Result<(), String> {
        let prefix = format!("{}.", self.namespace);
        let mut in_azure: Vec<String> = self
            .azure
            .iter()
            .map(|key| key.name.replace(&prefix, ""))
            .collect();
        in_azure.sort_unstable();
        let there = [
            names(&self.keys),
            names(&self.secrets),
            names(&self.maps),
            in_azure,
        ];
        if there == [keys, secrets, maps, azure].map(<[&str]>::to_vec) {
            Ok(())
        } else {
            Err(format!("there are {there:?}"))
        }
    }
}

/// Whether an `SshKey` is Ready, and its status speaks of its present spec.
pub(super) fn is_ready(key: &SshKey) -> Result<(), String> {
    let conditions = key.status.iter().flat_map(|status| &status.conditions);
    let conditions: Vec<Condition> = conditions.cloned().collect();
    let ready = find(&conditions, ConditionType::Ready);
    match ready {
        Some(ready)
            if ready.status == "True" && ready.observed_generation == key.metadata.generation =>
        {
            Ok(())
        }
        other => Err(format!("SshKey {}: {other:?}", key.name_any())),
    }
}

fn parse(line: &str) -> Option<PublicKey> {
    PublicKey::parse(line).ok()
}

fn names<K: ResourceExt>(objects: &[K]) -> Vec<String> {
    let mut names: Vec<String> = objects.iter().map(K::name_any).collect();
    names.sort_unstable();
    names
}

/// An object under its kind and name, with `content` and what its metadata say for good.
fn named<K: Resource<DynamicType = ()>>(
    words: &Words,
    object: &K,
    mut content: Value,
) -> (String, Value) {
    let ObjectMeta {
        labels,
        annotations,
        finalizers,
        owner_references,
        generation,
        deletion_timestamp,
        ..
    } = object.meta().clone();
    content["metadata"] = json!({
        "labels": labels,
        "annotations": annotations,
        "finalizers": finalizers,
        "ownerReferences": owner_references,
        "generation": generation,
        "isBeingDeleted": deletion_timestamp.is_some(),
    });
    let name = words.of(&format!("{} {}", K::kind(&()), object.name_any()));
    (name, words.of_value(content))
}
