//! `version`: what runs where is said, and what does not fit ends with 1.

use std::path::Path;

use dev::world::{Part, World, WorldOptions};
use serde_json::Value;
use tokio::process::Command;

use super::program::{Said, done, run};
use crate::manifests::key;

/// What the chart leaves of an installation.
pub(crate) fn deployment(name: &str, version: &str) -> String {
    let labels = format!(
        "{{helm.sh/chart: sshkey-operator-{version}, app.kubernetes.io/version: '{version}'}}"
    );
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, labels: {labels}}}\n\
         spec: {{replicas: 0, selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, \
         spec: {{containers: [{{name: a, image: a}}]}}}}}}\n"
    )
}

#[tokio::test]
async fn versions_are_read_from_what_an_installation_has_and_those_that_do_not_fit_are_told() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let own = env!("CARGO_PKG_VERSION");
    world.apply(&deployment("own-name", own)).await;
    let seen = done(&world, folder, &["version", "-o", "json"]).await;
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen["program"]["version"], own);
    let operators = seen["operators"].as_array().unwrap();
    let here = operators
        .iter()
        .find(|one| one["namespace"] == world.namespace())
        .unwrap();
    assert_eq!(here["version"], own);
    assert_eq!(
        (&here["name"], &here["fits"]),
        (&"own-name".into(), &true.into())
    );
    assert_eq!(seen["definitions"].as_array().unwrap().len(), 4);
    assert_eq!(seen["fits"], true);

    world.apply(&deployment("own-name", "99.1.0")).await;
    let Said { code, out, err } = run(&world, folder, &["version"]).await;
    assert_eq!(code, Some(1), "{out}");
    let place = format!("Deployment own-name in namespace {}", world.namespace());
    let line = out.lines().find(|line| line.contains(&place)).unwrap();
    assert!(
        line.starts_with("operator") && line.contains("99.1.0   no"),
        "{out}"
    );
    assert!(
        err.starts_with("error: not all of these versions fit"),
        "{err}"
    );

    let out = done(&world, folder, &["version", "--as", "nobody"]).await;
    for part in [
        "SshKey is of this version",
        "you may not list deployments.apps; a ClusterRole with {apiGroups: [\"apps\"]",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
}

#[tokio::test]
async fn without_a_cluster_the_version_of_the_program_is_said_first() {
    let folder = tempfile::tempdir().unwrap();
    let own = env!("CARGO_PKG_VERSION");
    for (arguments, code) in [(&["version", "--client"][..], 0), (&["version"], 1)] {
        let output = Command::new(env!("CARGO_BIN_EXE_kubectl-sshkey"))
            .args(arguments)
            .env("KUBECONFIG", folder.path().join("none"))
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(code));
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(out.contains(&format!("program   {own}")), "{out}");
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(err.starts_with("error: no cluster: "), code == 1, "{err}");
    }
}

/// Changes the definition of `SshKeys`, and waits until the API server publishes it.
async fn redefine(world: &World, folder: &Path, patch: &str, expected: &str) {
    let name = "sshkeys.sshkey-operator.io";
    let patch = ["patch", "crd", name, "--type=json", "-p", patch];
    world.kubectl(&patch).await.unwrap();
    world
        .until(
            format!("the definition is published: {expected}"),
            async || {
                let said = run(world, folder, &["version"]).await;
                if said.out.contains(expected) {
                    Ok(())
                } else {
                    Err(said.out)
                }
            },
        )
        .await;
}

#[tokio::test]
async fn older_and_newer_definitions_are_told_and_what_is_known_goes_on() {
    let options = WorldOptions::new()
        .own_control_plane()
        .without(Part::Operator);
    let world = World::start(options).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{suspend: true}")).await;
    let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
    let newer = format!(
        "[{{\"op\": \"add\", \"path\": \"{path}/later\", \"value\": {{\"type\": \"string\"}}}}]"
    );
    let said = "SshKey is newer than this program, with spec.later";
    redefine(&world, folder, &newer, said).await;
    let out = done(&world, folder, &["version"]).await;
    assert!(out.contains(said), "{out}");
    let older = format!("[{{\"op\": \"remove\", \"path\": \"{path}/suspend\"}}]");
    let said = "SshKey is older than this program, without spec.suspend: upgrade the chart";
    redefine(&world, folder, &older, said).await;
    let Said { code, err, .. } = run(&world, folder, &["version"]).await;
    assert_eq!(code, Some(1), "{err}");
    let checked = run(&world, folder, &["check", "--timeout", "1s"]).await;
    assert!(checked.out.contains("bad   definition"), "{}", checked.out);
    for command in [&["list"][..], &["status", "web"]] {
        let out = done(&world, folder, command).await;
        assert!(out.contains("web"), "{command:?}: {out}");
    }
}
