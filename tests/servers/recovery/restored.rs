//! An object and its Secrets from a backup.

use dev::world::{World, WorldOptions};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKey, names::annotation};

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
