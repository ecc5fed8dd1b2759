//! Objects that must not be deleted.

use dev::world::{World, WorldOptions, resource_id};
use kube::api::{DeleteParams, PropagationPolicy};
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

#[tokio::test]
async fn a_protected_key_outlives_every_kind_of_deletion_until_it_is_let_go() {
    let world = World::start(WorldOptions::new()).await;
    let protected = "{deletionProtection: true, secret: {deletionPolicy: Delete}, azure: {}}";
    world.apply(&key("web", protected)).await;
    let before = world.wait_ready("web").await.status.unwrap();
    let keys = world.api::<SshKey>();
    let kinds = [
        PropagationPolicy::Foreground,
        PropagationPolicy::Background,
        PropagationPolicy::Orphan,
    ];
    for propagation_policy in kinds {
        let params = DeleteParams {
            propagation_policy: Some(propagation_policy),
            ..DeleteParams::default()
        };
        keys.delete("web", &params).await.unwrap();
        let held: SshKey = world
            .wait_condition(
                "web",
                ConditionType::Ready,
                "False",
                Reason::DeletionProtected,
            )
            .await;
        let status = held.status.unwrap();
        assert_eq!(status.fingerprint, before.fingerprint);
        assert!(find(&status.conditions, ConditionType::Stalled).is_some());
    }
    world.operator().restart().unwrap();
    world.operator().ready().await.unwrap();
    let id = resource_id(&format!("{}.web", world.namespace()));
    assert!(world.emulator().key(&id).is_some());
    assert!(world.secret("web").await.is_some());
    world
        .wait_event("web", Reason::DeletionProtected.as_str())
        .await;

    let let_go = "{deletionProtection: false, secret: {deletionPolicy: Delete}, azure: {}}";
    world.apply(&key("web", let_go)).await;
    world.wait_gone::<SshKey>("web").await;
    assert!(world.emulator().key(&id).is_none());
    assert!(world.secret("web").await.is_none());
}
