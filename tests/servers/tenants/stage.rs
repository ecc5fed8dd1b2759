//! A cluster with stores of its own and three namespaces, of which each store is open to some.

use std::collections::BTreeMap;

use arm_emulator::StoredKey;
use dev::{
    manifests,
    world::{LOCATION, Part, RESOURCE_GROUP, SUBSCRIPTION, World, WorldOptions, resource_id},
};
use k8s_openapi::api::{core::v1::Namespace, events::v1::Event, rbac::v1::PolicyRule};
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use sshkey_operator::api::{
    ClusterAzureStore, ConditionType, Reason, SshKey, condition::find, names::STORE_FINALIZER,
};

use crate::{
    made::Made,
    manifests::key,
    seen::{CANARY, lists_pass, objects},
    stores::of_the_cluster::{client_secret, credentials, store_with, wait_store},
};

/// May use all stores.
pub(super) const GOOD: &str = "team-good";
/// May use `custom`.
pub(super) const EVIL: &str = "team-evil";
/// May use no store.
pub(super) const OUT: &str = "team-out";

/// Lets its tenants take over keys.
pub(super) const ADOPTING: &str = "adopting";
/// Lets its tenants choose names.
pub(super) const CUSTOM: &str = "custom";
/// Lets its tenants do nothing beyond publishing keys of their own.
pub(super) const STRICT: &str = "strict";

/// Where administrators keep keys that no tenant has to do with.
pub(super) const ADMINS: &str = "admins-only";

/// The cluster of these tests.
pub(super) struct Stage {
    pub(super) world: World,
}

/// A key that a person keeps in Azure by hand.
pub(super) struct Victim {
    pub(super) id: String,
    pub(super) public_key: String,
    stored: StoredKey,
}

fn rule(group: &str, resources: &[&str]) -> PolicyRule {
    PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(resources.iter().map(|&one| one.to_owned()).collect()),
        verbs: vec!["*".to_owned()],
        ..PolicyRule::default()
    }
}

/// `SshKey`s and nothing else.
pub(super) fn sshkeys_only() -> Vec<PolicyRule> {
    vec![rule("sshkey-operator.io", &["sshkeys"])]
}

/// Everything that an application team has.
pub(super) fn stores_and_secrets() -> Vec<PolicyRule> {
    vec![
        rule("sshkey-operator.io", &["sshkeys", "azurestores"]),
        rule("", &["secrets", "configmaps"]),
    ]
}

/// Secrets and nothing else.
pub(super) fn secrets_only() -> Vec<PolicyRule> {
    vec![rule("", &["secrets"])]
}

/// Everything in the namespace, subresources too.
pub(super) fn everything() -> Vec<PolicyRule> {
    vec![rule("*", &["*"])]
}

impl Stage {
    pub(super) async fn start() -> Self {
        let options = WorldOptions::new().cluster_stores().all_namespaces();
        let world = World::start(options.without(Part::Store)).await;
        for name in [GOOD, EVIL, OUT] {
            let namespace = Namespace {
                metadata: ObjectMeta {
                    name: Some(name.to_owned()),
                    ..ObjectMeta::default()
                },
                ..Namespace::default()
            };
            let namespaces: Api<Namespace> = Api::all(world.client().clone());
            let params = PostParams::default();
            namespaces.create(&params, &namespace).await.unwrap();
        }
        world.apply_to_system(&credentials()).await;
        let defaults =
            format!("{{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: {LOCATION}}}");
        let own = world.namespace();
        for (name, tenants) in [
            (
                ADOPTING,
                format!("{{namespaces: {{names: [{GOOD}]}}, allow: [Adopt]}}"),
            ),
            (
                CUSTOM,
                format!("{{namespaces: {{names: [{GOOD}, {EVIL}]}}, allow: [CustomName]}}"),
            ),
            (
                STRICT,
                format!("{{namespaces: {{names: [{GOOD}, {own}]}}}}"),
            ),
        ] {
            let store = store_with(name, &client_secret(), &defaults, &tenants);
            world.apply_to_system(&store).await;
            wait_store(&world, name, "True", Reason::TokenIssued).await;
        }
        Self { world }
    }

    /// Puts a key into Azure as a person does: without a mark.
    pub(super) fn victim(&self, group: &str, name: &str) -> Victim {
        let stored = StoredKey {
            id: String::new(),
            subscription: SUBSCRIPTION.to_owned(),
            resource_group: group.to_owned(),
            name: name.to_owned(),
            location: LOCATION.to_owned(),
            public_key: Some(Made::ed25519().material()),
            tags: BTreeMap::from([("owner".to_owned(), "humans".to_owned())]),
        };
        let id = self.world.emulator().put_key_as_someone_else(stored);
        let stored = self.world.emulator().key(&id).unwrap();
        self.world.emulator().clear_log();
        Victim {
            id: resource_id(name).replace(RESOURCE_GROUP, group),
            public_key: stored.public_key.clone().unwrap(),
            stored,
        }
    }

    /// The key is as it was.
    pub(super) fn is_untouched(&self, victim: &Victim) {
        assert_eq!(
            self.world.emulator().key(&victim.id).as_ref(),
            Some(&victim.stored)
        );
    }

    pub(super) fn api(&self, namespace: &str) -> Api<SshKey> {
        Api::namespaced(self.world.client().clone(), namespace)
    }

    /// Waits until an `SshKey` of a namespace is as `holds` says, seen as JSON.
    pub(super) async fn until(
        &self,
        namespace: &str,
        name: &str,
        what: &str,
        holds: impl Fn(&Value) -> bool,
    ) -> Value {
        let what = format!("SshKey {namespace}/{name}: {what}");
        self.world
            .until(what, async || {
                let seen = objects(&self.world, namespace).get_opt(name).await.unwrap();
                match seen.map(|seen| serde_json::to_value(seen).unwrap()) {
                    Some(seen) if holds(&seen) => Ok(seen),
                    other => Err(format!("{other:#?}")),
                }
            })
            .await
    }

    /// Waits until an `SshKey` has this reason in its Ready condition.
    pub(super) async fn until_reason(&self, namespace: &str, name: &str, reason: &str) -> Value {
        self.until(namespace, name, reason, |seen| {
            ready_reason(seen).as_deref() == Some(reason)
        })
        .await
    }

    /// Waits until the operator has seen everything once more.
    pub(super) async fn sweeps_pass(&self) {
        let spec = format!("{{azure: {{storeRef: {{kind: ClusterAzureStore, name: {STRICT}}}}}}}");
        self.world.apply(&key(CANARY, &spec)).await;
        self.world.wait_ready(CANARY).await;
        lists_pass(&self.world, 3).await;
    }

    /// Deletes an `SshKey` and waits until it is gone.
    pub(super) async fn delete(&self, namespace: &str, name: &str) {
        let api = self.api(namespace);
        api.delete(name, &DeleteParams::default()).await.unwrap();
        self.world
            .until(
                format!("SshKey {namespace}/{name} is gone"),
                async || match api.get_opt(name).await.unwrap() {
                    None => Ok(()),
                    other => Err(format!("{other:#?}")),
                },
            )
            .await;
    }

    /// A store is as its administrator left it: ready, and held for nobody.
    pub(super) async fn store_is_as_it_was(&self, name: &str) {
        let stores: Api<ClusterAzureStore> = Api::all(self.world.client().clone());
        let store = stores.get(name).await.unwrap();
        let conditions = store.status.unwrap_or_default().conditions;
        let ready = find(&conditions, ConditionType::Ready).unwrap();
        assert_eq!(
            (ready.status.as_str(), ready.reason.as_str()),
            ("True", Reason::TokenIssued.as_str()),
            "{ready:?}"
        );
        assert!(find(&conditions, ConditionType::Stalled).is_none());
        let finalizers = store.metadata.finalizers.unwrap_or_default();
        assert!(!finalizers.iter().any(|one| one == STORE_FINALIZER));
    }

    /// What all events of the cluster say.
    pub(super) async fn all_events(&self) -> Vec<String> {
        let events: Api<Event> = Api::all(self.world.client().clone());
        let list = events.list(&ListParams::default()).await.unwrap();
        let notes = list.items.into_iter().filter_map(|event| event.note);
        notes.collect()
    }
}

/// The reason of the Ready condition, where it speaks of the object as it is.
pub(super) fn ready_reason(object: &Value) -> Option<String> {
    let conditions = object["status"]["conditions"].as_array()?;
    let ready = conditions.iter().find(|one| one["type"] == "Ready")?;
    let is_current = ready["observedGeneration"] == object["metadata"]["generation"];
    is_current.then(|| ready["reason"].as_str().unwrap_or_default().to_owned())
}

/// A record as the annotation of places has it.
pub(super) fn record(id: &str, store: &str) -> Value {
    json!({
        "id": id,
        "location": LOCATION,
        "store": store,
        "storeKind": "ClusterAzureStore",
        "deletionPolicy": "Delete",
    })
}

/// An `SshKey` with annotations, as a tenant applies it.
pub(super) async fn apply_as(
    tenant: &Client,
    namespace: &str,
    name: &str,
    annotations: &Value,
    spec: &Value,
) {
    let object = json!({
        "apiVersion": "sshkey-operator.io/v1alpha1",
        "kind": "SshKey",
        "metadata": { "name": name, "annotations": annotations },
        "spec": spec,
    });
    manifests::apply(tenant, namespace, &object.to_string())
        .await
        .unwrap();
}

/// Writes a status as a tenant who may.
pub(super) async fn write_status_as(tenant: &Client, namespace: &str, name: &str, status: &Value) {
    let api: Api<SshKey> = Api::namespaced(tenant.clone(), namespace);
    let patch = Patch::Merge(json!({ "status": status }));
    api.patch_status(name, &PatchParams::default(), &patch)
        .await
        .unwrap();
}

/// A spec whose public key is given, without Azure.
pub(super) fn uploading(public_key: &str) -> Value {
    json!({ "source": { "publicKey": { "value": public_key } } })
}
