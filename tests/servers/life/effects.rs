//! What the plan says that a step leaves behind is what it leaves on real servers. The plan's tests and the model take its
//! word for it.

use std::collections::BTreeMap;

use arm_emulator::StoredKey;
use dev::world::{LOCATION, RESOURCE_GROUP, SUBSCRIPTION, World, WorldOptions};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::{
    api::{SshKey, names::annotation},
    plan::Step,
};

use crate::{
    made::Made,
    manifests::{key, secret},
    rotation::acts::{annotate, ask, wait_pending, wait_revision},
};

#[tokio::test]
async fn each_kind_of_step_leaves_behind_what_the_plan_says() {
    let world = World::start(WorldOptions::new()).await;
    rotates_and_goes(&world).await;
    imports_and_rotates(&world).await;
    moves_and_writes_outputs(&world).await;
    takes_over(&world).await;
    delays_and_retires(&world).await;

    let compared = compared(&world);
    let differ: Vec<_> = compared
        .iter()
        .filter(|(_, foreseen)| !**foreseen)
        .collect();
    assert!(differ.is_empty(), "not as the plan says: {differ:?}");
    let missing: Vec<_> = Step::names()
        .filter(|step| !compared.contains_key(*step))
        .collect();
    assert!(missing.is_empty(), "never taken: {missing:?}");
}

/// The kinds of steps that the operator compared, and whether all of each kind were as the plan says.
fn compared(world: &World) -> BTreeMap<String, bool> {
    let log = std::fs::read_to_string(world.operator().log()).unwrap();
    let mut all = BTreeMap::new();
    for line in log.lines().filter(|line| line.contains("is_foreseen=")) {
        let field = |name: &str| {
            let (_, rest) = line.split_once(&format!("{name}="))?;
            let value = rest.split_whitespace().next()?;
            Some(value.trim_matches('"').to_owned())
        };
        let is_foreseen = field("is_foreseen").as_deref() == Some("true");
        let so_far = all.entry(field("step").unwrap()).or_insert(true);
        *so_far &= is_foreseen;
    }
    all
}

async fn ready(world: &World, name: &str, spec: &str) {
    world.apply(&key(name, spec)).await;
    world.wait_ready(name).await;
}

async fn delete(world: &World, name: &str) {
    let api: Api<SshKey> = world.api();
    api.delete(name, &DeleteParams::default()).await.unwrap();
    world.wait_gone::<SshKey>(name).await;
}

/// Everything that is generated goes with the object: a next key and former keys too.
async fn rotates_and_goes(world: &World) {
    let spec = "{azure: {tags: {team: web}}, secret: {deletionPolicy: Delete}, rotation: {activation: Manual}}";
    ready(world, "whole", spec).await;
    ask(world, "whole", "one").await;
    let pending = wait_pending(world, "whole").await.pending.unwrap();
    annotate(world, "whole", annotation::ACTIVATE, &pending.fingerprint).await;
    wait_revision(world, "whole", 2).await;
    // Its owner strips the Secret of its labels.
    let stripped = Patch::Merge(json!({ "metadata": { "labels": null } }));
    let api: Api<Secret> = world.api();
    let params = PatchParams::default();
    api.patch("whole", &params, &stripped).await.unwrap();
    world
        .until("the labels are back", async || {
            let secret = world.secret("whole").await.unwrap();
            secret.metadata.labels.map(drop).ok_or("none".to_owned())
        })
        .await;
    ask(world, "whole", "two").await;
    wait_pending(world, "whole").await;
    world.wait_ready("whole").await;
    delete(world, "whole").await;
}

async fn imports_and_rotates(world: &World) {
    let (first, second) = (Made::ed25519(), Made::ed25519());
    world.apply(&secret("mine", "key", &first.private())).await;
    let spec = "{source: {privateKey: {secretRef: {name: mine, key: key}}}, secret: {}, azure: {}}";
    ready(world, "brought", spec).await;
    world.apply(&secret("mine", "key", &second.private())).await;
    wait_revision(world, "brought", 2).await;
}

async fn moves_and_writes_outputs(world: &World) {
    let outputs = "outputs: [{name: files, pem: {}}, {name: open, publicConfigMap: {}}]";
    ready(
        world,
        "moves",
        &format!("{{azure: {{name: moves-first}}, {outputs}}}"),
    )
    .await;
    let elsewhere = "{azure: {name: moves-second, resourceGroup: {name: made-for-it, creationPolicy: IfMissing}}";
    ready(world, "moves", &format!("{elsewhere}, {outputs}}}")).await;
    ask(world, "moves", "one").await;
    wait_revision(world, "moves", 2).await;
    ready(world, "moves", &format!("{elsewhere}}}")).await;
    world.wait_gone::<Secret>("files").await;
}

async fn takes_over(world: &World) {
    let made = Made::ed25519();
    world.emulator().put_key_as_someone_else(StoredKey {
        id: String::new(),
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: RESOURCE_GROUP.to_owned(),
        name: "legacy".to_owned(),
        location: LOCATION.to_owned(),
        public_key: Some(made.material()),
        tags: BTreeMap::from([("owner".to_owned(), "eve".to_owned())]),
    });
    let private = json!(made.private());
    let theirs = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: theirs}}\ntype: kubernetes.io/ssh-auth\nstringData: {{ssh-privatekey: {private}}}\n"
    );
    world.apply(&theirs).await;
    let spec = "{secret: {name: theirs, conflictPolicy: Adopt}, azure: {name: legacy, conflictPolicy: Adopt}}";
    ready(world, "taken", spec).await;
}

/// A rotation waits for its delay, and the former key goes in time.
async fn delays_and_retires(world: &World) {
    let keep = "keepPrevious: {count: 0, minDuration: 2s}";
    let spec = |activation: &str| {
        format!("{{azure: {{}}, rotation: {{activation: {activation}, {keep}}}}}")
    };
    ready(world, "waits", &spec("Delayed, delay: 2s")).await;
    ask(world, "waits", "one").await;
    wait_revision(world, "waits", 2).await;
    world.wait_gone::<Secret>("waits-previous").await;
}
