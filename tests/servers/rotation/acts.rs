//! Rotation on real servers: asked for, by age, by another size, at once, after a while, or when a person says so.

use std::collections::BTreeMap;

use arm_emulator::{Effect, Fault, FaultAnswer};
use dev::world::{World, WorldOptions, resource_id};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::{
    api::{
        ConditionType, Reason, SshKey,
        names::{annotation, label},
        status::RotationStatus,
    },
    keys::{KeyPair, PublicKey},
};

use crate::{
    made::Made,
    manifests::{key, secret},
};

/// Annotates an `SshKey`, as `kubectl annotate --overwrite` does.
pub(crate) async fn annotate(world: &World, name: &str, key: &str, value: &str) {
    let patch = json!({ "metadata": { "annotations": { key: value } } });
    let api: Api<SshKey> = world.api();
    api.patch(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

/// Asks for a rotation.
pub(crate) async fn ask(world: &World, name: &str, value: &str) {
    annotate(world, name, annotation::ROTATE_REQUESTED_AT, value).await;
}

/// Waits until the object is Ready with this revision of its key and nothing pending.
pub(crate) async fn wait_revision(world: &World, name: &str, revision: i64) -> SshKey {
    world
        .wait_for(name, format!("revision {revision}"), move |key: &SshKey| {
            let status = key.status.clone().unwrap_or_default();
            let rotation = status.rotation.unwrap_or_default();
            let ready = status.conditions.iter().any(|condition| {
                condition.type_ == "Ready"
                    && condition.status == "True"
                    && condition.observed_generation == key.metadata.generation
            });
            ready && rotation.revision == revision && rotation.pending.is_none()
        })
        .await
}

pub(crate) async fn wait_pending(world: &World, name: &str) -> RotationStatus {
    let object: SshKey = world
        .wait_for(name, "a pending key", |key: &SshKey| {
            rotation(key).pending.is_some()
        })
        .await;
    rotation(&object)
}

fn rotation(key: &SshKey) -> RotationStatus {
    let status = key.status.as_ref();
    status
        .and_then(|status| status.rotation.clone())
        .unwrap_or_default()
}

/// The public halves of the private keys in a Secret.
pub(crate) fn keys_in(secret: &Secret) -> Vec<PublicKey> {
    let data: BTreeMap<_, _> = secret.data.clone().unwrap_or_default();
    let pairs = data
        .values()
        .filter_map(|bytes| KeyPair::from_openssh(&bytes.0).ok());
    pairs.map(|pair| pair.public_key()).collect()
}

/// The one key of the managed Secret.
pub(crate) async fn current(world: &World, name: &str) -> PublicKey {
    let secret = world.secret(name).await.expect("the managed Secret");
    keys_in(&secret).pop().expect("a key")
}

fn published(world: &World, name: &str) -> Option<PublicKey> {
    let key = world
        .emulator()
        .key(&resource_id(&format!("{}.{name}", world.namespace())))?;
    PublicKey::parse(&key.public_key?).ok()
}

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

#[tokio::test]
async fn an_old_key_is_rotated_once_however_long_nobody_looked() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key("web", "{azure: {}, rotation: {every: 2160h}}"))
        .await;
    let object = world.wait_ready("web").await;
    assert!(rotation(&object).next_rotation_time.is_some());
    world.operator().kill();
    let made = json!({ "metadata": { "annotations": { annotation::CREATED_AT: "2001-01-01T00:00:00Z" } } });
    let api: Api<Secret> = world.api();
    api.patch("web", &PatchParams::default(), &Patch::Merge(made))
        .await
        .unwrap();
    world.operator().restart().unwrap();
    wait_revision(&world, "web", 2).await;
    world.operator().restart().unwrap();
    let object = wait_revision(&world, "web", 2).await;
    assert_eq!(rotation(&object).previous.len(), 1);
}

#[tokio::test]
async fn another_size_rotates_and_an_azure_that_is_away_holds_that_up() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    let away = Effect::Answer(FaultAnswer::error(503, "ServiceUnavailable", "away"));
    let fault = Fault::on("GET", "sshPublicKeys", away).times(0);
    world.emulator().faults().add(fault);
    let (sync, reason) = (ConditionType::AzureSynced, Reason::AzureUnavailable);
    world
        .wait_condition::<SshKey>("web", sync, "False", reason)
        .await;
    let larger = "{azure: {}, source: {generate: {algorithm: RSA, size: 2048}}}";
    world.apply(&key("web", larger)).await;
    world
        .wait_for("web", "a look at the new spec", |key: &SshKey| {
            let status = key.status.clone().unwrap_or_default();
            status.observed_generation == key.metadata.generation
        })
        .await;
    assert!(world.secret("web-next").await.is_none(), "it has not begun");
    world.emulator().faults().clear();
    let object = wait_revision(&world, "web", 2).await;
    let status = object.status.unwrap();
    assert_eq!(
        (status.algorithm.as_deref(), status.size),
        (Some("RSA"), Some(2048))
    );
    let previous = world.secret("web-previous").await.unwrap();
    assert_eq!(keys_in(&previous), [first]);
}

#[tokio::test]
async fn an_imported_key_that_changes_goes_the_same_way() {
    let world = World::start(WorldOptions::new()).await;
    let (first, second) = (Made::ed25519(), Made::ed25519());
    world.apply(&secret("mine", "key", &first.private())).await;
    let spec = "{source: {privateKey: {secretRef: {name: mine, key: key}}}, secret: {}, azure: {}}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    world.apply(&secret("mine", "key", &second.private())).await;
    let object = wait_revision(&world, "web", 2).await;
    assert_eq!(
        object.status.unwrap().fingerprint,
        Some(second.fingerprint())
    );
    let kept = keys_in(&world.secret("web-previous").await.unwrap());
    assert_eq!(kept[0].fingerprint().to_string(), first.fingerprint());
}

#[tokio::test]
async fn an_object_that_goes_takes_all_its_keys_with_it_or_leaves_them_all() {
    let world = World::start(WorldOptions::new()).await;
    for policy in ["Delete", "Retain"] {
        let spec = format!(
            "{{azure: {{}}, secret: {{deletionPolicy: {policy}}}, rotation: {{activation: Manual}}}}"
        );
        world.apply(&key("web", &spec)).await;
        world.wait_ready("web").await;
        ask(&world, "web", policy).await;
        let pending = wait_pending(&world, "web").await.pending.unwrap();
        annotate(&world, "web", annotation::ACTIVATE, &pending.fingerprint).await;
        wait_revision(&world, "web", 2).await;
        ask(&world, "web", "again").await;
        wait_pending(&world, "web").await;
        world.wait_ready("web").await;
        world
            .api::<SshKey>()
            .delete("web", &kube::api::DeleteParams::default())
            .await
            .unwrap();
        world.wait_gone::<SshKey>("web").await;
        assert_eq!(published(&world, "web"), None);
        for name in ["web", "web-next", "web-previous"] {
            let is_there = world.secret(name).await.is_some();
            assert_eq!(is_there, policy == "Retain", "{policy}: {name}");
        }
    }
    // An object of the same name goes on where the first has stopped.
    world.apply(&key("web", "{azure: {}}")).await;
    wait_revision(&world, "web", 3).await;
    let kept = keys_in(&world.secret("web-previous").await.unwrap());
    assert_eq!(kept.len(), 2);
}

#[tokio::test]
async fn a_secret_of_somebody_else_beside_the_key_stops_its_rotation_only() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&secret("web-next", "mine", "text")).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    ask(&world, "web", "now").await;
    let object: SshKey = world
        .wait_for("web", "SecretConflict", |key: &SshKey| {
            let conditions = key.status.clone().unwrap_or_default().conditions;
            let ready = conditions.iter().find(|one| one.type_ == "Ready");
            ready.is_some_and(|ready| ready.reason == "SecretConflict")
        })
        .await;
    let conditions = object.status.unwrap().conditions;
    let available = conditions.iter().find(|one| one.type_ == "KeyAvailable");
    assert_eq!(available.unwrap().status, "True");
    assert_eq!(current(&world, "web").await, first);
    let api: Api<Secret> = world.api();
    api.delete("web-next", &kube::api::DeleteParams::default())
        .await
        .unwrap();
    wait_revision(&world, "web", 2).await;
}
