//! Azure's lists: several pages, and links that lead elsewhere.

use arm_emulator::{Effect, Fault, FaultAnswer};
use dev::world::{RESOURCE_GROUP, SUBSCRIPTION, World, WorldOptions, resource_id};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKey};

use crate::manifests::key;

/// A page without keys that goes on at `next`.
fn page(next: &str) -> Effect {
    let body = json!({ "value": [], "nextLink": next }).to_string();
    Effect::Answer(FaultAnswer::raw(
        200,
        "application/json; charset=utf-8",
        &body,
    ))
}

#[tokio::test]
async fn a_link_to_another_host_to_itself_or_in_a_circle_is_not_followed() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let list = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/providers/Microsoft.Compute/sshPublicKeys"
    );
    let itself = format!(
        "{}{list}?api-version=2024-11-01",
        world.emulator().endpoint()
    );
    let circle = format!("{itself}&$skiptoken=a");
    for next in [
        "https://example.invalid/subscriptions/x",
        "no link",
        &itself,
        &circle,
    ] {
        let fault = Fault::on("GET", &format!("*{list}"), page(next)).times(0);
        let fault = world.emulator().faults().add(fault);
        let _: SshKey = world
            .wait_condition(
                "web",
                ConditionType::AzureSynced,
                "False",
                Reason::AzureAnswerInvalid,
            )
            .await;
        assert!(world.emulator().faults().remove(fault));
        world.wait_ready("web").await;
    }
    let log = world.emulator().log();
    let writes = log.iter().filter(|one| one.request.is_arm_write());
    assert_eq!(writes.count(), 1, "nothing was taken for gone");
}

#[tokio::test]
async fn a_key_on_the_last_page_is_seen_and_its_loss_too() {
    let options = WorldOptions::new().emulator(|mut config| {
        config.page_size = 2;
        config
    });
    let world = World::start(options).await;
    let names = ["a", "b", "c", "d", "e"];
    for name in names {
        world.apply(&key(name, "{azure: {}}")).await;
    }
    for name in names {
        world.wait_ready(name).await;
    }
    let id = resource_id(&format!("{}.e", world.namespace()));
    assert!(world.emulator().delete_key(&id));
    world
        .until("it is put back", async || match world.emulator().key(&id) {
            Some(_) => Ok(()),
            None => Err("it is gone".to_owned()),
        })
        .await;
    let log = world.emulator().log();
    let puts = log.iter().filter(|one| one.request.method == "PUT");
    assert_eq!(
        puts.count(),
        names.len() + 1,
        "one was put back and no other"
    );
    assert!(log.iter().any(|one| one.request.query.contains("skip")));
}
