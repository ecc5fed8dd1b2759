//! States in which an operator leaves an `SshKey` and what belongs to it: each as a user brings it about. The names of all
//! that a scene has begin with the scene's.

use std::collections::BTreeMap;

use arm_emulator::StoredKey;
use dev::world::{LOCATION, RESOURCE_GROUP, SUBSCRIPTION, World};

use crate::{
    made::Made,
    manifests::{key, secret},
    rotation::acts::{ask, wait_pending, wait_revision},
};

const HOSTS: &str =
    "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

/// By this the owner of a Secret with other entries lets an `SshKey` adopt it.
const ADOPT_BY: &str = "sshkey-operator.io/adopt-by";

/// The names of the scenes, which are those of their objects too.
pub(super) const SCENES: [&str; 13] = [
    "local",
    "published",
    "adopted",
    "moved",
    "rotated",
    "pending",
    "imported",
    "kept",
    "uploaded",
    "followed",
    "outputs",
    "mixed",
    "reported",
];

/// Brings one about. In the end everything is Ready.
pub(super) async fn play(world: &World, scene: &str) {
    let made = Made::ed25519();
    let apply = async |spec: &str| {
        world.apply(&key(scene, spec)).await;
        world.wait_ready(scene).await
    };
    match scene {
        "local" => drop(apply("{}").await),
        "published" => drop(apply("{azure: {tags: {team: web}}}").await),
        "reported" => drop(apply("{azure: {driftPolicy: Report}}").await),
        "adopted" => {
            put_into_azure(world, "adopted-legacy", &made);
            apply("{azure: {name: adopted-legacy, conflictPolicy: Adopt}}").await;
        }
        "moved" => {
            apply("{azure: {name: moved-first}}").await;
            apply("{azure: {name: moved-second}}").await;
        }
        "rotated" => {
            apply("{azure: {}}").await;
            ask(world, scene, "2026-11-25T12:00:00Z").await;
            wait_revision(world, scene, 2).await;
        }
        "pending" => {
            apply("{azure: {}, rotation: {activation: Manual}}").await;
            ask(world, scene, "2026-11-25T12:00:00Z").await;
            wait_pending(world, scene).await;
            world.wait_ready(scene).await;
        }
        "imported" | "kept" => {
            let mine = format!("{scene}-mine");
            world.apply(&secret(&mine, "key", &made.private())).await;
            let import = format!("privateKey: {{secretRef: {{name: {mine}, key: key}}}}");
            let kept = if scene == "kept" { "secret: {}, " } else { "" };
            apply(&format!("{{source: {{{import}}}, {kept}azure: {{}}}}")).await;
        }
        "uploaded" => {
            let value = serde_json::json!(made.public());
            let spec = format!("{{source: {{publicKey: {{value: {value}}}}}, azure: {{}}}}");
            apply(&spec).await;
        }
        "followed" => {
            put_into_azure(world, "followed-watched", &made);
            apply("{source: {azureKey: {}}, azure: {name: followed-watched}}").await;
        }
        "outputs" => {
            let outputs = format!(
                "[{{name: outputs-auth, sshAuth: {{knownHosts: '{HOSTS}'}}}}, {{name: outputs-pem, pem: {{}}}}, \
                 {{name: outputs-flux, flux: {{knownHosts: '{HOSTS}'}}}}, {{name: outputs-argo, argoCD: {{url: 'git@github.com:example/app.git'}}}}, \
                 {{name: outputs-virt, kubeVirt: {{}}}}, {{name: outputs-public, publicSecret: {{}}}}, {{name: outputs-map, publicConfigMap: {{}}}}]"
            );
            apply(&format!("{{azure: {{}}, outputs: {outputs}}}")).await;
        }
        "mixed" => {
            let entries =
                serde_json::json!({ "ssh-privatekey": made.private(), "known_hosts": HOSTS });
            let theirs = format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: mixed-theirs, annotations: {{{ADOPT_BY}: {}/{scene}}}}}\nstringData: {entries}\n",
                world.namespace()
            );
            world.apply(&theirs).await;
            apply("{secret: {name: mixed-theirs, conflictPolicy: Adopt}, azure: {}}").await;
        }
        other => panic!("there is no scene {other}"),
    }
}

/// A key that is in Azure before the object is.
fn put_into_azure(world: &World, name: &str, made: &Made) {
    world.emulator().put_key_as_someone_else(StoredKey {
        id: String::new(),
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: RESOURCE_GROUP.to_owned(),
        name: name.to_owned(),
        location: LOCATION.to_owned(),
        public_key: Some(made.public().trim_end().to_owned()),
        tags: BTreeMap::from([("owner".to_owned(), "eve".to_owned())]),
    });
}
