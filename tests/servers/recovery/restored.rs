//! An object and its Secrets from a backup.

use std::fmt::Debug;

use dev::world::{World, WorldOptions};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams},
    core::NamespaceResourceScope,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use sshkey_operator::api::{
    AzureStore, Condition, ConditionType, Reason, SshKey, names::annotation,
};

use super::acts::{delete, put_back};
use crate::{
    manifests::key,
    rotation::acts::{ask, current, keys_in, wait_revision},
};

/// A namespace from a backup: what a tool such as Velero puts back has its annotations, finalizers and labels, a UID of its
/// own, and no status.
#[tokio::test]
async fn an_object_and_its_secrets_are_restored_in_any_order() {
    for object_first in [true, false] {
        let world = World::start(WorldOptions::new()).await;
        // Without Azure nothing but the object's own records tells that there was a key.
        world.apply(&key("web", "{}")).await;
        world.wait_ready("web").await;
        ask(&world, "web", "now").await;
        wait_revision(&world, "web", 2).await;
        let second = current(&world, "web").await;
        let api: Api<SshKey> = world.api();
        let object = api.get("web").await.unwrap();
        let backups = [
            world.secret("web").await.unwrap(),
            world.secret("web-previous").await.unwrap(),
        ];
        world.operator().kill();
        api.patch(
            "web",
            &PatchParams::default(),
            &Patch::Merge(json!({ "metadata": { "finalizers": null } })),
        )
        .await
        .unwrap();
        api.delete("web", &DeleteParams::default()).await.unwrap();
        for name in ["web", "web-previous"] {
            delete(&world, name).await;
        }
        let restored = SshKey {
            metadata: ObjectMeta {
                name: object.metadata.name.clone(),
                annotations: object.metadata.annotations.clone(),
                finalizers: object.metadata.finalizers.clone(),
                ..ObjectMeta::default()
            },
            spec: object.spec.clone(),
            status: None,
        };
        if object_first {
            api.create(&PostParams::default(), &restored).await.unwrap();
            world.operator().restart().unwrap();
            let kind = ConditionType::KeyAvailable;
            world
                .wait_condition::<SshKey>("web", kind, "False", Reason::PrivateKeyLost)
                .await;
            for backup in &backups {
                put_back(&world, backup).await;
            }
        } else {
            for backup in &backups {
                put_back(&world, backup).await;
            }
            api.create(&PostParams::default(), &restored).await.unwrap();
            world.operator().restart().unwrap();
        }
        let object = wait_revision(&world, "web", 2).await;
        assert_eq!(current(&world, "web").await, second);
        assert_eq!(
            object.annotations()[annotation::RECORDED_UID],
            object.uid().unwrap()
        );
        let kept = keys_in(&world.secret("web-previous").await.unwrap());
        assert_eq!(kept.len(), 1);
    }
}

/// Writes conditions into a status beside those that are there, in another's name, as a tool does that restores statuses.
async fn write_beside<K>(world: &World, name: &str, there: &[Condition])
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + Debug
        + Serialize
        + DeserializeOwned,
{
    let of_long_ago = ["Stalled", "example.com/Checked"].map(|kind| Condition {
        type_: kind.to_owned(),
        reason: "FromABackup".to_owned(),
        ..there[0].clone()
    });
    let conditions = [there, &of_long_ago].concat();
    let patch = Patch::Merge(json!({ "status": { "conditions": conditions } }));
    let params = PatchParams {
        field_manager: Some("backup".to_owned()),
        ..PatchParams::default()
    };
    let api: Api<K> = world.api();
    api.patch_status(name, &params, &patch).await.unwrap();
}

/// Whether of what was written beside only the condition is there that the operator does not write.
fn is_cleared(conditions: &[Condition]) -> bool {
    let has = |kind: &str| conditions.iter().any(|condition| condition.type_ == kind);
    assert!(has("Ready") && has("example.com/Checked"), "{conditions:?}");
    !has("Stalled")
}

#[tokio::test]
async fn a_condition_of_long_ago_goes_and_one_that_the_operator_does_not_write_stays() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let ready = world.wait_ready("web").await.status.unwrap().conditions;
    write_beside::<SshKey>(&world, "web", &ready).await;
    let cleared = world.wait_for("web", "the condition is gone", |key: &SshKey| {
        is_cleared(&key.status.as_ref().unwrap().conditions)
    });
    let cleared = cleared.await;
    // One that looks again and finds the other's condition writes nothing.
    let asked = json!({ "metadata": { "annotations": { "sshkey-operator.io/reconcile-requested-at": "now" } } });
    let api: Api<SshKey> = world.api();
    api.patch("web", &PatchParams::default(), &Patch::Merge(asked))
        .await
        .unwrap();
    let handled = world.wait_for("web", "a look was taken", |key: &SshKey| {
        let status = key.status.as_ref().unwrap();
        status.last_handled_reconcile_at.as_deref() == Some("now")
    });
    let handled = handled.await.status.unwrap();
    assert_eq!(handled.conditions, cleared.status.unwrap().conditions);

    let store = world.wait_ready_of::<AzureStore>("default").await;
    let ready = store.status.unwrap().conditions;
    write_beside::<AzureStore>(&world, "default", &ready).await;
    let cleared = world.wait_for("default", "the condition is gone", |store: &AzureStore| {
        is_cleared(&store.status.as_ref().unwrap().conditions)
    });
    cleared.await;
}
