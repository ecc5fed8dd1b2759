//! What happened to a key can be read from the log alone.

use dev::world::{World, WorldOptions};
use sshkey_operator::api::SshKey;

use crate::{
    manifests::key,
    rotation::acts::{ask, wait_revision},
};

/// The lines of the audit log about an object: each is the value of `audit`, and the whole line.
fn audit(world: &World, name: &str) -> Vec<(String, String)> {
    let log = std::fs::read_to_string(world.operator().log()).unwrap();
    let of_it = log.lines().filter_map(|line| {
        let (_, rest) = line.split_once(r#" audit=""#)?;
        let (action, rest) = rest.split_once('"')?;
        let is_its = rest.contains(&format!(r#" name="{name}""#));
        is_its.then(|| (action.to_owned(), line.to_owned()))
    });
    of_it.collect()
}

fn actions(lines: &[(String, String)]) -> Vec<&str> {
    lines.iter().map(|(action, _)| action.as_str()).collect()
}

#[tokio::test]
async fn the_life_of_a_key_is_read_from_the_log() {
    let world = World::start(WorldOptions::new()).await;
    let spec = "{secret: {deletionPolicy: Delete}, azure: {}}";
    world.apply(&key("web", spec)).await;
    let first = world.wait_ready("web").await.status.unwrap();
    let fingerprint = first.fingerprint.unwrap();
    let lines = audit(&world, "web");
    assert_eq!(actions(&lines), ["generated", "published"]);
    for (_, line) in &lines {
        assert!(
            line.contains(&format!(r#"fingerprint="{fingerprint}""#)),
            "{line}"
        );
        assert!(
            line.contains(r#"claimed_manager="sshkey-operator-dev""#),
            "{line}"
        );
        assert!(line.contains("revision=1"), "{line}");
    }
    let resource = first.azure.unwrap().resource_id;
    let published = &lines[1].1;
    assert!(published.contains(&resource), "{published}");
    // Azure knows the requests by the same name.
    let (_, rest) = published.split_once(r#"correlation_id=""#).unwrap();
    let (correlation, _) = rest.split_once('"').unwrap();
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
    let deleted = lines.iter().filter(|(action, _)| action == "deleted");
    assert_eq!(
        deleted.count(),
        2,
        "the Secret and the key in Azure: {lines:#?}"
    );
}
