//! Each hint, taken away or spoiled in each way: nothing changes, nothing stops, and it is put back and told.

use dev::world::{World, WorldOptions, resource_id};
use kube::ResourceExt;
use serde_json::{Value, json};
use sshkey_operator::{
    api::{SshKey, names::annotation},
    keys::PublicKey,
};

use super::acts::{HINTS, annotate, delete, made_id, names_in_azure};
use crate::{
    manifests::key,
    operator::metrics,
    rotation::acts::{ask, current, wait_revision},
    seen::{azure_writes, object, sweeps_pass, until_object},
};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// An object that has a place in Azure, outputs and a rotation behind it.
async fn world() -> World {
    let world = World::start(WorldOptions::new()).await;
    let spec = "{azure: {}, outputs: [{name: files, pem: {}}, {name: open, publicConfigMap: {}}]}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    ask(&world, "web", "one").await;
    wait_revision(&world, "web", 2).await;
    world
}

/// What can be in the place of a hint.
fn damages(hint: &str) -> Vec<(&'static str, Value)> {
    let id = resource_id("another");
    let record = |number: usize| json!({ "id": format!("{id}-{number}"), "location": "westeurope", "store": "default", "deletionPolicy": "Delete" });
    let output = |number: usize| json!({ "kind": "Secret", "name": format!("another-{number}") });
    let (another, many) = match hint {
        annotation::AZURE_KEYS => (
            json!([record(0)]),
            (0..1_050).map(record).collect::<Vec<_>>(),
        ),
        annotation::OUTPUTS => (
            json!([output(0)]),
            (0..1_050).map(output).collect::<Vec<_>>(),
        ),
        annotation::ROTATION => (
            json!({ "companions": true, "handled": ["another"] }),
            vec![json!({ "companions": true }); 1_050],
        ),
        _ => (json!(NOBODY), vec![json!(NOBODY); 1_050]),
    };
    let text = |value: Value| match value {
        Value::String(text) => json!(text),
        other => json!(other.to_string()),
    };
    vec![
        ("wiped", Value::Null),
        ("empty", json!("")),
        ("another's", text(another)),
        ("rubbish", json!("rubbish")),
        ("of another type", json!("{\"a\": [1e400]}")),
        ("enormous", text(Value::from(many))),
    ]
}

#[tokio::test]
async fn a_hint_that_is_missing_or_spoiled_changes_nothing_and_is_put_back() {
    let world = world().await;
    let before = current(&world, "web").await;
    let azure = world.emulator().keys();
    let whole = object(&world, "web").await;
    for hint in HINTS {
        for (what, damage) in damages(hint) {
            world.emulator().clear_log();
            annotate(&world, "web", json!({ hint: damage })).await;
            let was = whole["metadata"]["annotations"][hint].clone();
            let what = format!("{hint} {what} is put back");
            until_object(&world, "web", &what, |seen| {
                means_the_same(&seen["metadata"]["annotations"][hint], &was)
            })
            .await;
            world.wait_ready("web").await;
            assert_eq!(azure_writes(&world), Vec::<String>::new(), "{what}");
            assert_eq!(world.emulator().keys(), azure, "{what}");
            assert_eq!(current(&world, "web").await, before, "{what}");
            assert!(world.secret("files").await.is_some(), "{what}");
        }
    }
    world.wait_event("web", "HintsReplaced").await;
    metrics::until(&world, "sshkey_panics_total", &[], 0.0).await;
}

/// The same records, in whatever order they are written.
fn means_the_same(one: &Value, other: &Value) -> bool {
    let read = |value: &Value| -> Value {
        let text = value.as_str().unwrap_or_default();
        serde_json::from_str(text).unwrap_or_else(|_| value.clone())
    };
    read(one) == read(other)
}

#[tokio::test]
async fn the_place_and_the_outputs_go_with_an_object_whose_hints_were_spoiled_while_nobody_worked()
{
    for number in 0..damages(annotation::AZURE_KEYS).len() {
        let world = world().await;
        world.operator().kill();
        let mut spoiled = serde_json::Map::new();
        for hint in HINTS {
            let (what, damage) = damages(hint).remove(number);
            // All annotations of an object have 256 KiB together.
            let fits = what != "enormous" || hint == annotation::AZURE_KEYS;
            let damage = if fits { damage } else { Value::Null };
            spoiled.insert(hint.to_owned(), damage);
        }
        annotate(&world, "web", Value::Object(spoiled)).await;
        let api: kube::Api<SshKey> = world.api();
        api.delete("web", &Default::default()).await.unwrap();
        world.operator().restart().unwrap();
        world.wait_gone::<SshKey>("web").await;
        assert_eq!(names_in_azure(&world), Vec::<String>::new(), "{number}");
        assert!(world.secret("files").await.is_none(), "{number}");
        assert!(world.secret("web").await.is_some(), "Retain is the default");
    }
}

#[tokio::test]
async fn hints_from_before_a_move_bring_nothing_back_and_leave_nothing_behind() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {name: first}}")).await;
    let first = world.wait_ready("web").await;
    world.apply(&key("web", "{azure: {name: second}}")).await;
    world.wait_ready("web").await;
    let old: serde_json::Map<String, Value> = HINTS
        .iter()
        .filter_map(|&hint| Some((hint.to_owned(), json!(first.annotations().get(hint)?))))
        .collect();
    annotate(&world, "web", Value::Object(old)).await;
    until_object(&world, "web", "the hints are of the second place", |seen| {
        let text = seen["metadata"]["annotations"][annotation::AZURE_KEYS].as_str();
        text.is_some_and(|text| text.contains("/second") && !text.contains("/first"))
    })
    .await;
    sweeps_pass(&world).await;
    assert_eq!(names_in_azure(&world), ["second"]);
    delete(&world, "web").await;
    assert_eq!(names_in_azure(&world), Vec::<String>::new());
}

#[tokio::test]
async fn a_copy_of_an_object_with_all_its_hints_begins_as_an_object_of_its_own() {
    let world = world().await;
    let first = current(&world, "web").await;
    let mut copy = object(&world, "web").await;
    copy["metadata"] = json!({
        "name": "copy",
        "annotations": copy["metadata"]["annotations"],
        "finalizers": copy["metadata"]["finalizers"],
    });
    copy["spec"]["outputs"] = json!([{ "name": "copy-files", "pem": {} }]);
    world.apply(&copy.to_string()).await;
    world.wait_ready("copy").await;
    assert_ne!(current(&world, "copy").await, first);
    let expected = [made_id(&world, "copy"), made_id(&world, "web")];
    let own = |id: &String| {
        let key = world.emulator().key(id).unwrap().public_key.unwrap();
        PublicKey::parse(&key).unwrap()
    };
    assert_ne!(own(&expected[0]), own(&expected[1]));
    delete(&world, "copy").await;
    sweeps_pass(&world).await;
    assert_eq!(own(&expected[1]), first, "the original has its place");
    assert!(world.secret("files").await.is_some(), "and its outputs");
    assert!(world.secret("web-previous").await.is_some());
    world.wait_ready("web").await;
}
