//! When the next key takes over: at once, when a person says so, or after a while.

use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::{
    api::{
        SshKey,
        names::{annotation, label},
    },
    keys::{KeyPair, PublicKey},
};

use super::acts::{
    annotate, ask, current, keys_in, published, rotation, wait_pending, wait_revision,
};
use crate::manifests::key;

fn writes(world: &World) -> Vec<String> {
    let log = world.emulator().log();
    log.iter()
        .filter(|one| one.request.is_arm_write())
        .map(|one| one.request.method.clone())
        .collect()
}

#[tokio::test]
async fn a_rotation_that_is_asked_for_keeps_the_old_key_and_changes_all_that_has_the_new_one() {
    let world = World::start(WorldOptions::new()).await;
    let spec = "{azure: {}, outputs: [{name: files, pem: {}}, {name: open, publicConfigMap: {}}]}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    world.emulator().clear_log();
    ask(&world, "web", "2026-11-25T12:00:00Z").await;
    let object = wait_revision(&world, "web", 2).await;

    let second = current(&world, "web").await;
    assert_ne!(first, second);
    assert_eq!(published(&world, "web"), Some(second.clone()));
    assert_eq!(writes(&world), ["PATCH"], "one write to Azure");
    let files = world.secret("files").await.unwrap().data.unwrap();
    let pair = KeyPair::from_openssh(&files["web.pem"].0).unwrap();
    assert_eq!(pair.public_key(), second);
    let open: ConfigMap = world.api().get("open").await.unwrap();
    let line = &open.data.unwrap()["ssh-publickey"];
    assert_eq!(PublicKey::parse(line).unwrap(), second);

    let previous = world.secret("web-previous").await.unwrap();
    assert_eq!(keys_in(&previous), std::slice::from_ref(&first));
    assert_eq!(previous.type_.as_deref(), Some("Opaque"));
    assert_eq!(previous.labels()[label::SECRET_ROLE], label::ROLE_PREVIOUS);
    assert!(previous.owner_references().is_empty());
    let data = previous.data.unwrap();
    let name = first.fingerprint().short_hex();
    let names: Vec<&String> = data.keys().collect();
    assert_eq!(names, [&name, &format!("{name}.pub")]);
    assert!(
        world.secret("web-next").await.is_none(),
        "nothing is staged"
    );
    let rotation = rotation(&object);
    assert!(rotation.last_rotation_time.is_some() && rotation.next_rotation_time.is_none());
    assert_eq!(
        rotation.previous[0].fingerprint,
        first.fingerprint().to_string()
    );
    assert_eq!(rotation.previous[0].entry, name);
    assert_eq!(
        rotation.previous[0].retire_time, None,
        "the last one is kept"
    );
    // The events come after the status.
    for reason in [
        "StageKey",
        "KeepPreviousKey",
        "ActivateKey",
        "DropStagedKey",
        "KeyChanged",
    ] {
        world
            .until(format!("{reason} is told once"), async || {
                let events = world.events("web").await.into_iter();
                let of = events.filter(|event| event.reason.as_deref() == Some(reason));
                match of.count() {
                    1 => Ok(()),
                    count => Err(format!("{count} times")),
                }
            })
            .await;
    }

    // The same request again, after the status was wiped and the operator started anew: nothing.
    let wipe = json!({ "status": null });
    let api: Api<SshKey> = world.api();
    api.patch_status("web", &PatchParams::default(), &Patch::Merge(wipe))
        .await
        .unwrap();
    world.operator().restart().unwrap();
    wait_revision(&world, "web", 2).await;
    assert_eq!(current(&world, "web").await, second);
    ask(&world, "web", "2026-11-25T13:00:00Z").await;
    wait_revision(&world, "web", 3).await;
    // A manifest from history.
    ask(&world, "web", "2026-11-25T12:00:00Z").await;
    world.operator().restart().unwrap();
    wait_revision(&world, "web", 3).await;
    let previous = world.secret("web-previous").await.unwrap();
    assert_eq!(keys_in(&previous).len(), 2, "a week old at most");
}

#[tokio::test]
async fn a_pending_key_is_published_and_takes_over_when_a_person_says_so() {
    let world = World::start(WorldOptions::new()).await;
    let spec =
        "{rotation: {activation: Manual}, azure: {}, outputs: [{name: open, publicConfigMap: {}}]}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    ask(&world, "web", "now").await;
    let pending = wait_pending(&world, "web").await.pending.unwrap();
    world.wait_ready("web").await;
    assert_eq!(current(&world, "web").await, first);
    let next = PublicKey::parse(&pending.public_key).unwrap();
    assert_eq!(published(&world, "web"), Some(next.clone()));
    assert_eq!(next.fingerprint().to_string(), pending.fingerprint);
    let open: ConfigMap = world.api().get("open").await.unwrap();
    let data = open.data.unwrap();
    assert_eq!(PublicKey::parse(&data["ssh-publickey"]).unwrap(), first);
    let lines = authorized(&data["authorized_keys"]);
    assert_eq!(lines, [next.clone(), first.clone()]);

    annotate(&world, "web", annotation::ACTIVATE, &pending.fingerprint).await;
    wait_revision(&world, "web", 2).await;
    assert_eq!(current(&world, "web").await, next);
    let open: ConfigMap = world.api().get("open").await.unwrap();
    let data = open.data.unwrap();
    assert_eq!(PublicKey::parse(&data["ssh-publickey"]).unwrap(), next);
    assert_eq!(authorized(&data["authorized_keys"]), [next, first]);
}

fn authorized(text: &str) -> Vec<PublicKey> {
    text.lines()
        .map(|line| PublicKey::parse(line).unwrap())
        .collect()
}

#[tokio::test]
async fn a_delayed_key_takes_over_by_itself_and_a_former_one_goes_in_time() {
    let world = World::start(WorldOptions::new()).await;
    let spec = "{azure: {}, rotation: {activation: Delayed, delay: 3s, keepPrevious: {count: 0, minDuration: 2s}}}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    ask(&world, "web", "now").await;
    let pending = wait_pending(&world, "web").await.pending.unwrap();
    assert_eq!(current(&world, "web").await, first);
    wait_revision(&world, "web", 2).await;
    let second = current(&world, "web").await;
    assert_eq!(second.fingerprint().to_string(), pending.fingerprint);
    world.wait_gone::<Secret>("web-previous").await;
    let object: SshKey = world
        .wait_for("web", "no former key", |key: &SshKey| {
            rotation(key).previous.is_empty()
        })
        .await;
    assert!(!object.annotations()[annotation::ROTATION].contains("companions"));
}
