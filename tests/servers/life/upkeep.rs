//! What is published stays as it should be: an edit is one write, what others change is put back, and another form is no
//! difference.

use dev::world::{World, WorldOptions};

use super::creation::id;
use crate::manifests::key;

#[tokio::test]
async fn an_edit_of_the_tags_is_one_patch_and_foreign_tags_stay() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key("web", "{azure: {tags: {team: web}}}"))
        .await;
    world.wait_ready("web").await;
    let mut stored = world.emulator().key(&id(&world, "web")).unwrap();
    stored.tags.insert("Creator".into(), "policy".into());
    stored.id = String::new();
    world.emulator().put_key_as_someone_else(stored);
    world.emulator().clear_log();
    world
        .apply(&key("web", "{azure: {tags: {stage: test}}}"))
        .await;
    world
        .until("the tags are changed", async || {
            let tags = world.emulator().key(&id(&world, "web")).unwrap().tags;
            let so =
                tags.get("stage").map(String::as_str) == Some("test") && !tags.contains_key("team");
            if so && tags["Creator"] == "policy" {
                Ok(())
            } else {
                Err(format!("{tags:?}"))
            }
        })
        .await;
    let log = world.emulator().log();
    let writes = log
        .iter()
        .filter(|record| record.request.is_arm_write())
        .count();
    assert_eq!(writes, 1);
}

#[tokio::test]
async fn a_changed_or_deleted_azure_key_is_put_back() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let ours = world.emulator().key(&id(&world, "web")).unwrap();
    let is_back = async || match world.emulator().key(&id(&world, "web")) {
        Some(there) if there.public_key == ours.public_key && there.tags == ours.tags => Ok(()),
        other => Err(format!("{other:?}")),
    };
    assert!(world.emulator().delete_key(&id(&world, "web")));
    world.until("the deleted key is back", is_back).await;
    let mut changed = ours.clone();
    changed.id = String::new();
    changed.public_key = Some(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIGx2aoq4LqJkwcfR0rMXYUyWuEO/7ai2DJkf4e8IzA+ eve"
            .to_owned(),
    );
    world.emulator().put_key_as_someone_else(changed);
    world.until("the changed key is back", is_back).await;
    world.wait_ready("web").await;
    // It was ready all the time: the events come after what they tell of.
    world
        .until("both are told", async || {
            let events = world.events("web").await.into_iter();
            let reasons: Vec<_> = events.filter_map(|event| event.reason).collect();
            let is_told = |reason: &str| reasons.iter().any(|told| told == reason);
            if is_told("PublishKey") && is_told("UpdateAzureKey") {
                Ok(())
            } else {
                Err(format!("{reasons:?}"))
            }
        })
        .await;
}

#[tokio::test]
async fn a_key_that_azure_wraps_over_lines_is_no_drift() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key(
            "web",
            "{source: {generate: {algorithm: RSA, size: 2048}}, azure: {}}",
        ))
        .await;
    world.wait_ready("web").await;
    assert!(world.emulator().wrap_with_crlf(&id(&world, "web")));
    world.emulator().clear_log();
    world
        .until("two lists", async || {
            let log = world.emulator().log();
            let lists = log
                .iter()
                .filter(|record| record.request.path.ends_with("/sshPublicKeys"))
                .count();
            if lists >= 2 {
                Ok(())
            } else {
                Err(format!("{lists} lists"))
            }
        })
        .await;
    assert!(
        !world
            .emulator()
            .log()
            .iter()
            .any(|record| record.request.is_arm_write())
    );
}
