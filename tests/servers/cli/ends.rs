//! `wait`, `abandon` and `leaked`.

use dev::world::{World, WorldOptions};
use sshkey_operator::api::{SshKey, names::annotation};

use super::program::{done, refused, run};
use crate::manifests::key;

#[tokio::test]
async fn many_keys_are_waited_for_and_one_that_needs_a_person_ends_the_wait() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let manifests: Vec<String> = (0..12)
        .map(|number| key(&format!("key-{number}"), "{azure: {}}"))
        .collect();
    world.apply(&manifests.join("---\n")).await;
    let said = done(&world, folder, &["wait", "--for", "Ready"]).await;
    assert_eq!(said, "12 SshKeys are ready\n");
    let request = format!("{}=now", annotation::ROTATE_REQUESTED_AT);
    let before = done(&world, folder, &["fingerprint", "key-1"]).await;
    world
        .kubectl(&["annotate", "sshkey", "key-1", &request])
        .await
        .unwrap();
    let said = done(&world, folder, &["wait", "key-1", "--for", "rotated"]).await;
    assert_eq!(said, "1 SshKey is rotated\n");
    assert_ne!(
        done(&world, folder, &["fingerprint", "key-1"]).await,
        before
    );

    world
        .kubectl(&["delete", "sshkey", "key-2", "key-3", "--wait=false"])
        .await
        .unwrap();
    let said = done(
        &world,
        folder,
        &["wait", "key-2", "key-3", "--for", "deleted"],
    )
    .await;
    assert!(said.ends_with("deleted\n"), "{said}");
    world.wait_gone::<SshKey>("key-2").await;

    world.apply(&key("taken", "{azure: {name: one}}")).await;
    world.wait_ready("taken").await;
    world.apply(&key("late", "{azure: {name: one}}")).await;
    let said = refused(&world, folder, &["wait", "--for", "ready"]).await;
    assert!(said.contains("SshKey late: AzureKeyConflict"), "{said}");
    let said = refused(
        &world,
        folder,
        &["wait", "-l", "team=none", "--for", "ready"],
    )
    .await;
    assert!(said.contains("no such SshKeys"), "{said}");
    world.operator().kill();
    world.apply(&key("unseen", "{}")).await;
    let said = refused(
        &world,
        folder,
        &["wait", "unseen", "--for", "ready", "--timeout", "1s"],
    )
    .await;
    assert!(said.contains("not ready after 1 s: unseen"), "{said}");
}

#[tokio::test]
async fn a_leaked_key_is_changed_at_once_and_no_secret_keeps_it() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world
        .apply(&key(
            "web",
            "{rotation: {activation: Delayed, delay: 24h}, azure: {}}",
        ))
        .await;
    world.wait_ready("web").await;
    let public = done(&world, folder, &["pub", "web"]).await;
    let old = done(&world, folder, &["fingerprint", "web"]).await;
    let said = run(&world, folder, &["leaked", "web", "--yes"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.err.contains(public.trim()) && said.err.contains("az vm user update"),
        "{}",
        said.err
    );
    assert_ne!(done(&world, folder, &["fingerprint", "web"]).await, old);
    let former = refused(
        &world,
        folder,
        &["pem", "web", "--previous", "1", "-o", "-"],
    )
    .await;
    assert!(former.contains("has 0 former keys"), "{former}");
}

#[tokio::test]
async fn a_deletion_that_can_not_end_is_abandoned_and_no_other() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{azure: {name: web}}")).await;
    world.wait_ready("web").await;
    let said = refused(&world, folder, &["abandon", "web", "--yes"]).await;
    assert!(said.contains("is not being deleted"), "{said}");
    // The store's credential is refused from now on.
    let wrong = "{\"stringData\":{\"clientSecret\":\"wrong\"}}";
    let secret = ["patch", "secret", dev::world::CREDENTIALS, "-p", wrong];
    world.kubectl(&secret).await.unwrap();
    world.operator().kill();
    world.operator().restart().unwrap();
    world.operator().ready().await.unwrap();
    world
        .kubectl(&["delete", "sshkey", "web", "--wait=false"])
        .await
        .unwrap();
    let said = done(&world, folder, &["abandon", "web", "--yes"]).await;
    assert_eq!(said, "SshKey web: the SshKey is gone\n");
    assert_eq!(world.emulator().keys().len(), 1, "its key stays in Azure");
}
