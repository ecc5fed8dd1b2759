//! `reconcile`: what is drifting is mended at once, and silence is told.

use dev::world::{World, WorldOptions};
use sshkey_operator::api::{SshKey, names::annotation};

use super::program::{Said, done, refused, run};
use crate::{
    manifests::key,
    seen::{azure_writes, requests_about},
};

async fn annotate(world: &World, name: &str, value: &str) {
    let request = format!("{}={value}", annotation::RECONCILE_REQUESTED_AT);
    let arguments = ["annotate", "sshkey", name, &request, "--overwrite"];
    world.kubectl(&arguments).await.unwrap();
}

#[tokio::test]
async fn drift_is_mended_when_a_person_asks_and_the_key_is_read_itself() {
    // No sweep comes within the test.
    let world = World::start(
        WorldOptions::new()
            .flag("azure-sweep-interval", "1h")
            .flag("poll-interval", "1h"),
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let names = ["web", "db"];
    let manifests = names.map(|name| {
        key(
            name,
            &format!("{{azure: {{name: {name}, tags: {{team: a}}}}}}"),
        )
    });
    world.apply(&manifests.join("---\n")).await;
    for name in names {
        world.wait_ready(name).await;
    }
    drift(&world, "web");
    world.emulator().clear_log();
    let said = done(&world, folder, &["reconcile", "web"]).await;
    assert_eq!(
        said,
        "1 SshKey was compared with what there is, and is as asked for\n"
    );
    assert_eq!(azure_writes(&world), ["PATCH web"]);
    assert_eq!(requests_about(&world, "sshPublicKeys/db").len(), 0);

    // The same value asks for nothing more.
    let before: SshKey = world.api().get("web").await.unwrap();
    let handled = before.status.unwrap().last_handled_reconcile_at.unwrap();
    drift(&world, "web");
    world.emulator().clear_log();
    annotate(&world, "web", &handled).await;
    let said = done(&world, folder, &["reconcile", "db"]).await;
    assert!(said.starts_with("1 SshKey "), "{said}");
    assert_eq!(requests_about(&world, "sshPublicKeys/web").len(), 0);
    let said = done(&world, folder, &["reconcile", "web", "db"]).await;
    assert!(said.starts_with("2 SshKeys were compared"), "{said}");
    assert_eq!(azure_writes(&world), ["PATCH web"]);
}

/// Another changes a tag in Azure.
fn drift(world: &World, name: &str) {
    let mut keys = world.emulator().keys().into_iter();
    let mut key = keys.find(|key| key.name == name).unwrap();
    let before = key.tags.insert("team".to_owned(), "b".to_owned());
    assert_eq!(before.as_deref(), Some("a"), "it was mended before");
    world.emulator().put_key_as_someone_else(key);
}

#[tokio::test]
async fn an_operator_that_does_not_answer_is_told_and_so_is_what_needs_a_person() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let strange = "{source: {privateKey: {secretRef: {name: none, key: none}}}}";
    world
        .apply(&[key("web", "{}"), key("odd", strange)].join("---\n"))
        .await;
    world.wait_ready("web").await;
    let Said { code, err, .. } = run(&world, folder, &["reconcile", "web", "odd"]).await;
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("/odd: ") && !err.contains("/web: "), "{err}");
    world.operator().kill();
    let said = refused(&world, folder, &["reconcile", "web", "--timeout", "1s"]).await;
    assert!(
        said.contains("the operator does not answer, for 1 s"),
        "{said}"
    );
    let said = refused(&world, folder, &["reconcile", "nobody"]).await;
    assert!(said.contains("there is no SshKey nobody"), "{said}");
    let said = refused(&world, folder, &["reconcile", "web", "--as", "nobody"]).await;
    assert!(said.contains("you may not get sshkeys"), "{said}");
}
