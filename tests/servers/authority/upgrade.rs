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

use super::scenes::{SCENES, play};
use crate::seen::{CANARY, object, place_ids, places, sweeps_pass};

/// The cluster that all of them were and are in.
const CLUSTER: &str = "before-and-after";

fn options() -> WorldOptions {
    WorldOptions::new().flag("cluster-id", CLUSTER)
}

/// A world in which an operator finds what another left.
async fn found(left: &Snapshot) -> World {
    let world = World::start(options().without(Part::Operator)).await;
    left.lay(&world).await.unwrap();
    world.operator().restart().unwrap();
    world
}

/// The writes to the API server, but those about the key that shows the sweeps: `verb resource/name`, and how often.
fn writes(world: &World) -> BTreeMap<String, usize> {
    let log = world.proxy().log();
    let mut counts = BTreeMap::new();
    for entry in log.iter().filter(|entry| entry.write.is_some()) {
        let access = &entry.access;
        let name = access.name.clone().unwrap_or_default();
        if name != CANARY {
            *counts
                .entry(format!("{} {}/{name}", access.verb, access.resource))
                .or_default() += 1;
        }
    }
    // Its Secret is the only one that is created, and the body says of whom.
    counts.remove("create secrets/");
    counts
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
    let into = std::env::var_os("FIXTURES_INTO");
    for scene in SCENES {
        let before = World::start(options()).await;
        play(&before, scene).await;
        before.operator().kill();
        let left = Snapshot::take(&before).await.unwrap();
        if let Some(folder) = &into {
            let text = serde_json::to_string_pretty(&left).unwrap();
            let path = Path::new(folder).join(format!("{scene}.json"));
            fs::write(path, text + "\n").unwrap();
        }
        let world = found(&left).await;
        let azure = world.emulator().keys();
        world.wait_ready(scene).await;
        sweeps_pass(&world).await;
        let mut after = world.emulator().keys();
        after.retain(|key| !key.name.ends_with(CANARY));
        assert_eq!(after, azure, "{scene}");
        assert_eq!(writes(&world), BTreeMap::new(), "{scene}");
    }
}

/// Whether the key of a scene is in a place of its own in Azure.
fn has_a_place(scene: &str) -> bool {
    !matches!(scene, "local" | "followed")
}

#[tokio::test]
async fn what_the_operator_of_e5cabf1_left_is_taken_over_with_one_write_of_a_status_and_one_of_a_secret()
 {
    let folder = checkout::root().join("tests/fixtures/e5cabf1");
    for scene in SCENES {
        let text = fs::read_to_string(folder.join(format!("{scene}.json"))).unwrap();
        let left: Snapshot = serde_json::from_str(&text).unwrap();
        let world = found(&left).await;
        let azure = world.emulator().keys();
        let held = contents(&world).await;
        let before = object(&world, scene).await;
        world.wait_ready(scene).await;
        sweeps_pass(&world).await;
        let after = object(&world, scene).await;
        world.wait_ready(scene).await;

        let mut still = world.emulator().keys();
        still.retain(|key| !key.name.ends_with(CANARY));
        assert_eq!(still, azure, "{scene}: Azure is as it was");
        assert_eq!(contents(&world).await, held, "{scene}: so is what is kept");
        for field in ["fingerprint", "publicKey", "rotation", "secretName"] {
            let of = |object: &serde_json::Value| object["status"][field].clone();
            assert_eq!(of(&after), of(&before), "{scene}: {field}");
        }
        assert_eq!(after["status"]["recordedFor"], after["metadata"]["uid"]);
        let now = |object: &serde_json::Value| object["metadata"]["annotations"].clone();
        assert_eq!(
            now(&after),
            now(&before),
            "{scene}: so that the old one can come back"
        );
        are_places_of(scene, &after);
        are_few(scene, &writes(&world));
    }
}

/// The one place is the one that the status showed, with the origin that it has.
fn are_places_of(scene: &str, object: &serde_json::Value) {
    if !has_a_place(scene) {
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
        assert_eq!(place["tags"], serde_json::json!(["team"]));
    }
}

/// One write of the status, one of each Secret or `ConfigMap`, nothing else.
fn are_few(scene: &str, writes: &BTreeMap<String, usize>) {
    for (what, times) in writes {
        let allowed = [
            "patch sshkeys/status/",
            "patch secrets/",
            "patch configmaps/",
        ];
        let is_allowed = allowed.iter().any(|one| what.starts_with(one));
        assert!(is_allowed && *times == 1, "{scene}: {writes:?}");
    }
}
