//! Secrets that can't keep a key: being deleted under another's finalizer, or immutable. Nothing is written into them and
//! nothing rests on them; and what a consumer reads as a file is one.

use dev::world::{World, WorldOptions, resource_id};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use sshkey_operator::{
    api::{AzureStore, Condition, ConditionType, Reason, SshKey},
    keys::PublicKey,
};

use crate::{
    made::Made,
    manifests::{key, secret},
    rotation::acts::{ask, current, wait_revision},
    seen::{azure_writes, sweeps_pass},
};

const HOLDER: &str = "example.com/backup";

async fn patch(world: &World, name: &str, patch: Value) {
    let api: Api<Secret> = world.api();
    let params = PatchParams::default();
    api.patch(name, &params, &Patch::Merge(patch))
        .await
        .unwrap();
}

/// Deletes a Secret that another's finalizer holds.
async fn begin_deletion(world: &World, name: &str) {
    patch(
        world,
        name,
        json!({ "metadata": { "finalizers": [HOLDER] } }),
    )
    .await;
    let api: Api<Secret> = world.api();
    api.delete(name, &DeleteParams::default()).await.unwrap();
}

async fn let_go(world: &World, name: &str) {
    patch(world, name, json!({ "metadata": { "finalizers": null } })).await;
    world.wait_gone::<Secret>(name).await;
}

async fn is_told(world: &World, name: &str, reason: Reason, words: &[&str]) {
    let object: SshKey = world
        .wait_condition(name, ConditionType::Ready, "False", reason)
        .await;
    let conditions = object.status.unwrap().conditions;
    let ready = conditions.iter().find(|one| one.type_ == "Ready").unwrap();
    for word in words {
        assert!(ready.message.contains(word), "{word} in {}", ready.message);
    }
}

#[tokio::test]
async fn a_rotation_does_not_begin_while_the_secret_is_being_deleted_and_no_key_is_lost() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    begin_deletion(&world, "web").await;
    ask(&world, "web", "now").await;
    let command = format!("kubectl get secret web --namespace {}", world.namespace());
    is_told(
        &world,
        "web",
        Reason::SecretTerminating,
        &[HOLDER, &command],
    )
    .await;
    world.emulator().clear_log();
    sweeps_pass(&world).await;
    let writes = azure_writes(&world);
    assert!(
        !writes.iter().any(|one| one.ends_with(".web")),
        "{writes:?}"
    );
    assert!(
        world.secret("web-next").await.is_none(),
        "nothing is staged"
    );
    assert_eq!(current(&world, "web").await, first);
    let events = world.wait_event("web", "SecretTerminating").await;
    let told = |event: &k8s_openapi::api::events::v1::Event| {
        event.reason.as_deref() == Some("SecretTerminating")
            && event
                .note
                .as_deref()
                .is_some_and(|note| note.contains(HOLDER))
    };
    assert!(events.iter().any(told), "an event says so");

    // Once the Secret is gone, the new key that was asked for takes the place of the one that went with it.
    let_go(&world, "web").await;
    wait_revision(&world, "web", 2).await;
    let second = current(&world, "web").await;
    assert_ne!(second, first);
    let id = resource_id(&format!("{}.web", world.namespace()));
    let published = world.emulator().key(&id).unwrap().public_key.unwrap();
    assert_eq!(PublicKey::parse(&published).unwrap(), second);
}

#[tokio::test]
async fn a_secret_that_goes_and_is_put_back_from_the_copy_is_the_same_key() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    begin_deletion(&world, "web").await;
    is_told(&world, "web", Reason::SecretTerminating, &[HOLDER]).await;
    let mut copy = world.secret("web").await.unwrap();
    copy.metadata.uid = None;
    copy.metadata.resource_version = None;
    copy.metadata.deletion_timestamp = None;
    copy.metadata.finalizers = None;
    let_go(&world, "web").await;
    is_told(&world, "web", Reason::PrivateKeyLost, &[]).await;
    let api: Api<Secret> = world.api();
    api.create(&Default::default(), &copy).await.unwrap();
    world.wait_ready("web").await;
    assert_eq!(current(&world, "web").await, first);
}

#[tokio::test]
async fn an_immutable_secret_is_seen_before_the_next_key_is_published() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    patch(&world, "web", json!({ "immutable": true })).await;
    // Its labels can be put back all the same.
    patch(&world, "web", json!({ "metadata": { "labels": null } })).await;
    world
        .until("the labels are back", async || {
            let secret = world.secret("web").await.unwrap();
            let labels = secret.metadata.labels;
            labels.map(drop).ok_or("none".to_owned())
        })
        .await;
    sweeps_pass(&world).await;
    world.wait_ready("web").await;
    world.emulator().clear_log();
    ask(&world, "web", "now").await;
    is_told(
        &world,
        "web",
        Reason::SecretImmutable,
        &["kubectl replace --force"],
    )
    .await;
    sweeps_pass(&world).await;
    let writes = azure_writes(&world);
    assert!(
        !writes.iter().any(|one| one.ends_with(".web")),
        "{writes:?}"
    );
    assert!(world.secret("web-next").await.is_none());
    // As the message says.
    let mut copy = world.secret("web").await.unwrap();
    copy.immutable = None;
    copy.metadata.uid = None;
    copy.metadata.resource_version = None;
    let api: Api<Secret> = world.api();
    api.delete("web", &DeleteParams::default()).await.unwrap();
    api.create(&Default::default(), &copy).await.unwrap();
    wait_revision(&world, "web", 2).await;
    assert_ne!(current(&world, "web").await, first);
}

#[tokio::test]
async fn an_output_that_is_being_deleted_holds_up_no_other_and_no_deletion() {
    let world = World::start(WorldOptions::new()).await;
    let spec = "{azure: {}, outputs: [{name: files, pem: {}}, {name: open, publicSecret: {}}]}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    begin_deletion(&world, "files").await;
    ask(&world, "web", "now").await;
    is_told(&world, "web", Reason::OutputTerminating, &[HOLDER]).await;
    let open = || async {
        let open = world.secret("open").await.unwrap().data.unwrap();
        PublicKey::parse(std::str::from_utf8(&open["ssh-publickey"].0).unwrap()).unwrap()
    };
    let now = current(&world, "web").await;
    world
        .until("the other output has the key", async || {
            let there = open().await;
            if there == now {
                Ok(())
            } else {
                Err(format!("{there:?}"))
            }
        })
        .await;
    let api: Api<SshKey> = world.api();
    api.delete("web", &DeleteParams::default()).await.unwrap();
    world.wait_gone::<SshKey>("web").await;
    let_go(&world, "files").await;
}

#[tokio::test]
async fn no_key_is_taken_from_a_source_that_is_being_deleted() {
    let world = World::start(WorldOptions::new()).await;
    let made = Made::ed25519();
    world.apply(&secret("mine", "key", &made.private())).await;
    begin_deletion(&world, "mine").await;
    let from = |name: &str| {
        format!(
            "{{source: {{privateKey: {{secretRef: {{name: {name}, key: key}}}}}}, azure: {{}}}}"
        )
    };
    world.apply(&key("web", &from("mine"))).await;
    is_told(&world, "web", Reason::SourceTerminating, &[HOLDER]).await;
    assert!(world.emulator().keys().is_empty());
    world.apply(&secret("copied", "key", &made.private())).await;
    world.apply(&key("web", &from("copied"))).await;
    world.wait_ready("web").await;
    let_go(&world, "mine").await;
}

#[tokio::test]
async fn a_store_does_not_rest_on_credentials_that_are_being_deleted() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    begin_deletion(&world, "azure-credentials").await;
    let (kind, reason) = (ConditionType::Ready, Reason::CredentialSecretTerminating);
    let store: AzureStore = world.wait_condition("default", kind, "False", reason).await;
    let conditions = store.status.unwrap().conditions;
    let says_who = |one: &Condition| one.message.contains(HOLDER);
    assert!(conditions.iter().any(says_who), "{conditions:?}");
    // Its key can still be deleted, by the token in memory.
    let api: Api<SshKey> = world.api();
    api.delete("web", &DeleteParams::default()).await.unwrap();
    world.wait_gone::<SshKey>("web").await;
    assert!(world.emulator().keys().is_empty());
    let_go(&world, "azure-credentials").await;
}

/// The ways in which a file with the same key is none that OpenSSH reads.
fn spoiled(file: &str) -> Vec<(&'static str, String)> {
    vec![
        ("no last line end", file.trim_end().to_owned()),
        ("CRLF", file.replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{feff}{file}")),
        ("text after it", format!("{file}root@example\n")),
        ("an empty line before it", format!("\n{file}")),
    ]
}

#[tokio::test]
async fn what_consumers_read_as_a_file_is_written_again_with_the_same_key() {
    let world = World::start(WorldOptions::new()).await;
    let spec = "{outputs: [{name: files, pem: {}}, {name: auth, sshAuth: {}}, {name: open, publicSecret: {}}]}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    for name in ["web", "auth", "files"] {
        let data = world.secret(name).await.unwrap().data.unwrap();
        let is_private = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("PRIVATE");
        let (entry, file) = data.iter().find(|(_, bytes)| is_private(&bytes.0)).unwrap();
        let file = String::from_utf8(file.0.clone()).unwrap();
        for (what, text) in spoiled(&file) {
            patch(&world, name, json!({ "stringData": { entry: text } })).await;
            world
                .until(format!("{name} with {what} is a file again"), async || {
                    let data = world.secret(name).await.unwrap().data.unwrap();
                    let there = String::from_utf8_lossy(&data[entry].0).into_owned();
                    if there == file {
                        Ok(())
                    } else {
                        Err(format!("{} bytes", there.len()))
                    }
                })
                .await;
            assert_eq!(current(&world, "web").await, first, "{name} {what}");
        }
    }
    // Public files too, of all keys that are to be trusted and of the current one.
    let whole = world.secret("open").await.unwrap().data.unwrap();
    for (entry, file) in &whole {
        let file = String::from_utf8(file.0.clone()).unwrap();
        for (what, text) in spoiled(&file) {
            patch(&world, "open", json!({ "stringData": { entry: text } })).await;
            let what = format!("{entry} with {what} is a file again");
            world
                .until(what, async || {
                    let data = world.secret("open").await.unwrap().data.unwrap();
                    let there = String::from_utf8_lossy(&data[entry].0).into_owned();
                    if there == file { Ok(()) } else { Err(there) }
                })
                .await;
        }
    }
}
