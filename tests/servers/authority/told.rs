//! Every deletion in Azure is told, and so is what nobody claims any more.

use dev::world::{World, WorldOptions, resource_id};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::SshKey;

use super::{
    acts::{delete, made_id, names_in_azure},
    recreated::told,
};
use crate::{
    manifests::key,
    operator::metrics,
    seen::{sweeps_pass, until_object},
};

const DELETED: &str = "DeleteAzureKey";
const UNCLAIMED: &str = "sshkey_azure_unclaimed_keys";

fn log(world: &World) -> String {
    std::fs::read_to_string(world.operator().log()).unwrap()
}

async fn is_told(world: &World, id: &str) {
    world
        .until(format!("the deletion of {id} is told"), async || {
            let notes = told(world, "web", DELETED, "Normal").await;
            if notes.iter().any(|note| note.contains(id)) {
                Ok(())
            } else {
                Err(format!("{notes:?}"))
            }
        })
        .await;
    let said = log(world);
    let mut lines = said.lines();
    assert!(
        lines.any(|line| line.contains(id) && line.contains("delete")),
        "{said}"
    );
}

#[tokio::test]
async fn each_deletion_in_azure_is_an_event_and_a_line_of_the_log() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {name: first}}")).await;
    world.wait_ready("web").await;
    world.apply(&key("web", "{azure: {name: second}}")).await;
    world.wait_ready("web").await;
    is_told(&world, &resource_id("first")).await;
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    is_told(&world, &resource_id("second")).await;
    world.apply(&key("web", "{azure: {name: third}}")).await;
    world.wait_ready("web").await;
    delete(&world, "web").await;
    is_told(&world, &resource_id("third")).await;
}

#[tokio::test]
async fn a_key_whose_object_is_gone_by_force_is_counted_told_and_left() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    sweeps_pass(&world).await;
    metrics::until(&world, UNCLAIMED, &[], 0.0).await;
    world.operator().kill();
    let api: Api<SshKey> = world.api();
    let free = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    let params = PatchParams::default();
    api.patch("web", &params, &free).await.unwrap();
    api.delete("web", &DeleteParams::default()).await.unwrap();
    world.wait_gone::<SshKey>("web").await;
    world.operator().restart().unwrap();
    world.operator().ready().await.unwrap();
    sweeps_pass(&world).await;
    metrics::until(&world, UNCLAIMED, &[], 1.0).await;
    let id = made_id(&world, "web");
    let said = log(&world);
    assert!(said.contains(&id), "the log names it: {said}");
    assert!(world.emulator().key(&id).is_some(), "it is not deleted");
    // Another object of that name takes it up with its Secret: then it has an owner.
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    sweeps_pass(&world).await;
    metrics::until(&world, UNCLAIMED, &[], 0.0).await;
}

#[tokio::test]
async fn an_object_that_vanishes_by_force_while_the_operator_watches_takes_its_places_along() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    until_object(&world, "web", "its place is known", |seen| {
        seen["status"]["azure"]["places"][0]["phase"] == "Published"
    })
    .await;
    // The operator is cut off, as an object can only go unseen then, and sees the deletion alone.
    world.proxy().refuse(true);
    let api: Api<SshKey> = world.api();
    let free = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    let params = PatchParams::default();
    api.patch("web", &params, &free).await.unwrap();
    api.delete("web", &DeleteParams::default()).await.unwrap();
    world.proxy().refuse(false);
    world
        .until("Azure is empty", async || {
            let left = names_in_azure(&world);
            if left.is_empty() {
                Ok(())
            } else {
                Err(format!("{left:?}"))
            }
        })
        .await;
    let said = log(&world);
    assert!(said.contains(&made_id(&world, "web")), "{said}");
}
