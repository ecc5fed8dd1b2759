//! `plan`: what it says is what an apply does, and nothing of a question stays.

use std::{fs, path::Path};

use dev::world::{World, WorldOptions};
use kube::api::ListParams;
use serde_json::Value;
use sshkey_operator::api::{SshKey, SshKeyPlan};

use super::program::{Said, done, refused, run};
use crate::manifests::{key, secret};

pub(crate) async fn questions(world: &World) -> usize {
    let plans = world.api::<SshKeyPlan>();
    plans
        .list(&ListParams::default())
        .await
        .unwrap()
        .items
        .len()
}

pub(crate) fn write(folder: &Path, name: &str, documents: &[String]) {
    fs::write(folder.join(name), documents.join("---\n")).unwrap();
}

pub(crate) async fn json(world: &World, folder: &Path, arguments: &[&str]) -> Value {
    let more = [arguments, &["-o", "json"]].concat();
    serde_json::from_str(&done(world, folder, &more).await).unwrap()
}

#[tokio::test]
async fn a_folder_is_planned_and_after_the_apply_there_are_no_changes() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("keys")).unwrap();
    let documents = [
        key("web", "{azure: {name: web}}"),
        secret("other", "a", "b"),
    ];
    write(folder, "keys/one.yaml", &documents);
    write(folder, "keys/two.yaml", &[key("db", "{}")]);
    let arguments = ["plan", "-f", "keys", "--detailed-exitcode"];
    let Said { code, out, err } = run(&world, folder, &arguments).await;
    assert_eq!(code, Some(2), "{err}");
    for part in [
        "(keys/one.yaml, document 1)",
        "+  SshKey web",
        "spec.azure.name: \"web\"",
        "+  Secret web: Ed25519 256 (known after apply)",
        "Left out, being no SshKeys: Secret (keys/one.yaml, document 2).",
        // Two SshKeys, two Secrets, one key in Azure; the store is held.
        "Plan: 5 to add, 1 to change, 0 to destroy.",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let keys = world.api::<SshKey>();
    assert_eq!(
        keys.list(&ListParams::default()).await.unwrap().items.len(),
        0
    );
    assert!(world.emulator().keys().is_empty());
    assert_eq!(questions(&world).await, 0);

    let input = fs::read_to_string(folder.join("keys/one.yaml")).unwrap();
    let apply = world.kubectl_with(&["apply", "-f", "-"], &input).await;
    apply.unwrap();
    world.apply(&key("db", "{}")).await;
    for name in ["web", "db"] {
        world.wait_ready(name).await;
    }
    let out = done(&world, folder, &arguments).await;
    assert!(
        out.ends_with("No changes: 2 SshKeys as asked for.\n"),
        "{out}"
    );
    let out = done(&world, folder, &["plan", "web"]).await;
    assert_eq!(out, "No changes: 1 SshKey as asked for.\n");
}

#[tokio::test]
async fn a_plan_is_of_what_kubectl_apply_would_leave() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let first = key("web", "{azure: {name: web, tags: {a: '1', b: '2'}}}");
    let apply = ["apply", "-f", "-"];
    world.kubectl_with(&apply, &first).await.unwrap();
    world.wait_ready("web").await;
    // What another set stays, and what is applied no longer goes.
    let by_another = "{\"spec\":{\"azure\":{\"tags\":{\"c\":\"3\"}}}}";
    let patch = ["patch", "sshkey", "web", "--type=merge", "-p", by_another];
    world.kubectl(&patch).await.unwrap();
    world.wait_ready("web").await;
    let second = key("web", "{azure: {name: web, tags: {a: '9'}}}");
    write(folder, "web.yaml", std::slice::from_ref(&second));
    let plan = json(&world, folder, &["plan", "-f", "web.yaml"]).await;
    let fields = plan["plans"][0]["fields"].as_array().unwrap();
    let paths: Vec<&str> = fields
        .iter()
        .map(|one| one["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["spec.azure.tags.a", "spec.azure.tags.b"]);
    assert_eq!(
        plan["totals"]["change"], 2,
        "the SshKey and its key in Azure"
    );
    let steps = plan["plans"][0]["status"]["steps"].as_array().unwrap();
    let is_update = |step: &Value| step["step"] == "UpdateAzureKey";
    assert!(steps.iter().any(is_update), "{steps:?}");

    let said = refused(
        &world,
        folder,
        &[
            "plan",
            "-f",
            "web.yaml",
            "--server-side",
            "--field-manager",
            "me",
        ],
    )
    .await;
    assert!(
        said.contains("web.yaml (SshKey") && said.contains("conflict"),
        "{said}"
    );
    let forced = [
        "plan",
        "-f",
        "web.yaml",
        "--server-side",
        "--field-manager",
        "me",
        "--force-conflicts",
    ];
    let plan = json(&world, folder, &forced).await;
    assert_eq!(plan["plans"][0]["fields"][0]["to"], "9");

    world.kubectl_with(&apply, &second).await.unwrap();
    world.wait_ready("web").await;
    let web = world
        .kubectl(&["get", "sshkey", "web", "-o", "jsonpath={.spec.azure.tags}"])
        .await;
    assert_eq!(
        web.unwrap(),
        "{\"a\":\"9\",\"c\":\"3\"}",
        "as it was planned"
    );
    assert_eq!(questions(&world).await, 0);
}

#[tokio::test]
async fn what_can_not_be_applied_is_told_with_file_and_document_and_stops_no_other() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let documents = [
        key("good", "{}"),
        key("typo", "{azur: {}}"),
        key(
            "rule",
            "{azure: {}, source: {generate: {algorithm: ECDSA, size: 256}}}",
        ),
        "kind: [".to_owned(),
    ];
    write(folder, "keys.yaml", &documents);
    let Said { code, out, err } = run(&world, folder, &["plan", "-f", "keys.yaml"]).await;
    assert_eq!(code, Some(1));
    assert!(
        out.contains("+  SshKey good") && !out.contains("typo"),
        "{out}"
    );
    for part in [
        "keys.yaml, document 2 (SshKey",
        "unknown field \"spec.azur\"",
        "keys.yaml, document 3 (SshKey",
        "keys.yaml, document 4: ",
        "error: 3 can't be planned",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }
    // The same as kubectl is told, but for the spaces between.
    let told = world
        .kubectl_with(&["create", "-f", "-"], &documents[2])
        .await
        .unwrap_err();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let reason = words(told.split_once("is invalid:").unwrap().1);
    assert!(words(&err).contains(&reason), "{err}: {reason}");

    write(folder, "good.yaml", &documents[..1]);
    write(folder, "none.yaml", &[secret("a", "b", "c")]);
    let said = refused(&world, folder, &["plan", "-f", "none.yaml"]).await;
    assert!(said.contains("no SshKey in the files"), "{said}");
    let said = refused(&world, folder, &["plan", "-f", "nowhere"]).await;
    assert!(said.contains("can't read nowhere"), "{said}");
    let said = refused(
        &world,
        folder,
        &["plan", "-f", "good.yaml", "--as", "nobody"],
    )
    .await;
    assert!(said.contains("you may not get sshkeys"), "{said}");
    assert_eq!(questions(&world).await, 0);
}

#[tokio::test]
async fn a_deletion_is_planned_with_what_it_destroys() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world
        .apply(&key(
            "web",
            "{secret: {deletionPolicy: Delete}, azure: {name: web}}",
        ))
        .await;
    world.wait_ready("web").await;
    let out = done(&world, folder, &["plan", "web", "--destroy"]).await;
    assert!(
        out.contains("-  Secret web") && out.contains("sshPublicKeys/web"),
        "{out}"
    );
    assert!(
        out.ends_with("Plan: 0 to add, 0 to change, 3 to destroy.\n"),
        "{out}"
    );
    world.wait_ready("web").await;
    let said = refused(&world, folder, &["plan", "nobody", "--destroy"]).await;
    assert!(said.contains("there is no SshKey nobody"), "{said}");
}
