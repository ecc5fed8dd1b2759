//! What an earlier operator left behind is taken over: no key is made, nothing is written to Azure, and of each object a
//! witness is written once.
//!
//! `tests/fixtures/COMMIT/` holds what the operator of that commit left, one file a scene. To take those of the present
//! build: `FIXTURES_INTO=FOLDER cargo test --test servers what_an_operator_leaves`.

use std::{collections::BTreeMap, fs, path::Path};

use dev::{
    checkout,
    world::{Part, Snapshot, World, WorldOptions},
};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Resource, ResourceExt, api::ListParams, core::NamespaceResourceScope};
use serde_json::{Value, json};

use super::scenes::{SCENES, play};
use crate::seen::{CANARY, object, place_ids, places, sweeps_pass};

/// The cluster that all of them were and are in.
const CLUSTER: &str = "before-and-after";
/// The namespace that all of them were and are in.
const NAMESPACE: &str = "team-web";

fn options() -> WorldOptions {
    WorldOptions::new()
        .own_control_plane()
        .namespace(NAMESPACE)
        .flag("cluster-id", CLUSTER)
}

/// A world in which an operator finds what another left.
async fn lay(left: &[Snapshot]) -> World {
    let world = World::start(options().without(Part::Operator)).await;
    for part in left {
        part.lay(&world).await.unwrap();
    }
    world
}

/// The writes to the API server, but those about the store, which is new, and about the key that shows the sweeps:
/// `verb resource/name`, and how often.
fn writes(world: &World) -> BTreeMap<String, usize> {
    let log = world.proxy().log();
    let mut counts = BTreeMap::new();
    for entry in log.iter().filter(|entry| entry.write.is_some()) {
        let access = &entry.access;
        let name = access.name.clone().unwrap_or_default();
        let is_of_store = access.resource.starts_with("azurestores");
        if name != CANARY && !is_of_store {
            let what = format!("{} {}/{name}", access.verb, access.resource);
            *counts.entry(what).or_default() += 1;
        }
    }
    // The Secret of the key that shows the sweeps: the path of a creation names no object.
    assert_eq!(counts.remove("create secrets/"), Some(1), "{counts:?}");
    // The digest of what was in step is made of the UID too, which is another here.
    assert!(counts.remove("patch sshkeys/reported").unwrap_or(1) == 1);
    counts
}

/// The keys in Azure, but the one that shows the sweeps.
fn azure(world: &World) -> Vec<arm_emulator::StoredKey> {
    let mut keys = world.emulator().keys();
    keys.retain(|key| !key.name.ends_with(CANARY));
    keys
}

/// What each Secret and `ConfigMap` holds.
async fn contents(world: &World) -> BTreeMap<String, String> {
    let mut contents = of::<Secret>(world, |one| format!("{:?} {:?}", one.type_, one.data)).await;
    contents.extend(of::<ConfigMap>(world, |one| format!("{:?}", one.data)).await);
    contents.retain(|name, _| !name.ends_with(&format!(" {CANARY}")));
    contents
}

async fn of<K>(world: &World, told: impl Fn(&K) -> String) -> BTreeMap<String, String>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned,
{
    let all = world.api::<K>().list(&ListParams::default()).await.unwrap();
    let named = all
        .items
        .iter()
        .map(|one| (format!("{} {}", K::kind(&()), one.name_any()), told(one)));
    named.collect()
}

#[tokio::test]
async fn what_an_operator_leaves_is_taken_over_by_the_same_operator_without_a_write() {
    let before = World::start(options()).await;
    for scene in SCENES {
        play(&before, scene).await;
    }
    before.operator().kill();
    let left = Snapshot::take(&before).await.unwrap();
    if let Some(folder) = std::env::var_os("FIXTURES_INTO") {
        for scene in SCENES {
            let text = serde_json::to_string_pretty(&left.part(scene)).unwrap();
            let path = Path::new(&folder).join(format!("{scene}.json"));
            fs::write(path, text + "\n").unwrap();
        }
    }
    let world = lay(&[left]).await;
    let found = azure(&world);
    world.operator().restart().unwrap();
    for scene in SCENES {
        world.wait_ready(scene).await;
    }
    sweeps_pass(&world).await;
    assert_eq!(azure(&world), found);
    let mut writes = writes(&world);
    // Outputs have other UIDs here, which the status names, and so has the digest of what was in step.
    for scene in ["outputs", "reported"] {
        let what = format!("patch sshkeys/status/{scene}");
        assert!(writes.remove(&what).unwrap_or(1) == 1, "{what}");
    }
    assert_eq!(writes, BTreeMap::new());
}

#[tokio::test]
async fn what_the_operator_of_e5cabf1_left_is_taken_over_with_one_write_of_a_status_and_one_of_a_secret()
 {
    let folder = checkout::root().join("tests/fixtures/e5cabf1");
    let left: Vec<Snapshot> = SCENES
        .iter()
        .map(|scene| {
            let text = fs::read_to_string(folder.join(format!("{scene}.json"))).unwrap();
            serde_json::from_str(&text).unwrap()
        })
        .collect();
    let world = lay(&left).await;
    let (found, held) = (azure(&world), contents(&world).await);
    let mut before = BTreeMap::new();
    for scene in SCENES {
        before.insert(scene, object(&world, scene).await);
    }
    world.operator().restart().unwrap();
    for scene in SCENES {
        world.wait_ready(scene).await;
    }
    sweeps_pass(&world).await;

    assert_eq!(azure(&world), found, "Azure is as it was");
    assert_eq!(contents(&world).await, held, "so is all that is kept");
    are_few(&writes(&world));
    for scene in SCENES {
        world.wait_ready(scene).await;
        let after = object(&world, scene).await;
        is_the_same(scene, &before[scene], &after);
        are_places_of(scene, &after);
    }
}

/// The key, its records and its annotations are as they were, so that the earlier operator could come back.
fn is_the_same(scene: &str, before: &Value, after: &Value) {
    let before = &without_the_current_among_the_former(before);
    for field in ["fingerprint", "publicKey", "rotation", "secretName"] {
        let (now, then) = (&after["status"][field], &before["status"][field]);
        // What is new within a field may be there besides.
        match then.as_object() {
            Some(then) => then
                .iter()
                // A key that was never rotated has no such time any more.
                .filter(|(name, _)| *name != "lastRotationTime" || !now[*name].is_null())
                .for_each(|(name, then)| {
                    is_in(&now[name], then, &format!("{scene}: {field}.{name}"));
                }),
            None => assert_eq!(now, then, "{scene}: {field}"),
        }
    }
    if scene != "reported" {
        let annotations = |object: &Value| object["metadata"]["annotations"].clone();
        assert_eq!(annotations(after), annotations(before), "{scene}");
    }
    let uid = &after["metadata"]["uid"];
    assert_eq!(after["status"]["recordedFor"], *uid, "{scene}");
}

/// The earlier operator listed a key as a former one as soon as it was kept, before its successor took over.
fn without_the_current_among_the_former(object: &Value) -> Value {
    let mut object = object.clone();
    let current = object["status"]["fingerprint"].clone();
    if let Some(rotation) = object["status"]["rotation"].as_object_mut()
        && let Some(previous) = rotation.get_mut("previous").and_then(Value::as_array_mut)
    {
        previous.retain(|former| former["fingerprint"] != current);
        if previous.is_empty() {
            rotation.remove("previous");
        }
    }
    object
}

/// What was said is said. What is new within the items of a list may be there besides.
fn is_in(now: &Value, then: &Value, what: &str) {
    match (now, then) {
        (Value::Array(now), Value::Array(then)) => {
            assert_eq!(now.len(), then.len(), "{what}");
            for (now, then) in now.iter().zip(then) {
                is_in(now, then, what);
            }
        }
        (Value::Object(now), Value::Object(then)) => {
            for (name, then) in then {
                is_in(&now[name], then, &format!("{what}.{name}"));
            }
        }
        (now, then) => assert_eq!(now, then, "{what}"),
    }
}

/// The one place is the one that the status showed, with the origin that it has.
fn are_places_of(scene: &str, object: &Value) {
    if matches!(scene, "local" | "followed") {
        assert_eq!(place_ids(object), Vec::<String>::new(), "{scene}");
        return;
    }
    let shown = object["status"]["azure"]["resourceID"].as_str().unwrap();
    assert_eq!(place_ids(object), [shown], "{scene}");
    let place = places(object).remove(0);
    let (origin, policy) = if scene == "adopted" {
        ("Adopted", "Retain")
    } else {
        ("Created", "Delete")
    };
    assert_eq!(place["origin"], origin, "{scene}");
    assert_eq!(place["deletionPolicy"], policy, "{scene}");
    assert_eq!(place["phase"], "Published", "{scene}");
    if scene == "published" {
        assert_eq!(place["tags"], json!(["team"]));
    }
}

/// One write of each status, one of each Secret or `ConfigMap`, nothing else.
fn are_few(writes: &BTreeMap<String, usize>) {
    for (what, times) in writes {
        let allowed = [
            "patch sshkeys/status/",
            "patch secrets/",
            "patch configmaps/",
        ];
        let is_allowed = allowed.iter().any(|one| what.starts_with(one));
        assert!(is_allowed && *times == 1, "{writes:#?}");
    }
}
