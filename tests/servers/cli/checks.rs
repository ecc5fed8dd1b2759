//! `check`: what is sound is said, and what is not is told with the way out.

use std::fs;

use dev::world::{CREDENTIALS, Part, World, WorldOptions};
use kube::api::ListParams;
use serde_json::{Value, json};
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKeyPlan};

use super::program::{Said, done, run};
use crate::manifests::key;

#[tokio::test]
async fn a_sound_installation_is_said_to_be_so_to_those_without_rights_too() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let out = done(&world, folder, &["check"]).await;
    for part in [
        "ok    cluster     the API server answers, Kubernetes v",
        "ok    clock",
        "ok    definition  SshKey is of this version",
        "ok    right       pem, ssh and agent: you may",
        "ok    operator    it answers",
        "ok    store       AzureStore default is ready",
        "with keys in Azure: delete them first",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains("bad "), "{out}");
    let plans = world.api::<SshKeyPlan>();
    let left = plans.list(&ListParams::default()).await.unwrap().items;
    assert_eq!(left.len(), 0, "the question is taken back");

    let out = done(&world, folder, &["check", "--as", "nobody"]).await;
    for part in [
        "definition  SshKey is of this version",
        "resources: [secrets], verbs: [get]}",
        "operator    not asked: you may not create sshkeyplans",
        "not seen: you may not list azurestores.sshkey-operator.io in namespace",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
}

#[tokio::test]
async fn an_operator_that_is_away_and_a_store_that_fails_are_told() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let wrong = "{\"stringData\":{\"clientSecret\":\"wrong\"}}";
    let patch = ["patch", "secret", CREDENTIALS, "-p", wrong];
    world.kubectl(&patch).await.unwrap();
    world
        .wait_condition::<AzureStore>(
            "default",
            ConditionType::Ready,
            "False",
            Reason::AuthenticationFailed,
        )
        .await;
    world.operator().kill();
    let Said { code, out, err } = run(&world, folder, &["check", "--timeout", "1s"]).await;
    assert_eq!(code, Some(1));
    for part in [
        "bad   operator",
        "does not answer",
        "bad   store",
        "AzureStore default, ",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert_eq!(err, "error: 2 things are not as they should be\n");
}

#[tokio::test]
async fn the_rights_of_helm_test_are_what_the_check_takes() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    let rights = fs::read_to_string("charts/sshkey-operator/files/test-rights.yaml").unwrap();
    let rights: Value = serde_saphyr::from_str(&rights).unwrap();
    let name = world.namespace();
    for (role, rules, place) in [
        ("Role", &rights["watched"], json!({ "name": name })),
        (
            "ClusterRole",
            &rights["clusterStores"],
            json!({ "name": name }),
        ),
    ] {
        let group = "rbac.authorization.k8s.io";
        let binding = json!({ "apiVersion": format!("{group}/v1"), "kind": format!("{role}Binding"), "metadata": place,
            "roleRef": { "apiGroup": group, "kind": role, "name": name },
            "subjects": [{ "kind": "User", "apiGroup": group, "name": name }] });
        let role = json!({ "apiVersion": format!("{group}/v1"), "kind": role, "metadata": place, "rules": rules });
        for object in [role, binding] {
            let text = object.to_string();
            world
                .kubectl_with(&["apply", "-f", "-"], &text)
                .await
                .unwrap();
        }
    }
    let out = done(&world, folder, &["check", "--as", name]).await;
    for part in [
        "ok    operator    it answers",
        "ok    store       AzureStore default is ready",
        "an uninstall strands 1 SshKeys in namespace",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains("you may not list"), "{out}");
}

#[tokio::test]
async fn a_cluster_without_the_definitions_is_told_which_chart_has_them() {
    let options = WorldOptions::new().own_control_plane();
    let parts = [Part::Crds, Part::Store, Part::Operator];
    let options = parts.into_iter().fold(options, WorldOptions::without);
    let world = World::start(options).await;
    let folder = tempfile::tempdir().unwrap();
    let Said { code, out, .. } = run(&world, folder.path(), &["check"]).await;
    assert_eq!(code, Some(1));
    let missing = out
        .lines()
        .filter(|line| line.contains("is not known: install the chart"));
    assert_eq!(missing.count(), 4, "{out}");
}
