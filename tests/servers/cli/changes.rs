//! What is changed: rotation, activation, suspension, protection.

use dev::world::{World, WorldOptions};

use super::program::{done, refused, run};
use crate::manifests::key;

#[tokio::test]
async fn a_key_is_rotated_and_let_in_by_one_command_each() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let manual = "{rotation: {activation: Manual}, azure: {}}";
    let manifests = [key("web", "{azure: {}}"), key("slow", manual)].join("---\n");
    world.apply(&manifests).await;
    for name in ["web", "slow"] {
        world.wait_ready(name).await;
    }
    let first = done(&world, folder, &["fingerprint", "web"]).await;
    let said = done(&world, folder, &["rotate", "web", "--yes"]).await;
    let second = done(&world, folder, &["fingerprint", "web"]).await;
    assert_ne!(first, second);
    assert_eq!(said, format!("SshKey web: the key is now {second}"));
    let former = done(
        &world,
        folder,
        &["pem", "web", "--previous", "1", "-o", "-"],
    )
    .await;
    assert!(former.contains("PRIVATE KEY"));
    let said = refused(
        &world,
        folder,
        &["pem", "web", "--previous", "2", "-o", "-"],
    )
    .await;
    assert!(said.contains("has 1 former keys"), "{said}");

    let before = done(&world, folder, &["fingerprint", "slow"]).await;
    let said = done(&world, folder, &["rotate", "slow", "--yes"]).await;
    assert!(
        said.contains("the next key SHA256:") && said.contains(" waits"),
        "{said}"
    );
    assert_eq!(done(&world, folder, &["fingerprint", "slow"]).await, before);
    let said = refused(&world, folder, &["rotate", "slow", "--yes"]).await;
    assert!(said.contains("kubectl sshkey activate slow"), "{said}");
    done(&world, folder, &["activate", "slow", "--yes"]).await;
    assert_ne!(done(&world, folder, &["fingerprint", "slow"]).await, before);
}

#[tokio::test]
async fn nothing_is_changed_without_a_yes() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{}")).await;
    let before = world.wait_ready("web").await;
    let said = refused(&world, folder, &["suspend", "web"]).await;
    assert!(said.contains("--yes"), "{said}");
    let after = world.wait_ready("web").await;
    assert_eq!(before.metadata.generation, after.metadata.generation);

    for (command, field) in [("suspend", "suspend"), ("protect", "deletionProtection")] {
        done(&world, folder, &[command, "web", "--yes"]).await;
        let path = format!("jsonpath={{.spec.{field}}}");
        let set = world.kubectl(&["get", "sshkey", "web", "-o", &path]).await;
        assert_eq!(set.unwrap(), "true", "{field}");
        let said = refused(&world, folder, &[command, "web", "--yes"]).await;
        assert!(said.contains("already"), "{said}");
    }
    done(&world, folder, &["unprotect", "web", "--yes"]).await;
    done(&world, folder, &["resume", "web", "--yes"]).await;
    world.wait_ready("web").await;
    let wrong = run(&world, folder, &["rotate"]).await;
    assert_eq!(wrong.code, Some(1), "a wrong command line");
}
