//! A world in which one run after the other takes place, each from the same beginning.

use std::{collections::BTreeMap, sync::Arc};

use arm_emulator::StoredKey;
use dev::world::{CREDENTIALS, LOCATION, RESOURCE_GROUP, SUBSCRIPTION, World, WorldOptions};
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::{
    api::{AzureStore, SshKey, names::label},
    keys::{Comment, KeyPair, KeySpec},
};

use super::{
    guard::Guard,
    scenario::{Change, Given, Scenario},
    state::is_ready,
    tools,
    witness::Witness,
};

/// A public key of somebody else.
pub(super) const STRANGER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIGx2aoq4LqJkwcfR0rMXYUyWuEO/7ai2DJkf4e8IzA+ eve";

pub(super) struct Stage {
    pub(super) world: Arc<World>,
    pub(super) guard: Arc<Guard>,
    pub(super) witness: Witness,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let world = Arc::new(World::start(WorldOptions::new()).await);
        let _: AzureStore = world.wait_ready_of("default").await;
        Self {
            guard: Guard::new(&world),
            witness: Witness::watch(&world),
            world,
        }
    }

    /// Takes everything away, puts there what the scenario begins with, and starts an operator that knows nothing.
    pub(super) async fn set(&self, scenario: &Scenario) {
        self.world.operator().kill();
        self.clear().await;
        self.witness.begin(&self.world).await;
        self.world.operator().restart().unwrap();
        self.world.operator().ready().await.unwrap();
        self.wait_lists(1).await;
        for given in scenario.before {
            self.give(*given).await;
        }
        self.world
            .until("what is there before is Ready", async || {
                let keys = self.world.api::<SshKey>();
                let keys = keys.list(&ListParams::default()).await.unwrap();
                keys.iter().try_for_each(is_ready)
            })
            .await;
    }

    /// Waits until the operator has listed a group in Azure so often more: it has looked at everything since.
    pub(super) async fn wait_lists(&self, more: usize) {
        let lists = || {
            let log = self.world.emulator().log();
            log.iter()
                .filter(|record| record.request.path.ends_with("/sshPublicKeys"))
                .count()
        };
        let before = lists();
        self.world
            .until(format!("{more} lists"), async || {
                self.revive();
                let now = lists();
                if now >= before + more {
                    Ok(())
                } else {
                    Err(format!("{} lists", now - before))
                }
            })
            .await;
    }

    /// Starts the operator again if it was killed.
    pub(super) fn revive(&self) {
        let operator = self.world.operator();
        if !operator.is_running() {
            operator.restart().unwrap();
        }
    }

    /// Does what the user does.
    pub(super) async fn change(&self, change: Change) {
        match change {
            Change::Apply(manifests) => self.world.apply(manifests).await,
            Change::Annotate(name, annotation, value) => {
                let keys = self.world.api::<SshKey>();
                let patch = json!({ "metadata": { "annotations": { annotation: value } } });
                let params = PatchParams::default();
                keys.patch(name, &params, &Patch::Merge(patch))
                    .await
                    .unwrap();
            }
            Change::Delete(name) => {
                let keys = self.world.api::<SshKey>();
                keys.delete(name, &DeleteParams::default()).await.unwrap();
            }
            Change::Replace(manifest) => tools::replace(&self.world, manifest).await,
            Change::Restore(name) => tools::restore(&self.world, name).await,
            Change::HoldAndDelete(name) => tools::hold_and_delete(&self.world, name).await,
        }
    }

    async fn give(&self, given: Given) {
        match given {
            Given::Manifest(manifests) => self.world.apply(manifests).await,
            Given::TheirSecret(name) => {
                let pair = KeyPair::generate(KeySpec::Ed25519, &Comment::default()).unwrap();
                let pem = pair.to_openssh().unwrap().as_bytes().to_vec();
                let theirs = Secret {
                    metadata: ObjectMeta {
                        name: Some(name.to_owned()),
                        ..ObjectMeta::default()
                    },
                    data: Some(BTreeMap::from([(
                        "ssh-privatekey".to_owned(),
                        ByteString(pem),
                    )])),
                    type_: Some("kubernetes.io/ssh-auth".to_owned()),
                    ..Secret::default()
                };
                let secrets = self.world.api::<Secret>();
                secrets
                    .create(&PostParams::default(), &theirs)
                    .await
                    .unwrap();
            }
            Given::TheirAzureKey(name) => {
                self.world.emulator().put_key_as_someone_else(StoredKey {
                    id: String::new(),
                    subscription: SUBSCRIPTION.to_owned(),
                    resource_group: RESOURCE_GROUP.to_owned(),
                    name: name.to_owned(),
                    location: LOCATION.to_owned(),
                    public_key: Some(STRANGER.to_owned()),
                    tags: BTreeMap::from([("team".to_owned(), "theirs".to_owned())]),
                });
            }
        }
    }

    async fn clear(&self) {
        let world = &self.world;
        release(&world.api::<SshKey>()).await;
        release(&world.api::<AzureStore>()).await;
        let (once, all) = (DeleteParams::default(), ListParams::default());
        let keys = world.api::<SshKey>();
        let _ = keys.delete_collection(&once, &all).await.unwrap();
        let of_operator = ListParams::default().labels(label::SECRET_ROLE);
        let maps = world.api::<ConfigMap>();
        let _ = maps.delete_collection(&once, &of_operator).await.unwrap();
        let others = ListParams::default().fields(&format!("metadata.name!={CREDENTIALS}"));
        let secrets = world.api::<Secret>();
        tools::let_go(world).await;
        let _ = secrets.delete_collection(&once, &others).await.unwrap();
        world.emulator().clear();
        world.emulator().faults().clear();
        world.emulator().clear_log();
        world
            .emulator()
            .put_group(SUBSCRIPTION, RESOURCE_GROUP, LOCATION);
        self.guard.begin(None);
        world.proxy().reset();
    }
}

/// Takes every finalizer off.
async fn release<K>(api: &Api<K>)
where
    K: kube::Resource<DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + serde::Serialize
        + serde::de::DeserializeOwned,
{
    let none = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    for object in api.list(&ListParams::default()).await.unwrap() {
        api.patch(&object.name_any(), &PatchParams::default(), &none)
            .await
            .unwrap();
    }
}
