//! What is seen of an `SshKey` and of Azure from outside, and when enough of it was seen.

use arm_emulator::RequestRecord;
use dev::world::{RESOURCE_GROUP, World};
use kube::{Api, api::ApiResource, api::DynamicObject};
use serde_json::Value;
use sshkey_operator::api::SshKey;

use crate::manifests::key;

/// The key whose lists show the sweeps.
pub(crate) const CANARY: &str = "canary";

/// `SshKey`s of a namespace as JSON: with fields that this build's types don't know.
pub(crate) fn objects(world: &World, namespace: &str) -> Api<DynamicObject> {
    let kind = ApiResource::erase::<SshKey>(&());
    Api::namespaced_with(world.client().clone(), namespace, &kind)
}

/// An `SshKey` of the test's namespace as JSON.
pub(crate) async fn object(world: &World, name: &str) -> Value {
    let object = objects(world, world.namespace()).get(name).await.unwrap();
    serde_json::to_value(object).unwrap()
}

/// The places in Azure that a status vouches for.
pub(crate) fn places(object: &Value) -> Vec<Value> {
    let places = object["status"]["azure"]["places"].as_array();
    places.cloned().unwrap_or_default()
}

/// The IDs of these places, in their order.
pub(crate) fn place_ids(object: &Value) -> Vec<String> {
    let places = places(object).into_iter();
    places
        .map(|place| place["id"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Waits until an `SshKey` of the test's namespace is as `holds` says, seen as JSON.
pub(crate) async fn until_object(
    world: &World,
    name: &str,
    what: &str,
    holds: impl Fn(&Value) -> bool,
) -> Value {
    world
        .until(format!("SshKey {name}: {what}"), async || {
            let seen = object(world, name).await;
            if holds(&seen) {
                Ok(seen)
            } else {
                Err(format!("{seen:#}"))
            }
        })
        .await
}

/// Method and name of each write to Azure since the log was cleared.
pub(crate) fn azure_writes(world: &World) -> Vec<String> {
    let log = world.emulator().log();
    let writes = log.iter().filter(|record| record.request.is_arm_write());
    writes.map(said).collect()
}

/// The requests to Azure whose path has `part` in it, compared without case.
pub(crate) fn requests_about(world: &World, part: &str) -> Vec<String> {
    let part = part.to_lowercase();
    let log = world.emulator().log();
    let about = log
        .iter()
        .filter(|record| record.request.path.to_lowercase().contains(&part));
    about.map(said).collect()
}

fn said(record: &RequestRecord) -> String {
    let name = record.request.path.rsplit('/').next().unwrap_or_default();
    format!("{} {name}", record.request.method)
}

/// How often the default group was listed.
fn lists(world: &World) -> usize {
    let end = format!("/resourcegroups/{RESOURCE_GROUP}/providers/microsoft.compute/sshpublickeys");
    let log = world.emulator().log();
    let lists = log.iter().filter(|record| {
        record.request.method == "GET" && record.request.path.to_lowercase().ends_with(&end)
    });
    lists.count()
}

/// Waits until the operator has seen everything once more: two whole sweeps, seen by a key of their own.
pub(crate) async fn sweeps_pass(world: &World) {
    world.apply(&key(CANARY, "{azure: {}}")).await;
    world.wait_ready(CANARY).await;
    lists_pass(world, 3).await;
}

/// Waits until the default group was listed so many times more. The first of them may have begun before.
pub(crate) async fn lists_pass(world: &World, times: usize) {
    let before = lists(world);
    world
        .until("sweeps have passed", async || {
            let since = lists(world).saturating_sub(before);
            if since >= times {
                Ok(())
            } else {
                Err(format!("{since} lists"))
            }
        })
        .await;
}
