//! What an operator leaves behind in a world: taken as JSON, and laid into another world, as an upgrade finds it.

use anyhow::{Context, bail};
use arm_emulator::StoredKey;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api, Client, ResourceExt,
    api::{DynamicObject, ListParams, ObjectMeta, Patch, PatchParams, PostParams},
    core::NamespaceResourceScope,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sshkey_operator::api::{SshKey, names::manager};

use super::{CREDENTIALS, World};

/// Who lays a snapshot into a world.
const LAID_BY: &str = "sshkey-operator-dev";

/// Everything in a test's namespace and in its Azure: `SshKey`s with their status, Secrets, `ConfigMap`s, keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The namespace that it was taken in. Its name is in annotations, in tags, in names in Azure and in keys, so that it
    /// can be laid only where the namespace has the same name.
    pub namespace: String,
    /// The `SshKey`s.
    pub keys: Vec<Value>,
    /// The Secrets, but the store's credentials.
    pub secrets: Vec<Value>,
    /// The `ConfigMap`s, but the one that Kubernetes makes.
    pub config_maps: Vec<Value>,
    /// The keys in Azure.
    pub azure: Vec<StoredKey>,
}

impl Snapshot {
    /// Takes what is in the world now.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn take(world: &World) -> anyhow::Result<Self> {
        let secrets = all::<Secret>(world).await?.into_iter();
        let maps = all::<ConfigMap>(world).await?.into_iter();
        Ok(Self {
            namespace: world.namespace().to_owned(),
            keys: all::<SshKey>(world).await?,
            secrets: secrets.filter(|one| !is(one, CREDENTIALS)).collect(),
            config_maps: maps.filter(|one| !is(one, "kube-root-ca.crt")).collect(),
            azure: world.emulator().keys(),
        })
    }

    /// What is in it of names that begin with `prefix`, and of keys in Azure that a store has named after such an object.
    #[must_use]
    pub fn part(&self, prefix: &str) -> Self {
        let is_in = |object: &&Value| {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            name.starts_with(prefix)
        };
        let made = format!("{}.{prefix}", self.namespace);
        let azure = self.azure.iter();
        let azure = azure.filter(|key| key.name.starts_with(prefix) || key.name.starts_with(&made));
        Self {
            namespace: self.namespace.clone(),
            keys: self.keys.iter().filter(is_in).cloned().collect(),
            secrets: self.secrets.iter().filter(is_in).cloned().collect(),
            config_maps: self.config_maps.iter().filter(is_in).cloned().collect(),
            azure: azure.cloned().collect(),
        }
    }

    /// Lays it into another world, whose operator does not run yet, with the UIDs that its objects get there, each field
    /// owned by the manager that wrote it.
    ///
    /// # Errors
    /// When the API server refuses something, or the namespace has another name.
    pub async fn lay(&self, world: &World) -> anyhow::Result<()> {
        if self.namespace != world.namespace() {
            bail!(
                "a snapshot of namespace {} is for that name",
                self.namespace
            );
        }
        let mut laid_out = self.clone();
        for key in &self.keys {
            let laid = lay_one::<SshKey>(world, key).await?;
            let before = key["metadata"]["uid"].as_str().unwrap_or_default();
            let text = serde_json::to_string(&laid_out).context("write a snapshot")?;
            let text = text.replace(before, &laid.uid().unwrap_or_default());
            laid_out = serde_json::from_str(&text).context("read a snapshot")?;
            let mut status = key["status"].clone();
            of_generation(&mut status, laid.metadata.generation.unwrap_or(1));
            let text = status.to_string();
            let text = text.replace(before, &laid.uid().unwrap_or_default());
            status = serde_json::from_str(&text).context("read a status")?;
            lay_status(world, &laid.name_any(), &status).await?;
        }
        for secret in &laid_out.secrets {
            lay_one::<Secret>(world, secret).await?;
        }
        for map in &laid_out.config_maps {
            lay_one::<ConfigMap>(world, map).await?;
        }
        for key in laid_out.azure {
            world.emulator().put_key_as_someone_else(key);
        }
        Ok(())
    }
}

fn is(object: &Value, name: &str) -> bool {
    object["metadata"]["name"] == name
}

fn api<K>(client: &Client, namespace: &str) -> Api<DynamicObject>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    let kind = kube::api::ApiResource::erase::<K>(&());
    Api::namespaced_with(client.clone(), namespace, &kind)
}

async fn all<K>(world: &World) -> anyhow::Result<Vec<Value>>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned,
{
    let api = api::<K>(world.client(), world.namespace());
    let list = api.list(&ListParams::default()).await;
    let list = list.with_context(|| format!("list {}", K::plural(&())))?;
    let objects = list.items.into_iter().map(|mut object| {
        object.types = Some(kube::api::TypeMeta {
            api_version: K::api_version(&()).into_owned(),
            kind: K::kind(&()).into_owned(),
        });
        object.metadata.resource_version = None;
        serde_json::to_value(object).context("write an object")
    });
    objects.collect()
}

/// Creates an object as it was. Who owns which field can be said only of one that is there.
async fn lay_one<K>(world: &World, object: &Value) -> anyhow::Result<DynamicObject>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    let mut object: DynamicObject =
        serde_json::from_value(object.clone()).context("read an object")?;
    let name = object.name_any();
    let was = object.metadata;
    object.metadata = ObjectMeta {
        name: was.name,
        labels: was.labels,
        annotations: was.annotations,
        finalizers: was.finalizers,
        owner_references: was.owner_references,
        ..ObjectMeta::default()
    };
    let api = api::<K>(world.client(), world.namespace());
    let params = PostParams {
        field_manager: Some(LAID_BY.to_owned()),
        ..PostParams::default()
    };
    let created = api.create(&params, &object).await;
    let mut laid = created.with_context(|| format!("create {name}"))?;
    let owners = was.managed_fields.unwrap_or_default().into_iter();
    let owners: Vec<_> = owners.filter(|one| one.subresource.is_none()).collect();
    if owners.is_empty() {
        bail!("a snapshot of {name} that does not say who owns what");
    }
    laid.metadata.managed_fields = Some(owners);
    // What an object says of itself is of the UID that it has here.
    let uid = laid.uid().unwrap_or_default();
    if let Some(before) = was.uid {
        for value in laid.annotations_mut().values_mut() {
            *value = value.replace(&before, &uid);
        }
    }
    let owned = api.replace(&name, &params, &laid).await;
    owned.with_context(|| format!("say who owns what in {name}"))
}

async fn lay_status(world: &World, name: &str, status: &Value) -> anyhow::Result<()> {
    let api = api::<SshKey>(world.client(), world.namespace());
    let apply = json!({
        "apiVersion": <SshKey as kube::Resource>::api_version(&()),
        "kind": "SshKey",
        "metadata": { "name": name },
        "status": status,
    });
    let params = PatchParams::apply(manager::STATUS).force();
    let applied = api
        .patch_status(name, &params, &Patch::Apply(&apply))
        .await
        .with_context(|| format!("write the status of {name}"))?;
    if applied.data["status"]["conditions"] != status["conditions"] {
        bail!("the status of {name} was not taken as it is");
    }
    Ok(())
}

/// Lets a status speak of this generation: the object is new where it is laid, whatever was changed on it before.
fn of_generation(status: &mut Value, generation: i64) {
    match status {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "observedGeneration" {
                    *value = json!(generation);
                } else {
                    of_generation(value, generation);
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| of_generation(item, generation)),
        _ => {}
    }
}
