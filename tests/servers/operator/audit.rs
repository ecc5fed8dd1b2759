//! What happened to a key can be read from the log alone.

use dev::world::{World, WorldOptions};
use serde_json::Value;
use sshkey_operator::api::SshKey;

use crate::{
    manifests::key,
    rotation::acts::{ask, wait_revision},
    seen::object,
};

/// All that the audit log tells of an object: what happened, and what stood in its way.
pub(super) fn told(world: &World, name: &str) -> Vec<Value> {
    let log = std::fs::read_to_string(world.operator().log()).unwrap();
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let is_its = |line: &Value| line["target"] == "sshkey_operator::audit" && line["name"] == name;
    lines.filter(is_its).collect()
}

/// What happened to an object, in the audit log.
pub(super) fn audit(world: &World, name: &str) -> Vec<Value> {
    let mut lines = told(world, name);
    lines.retain(|line| !line["audit"].is_null());
    lines
}

pub(super) fn actions(lines: &[Value]) -> Vec<&str> {
    let actions = lines.iter();
    actions.filter_map(|line| line["audit"].as_str()).collect()
}

#[tokio::test]
async fn the_life_of_a_key_is_read_from_the_log() {
    let world = World::start(WorldOptions::new().flag("log-format", "json")).await;
    let spec = "{secret: {deletionPolicy: Delete}, azure: {}}";
    world.apply(&key("web", spec)).await;
    let first = world.wait_ready("web").await.status.unwrap();
    let fingerprint = first.fingerprint.unwrap();
    let lines = audit(&world, "web");
    assert_eq!(actions(&lines), ["generated", "published"]);
    let uid = object(&world, "web").await["metadata"]["uid"].clone();
    for line in &lines {
        assert_eq!(line["target"], "sshkey_operator::audit", "{line}");
        assert_eq!(line["level"], "INFO", "{line}");
        assert_eq!(line["namespace"], world.namespace(), "{line}");
        assert_eq!(line["uid"], uid, "{line}");
        assert_eq!(line["fingerprint"], fingerprint, "{line}");
        assert_eq!(line["revision"], 1, "{line}");
        assert_eq!(line["claimed_manager"], "sshkey-operator-dev", "{line}");
    }
    assert_eq!(lines[0]["written"], "Secret web");
    assert!(lines[0]["azure_id"].is_null() && lines[0]["correlation_id"].is_null());
    assert_eq!(lines[1]["azure_id"], first.azure.unwrap().resource_id);
    // Azure knows the requests by the same name.
    let correlation = lines[1]["correlation_id"].as_str().unwrap();
    let known = world
        .emulator()
        .log()
        .into_iter()
        .any(|one| one.request.method == "PUT" && one.request.correlation_id == correlation);
    assert!(known, "{correlation}");

    ask(&world, "web", "now").await;
    wait_revision(&world, "web", 2).await;
    world.wait_ready("web").await;
    let lines = audit(&world, "web");
    let rotation = ["generated", "kept", "published", "rotated"];
    for action in rotation {
        assert!(
            actions(&lines[2..]).contains(&action),
            "{action}: {lines:#?}"
        );
    }

    let keys = world.api::<SshKey>();
    keys.delete("web", &Default::default()).await.unwrap();
    world.wait_gone::<SshKey>("web").await;
    world
        .until("its end is in the log", async || {
            let lines = audit(&world, "web");
            match actions(&lines).last() {
                Some(&"released") => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    let lines = audit(&world, "web");
    let deleted = lines.iter().filter(|line| line["audit"] == "deleted");
    assert_eq!(
        deleted.count(),
        2,
        "the Secret and the key in Azure: {lines:#?}"
    );
}
