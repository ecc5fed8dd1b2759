//! Outputs that change: their shape, what the spec says of them, and what others do to them.

use dev::world::{World, WorldOptions};
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use kube::{
    ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use sshkey_operator::api::SshKey;

use super::contents::HOSTS;
use crate::manifests::{config_map, key};

fn entries(secret: &Secret) -> Vec<&str> {
    let data = secret.data.iter().flatten();
    data.map(|(name, _)| name.as_str()).collect()
}

async fn change<K>(world: &World, name: &str, patch: Value) -> K
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned,
{
    let api = world.api::<K>();
    let params = PatchParams::default();
    api.patch(name, &params, &Patch::Merge(patch))
        .await
        .unwrap()
}

#[tokio::test]
async fn another_shape_under_the_same_name_leaves_nothing_of_the_one_before() {
    let world = World::start(WorldOptions::new()).await;
    let flux = format!("flux: {{knownHosts: '{HOSTS}'}}");
    let argo = "argoCD: {url: 'git@github.com:example/app.git'}".to_owned();
    let (flux_entries, argo_entries) = (
        vec!["identity", "identity.pub", "known_hosts"],
        vec!["sshPrivateKey", "type", "url"],
    );
    let lives = [
        ("pem: {}".to_owned(), vec!["web.pem", "web.pub"]),
        (flux.clone(), flux_entries.clone()),
        (
            "publicSecret: {}".to_owned(),
            vec!["authorized_keys", "ssh-publickey"],
        ),
        (argo, argo_entries),
        ("kubeVirt: {}".to_owned(), vec!["ssh-publickey"]),
        (
            "sshAuth: {}".to_owned(),
            vec!["ssh-privatekey", "ssh-publickey"],
        ),
        (flux, flux_entries),
    ];
    for (shape, expected) in lives {
        let spec = format!("{{outputs: [{{name: out, {shape}}}]}}");
        world.apply(&key("web", &spec)).await;
        world.wait_ready("web").await;
        let secret = world.secret("out").await.unwrap();
        assert_eq!(entries(&secret), expected, "{shape}");
        let is_public = ["publicSecret", "kubeVirt"]
            .iter()
            .any(|public| shape.starts_with(public));
        assert_eq!(
            secret.owner_references().len(),
            usize::from(is_public),
            "{shape}"
        );
        let label = secret.labels().get("argocd.argoproj.io/secret-type");
        assert_eq!(label.is_some(), shape.starts_with("argoCD"), "{shape}");
    }
}

#[tokio::test]
async fn what_leaves_the_spec_of_an_output_leaves_the_output() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{}")).await;
    let apply = async |auth: Value, mut argo: Value| {
        argo["url"] = json!("git@github.com:example/app");
        let outputs =
            json!([{ "name": "auth", "sshAuth": auth }, { "name": "argo", "argoCD": argo }]);
        let spec = json!({ "spec": { "outputs": outputs } });
        change::<SshKey>(&world, "web", spec).await;
        world.wait_ready("web").await;
        let (auth, argo) = (world.secret("auth").await, world.secret("argo").await);
        (auth.unwrap(), argo.unwrap())
    };
    let label = "argocd.argoproj.io/secret-type";
    let (auth, argo) = apply(
        json!({ "knownHosts": HOSTS }),
        json!({ "project": "web", "insecure": true }),
    )
    .await;
    let (auth_uid, argo_uid) = (auth.uid(), argo.uid());
    assert!(entries(&auth).contains(&"known_hosts"));
    assert_eq!(argo.data.as_ref().unwrap()["insecure"].0, b"true");
    assert_eq!(argo.labels()[label], "repository");

    let other = HOSTS.replace("github.com", "git.example.com");
    let (auth, argo) = apply(
        json!({ "knownHosts": other }),
        json!({ "project": "other", "insecure": false }),
    )
    .await;
    assert_eq!(
        auth.data.as_ref().unwrap()["known_hosts"].0,
        other.as_bytes()
    );
    assert_eq!(argo.data.as_ref().unwrap()["project"].0, b"other");
    assert!(!entries(&argo).contains(&"insecure"));

    let (auth, argo) = apply(json!({}), json!({ "type": "RepositoryCredentials" })).await;
    assert_eq!(entries(&auth), ["ssh-privatekey", "ssh-publickey"]);
    assert_eq!(entries(&argo), ["sshPrivateKey", "type", "url"]);
    assert_eq!(argo.labels()[label], "repo-creds");
    assert_eq!(
        (auth.uid(), argo.uid()),
        (auth_uid, argo_uid),
        "changed, not made anew"
    );
}

#[tokio::test]
async fn a_label_is_put_back_and_what_others_put_on_an_output_stays() {
    let world = World::start(WorldOptions::new().flag("azure-sweep-interval", "1h")).await;
    let outputs = "{outputs: [{name: files, pem: {}}, {name: public, publicConfigMap: {}}]}";
    world.apply(&key("web", outputs)).await;
    world.wait_ready("web").await;
    world.apply(&config_map("theirs", "a", "b")).await;
    let owner: ConfigMap = world.api().get("theirs").await.unwrap();
    let theirs = OwnerReference {
        api_version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        name: "theirs".to_owned(),
        uid: owner.uid().unwrap(),
        ..OwnerReference::default()
    };
    let ours = world.api::<SshKey>().get("web").await.unwrap();
    let ours = OwnerReference {
        api_version: "sshkey-operator.io/v1alpha1".to_owned(),
        kind: "SshKey".to_owned(),
        name: "web".to_owned(),
        uid: ours.uid().unwrap(),
        ..OwnerReference::default()
    };
    let marks = |owners: &[&OwnerReference]| {
        let labels = json!({ "sshkey-operator.io/secret-role": null, "team": "web" });
        json!({ "metadata": { "labels": labels, "ownerReferences": owners } })
    };
    change::<Secret>(&world, "files", marks(&[&theirs, &ours])).await;
    change::<ConfigMap>(&world, "public", marks(&[&theirs])).await;
    let owners = |meta: &[OwnerReference]| -> Vec<String> {
        let mut owners: Vec<String> = meta.iter().map(|owner| owner.kind.clone()).collect();
        owners.sort();
        owners
    };
    let files: Secret = world
        .wait_for("files", "labelled again", |secret: &Secret| {
            secret
                .labels()
                .contains_key("sshkey-operator.io/secret-role")
        })
        .await;
    assert_eq!(files.labels()["team"], "web");
    assert_eq!(
        owners(files.owner_references()),
        ["ConfigMap"],
        "what holds a private key does not go with its SshKey"
    );
    let public: ConfigMap = world
        .wait_for("public", "labelled again", |map: &ConfigMap| {
            map.labels().contains_key("sshkey-operator.io/secret-role")
        })
        .await;
    assert_eq!(owners(public.owner_references()), ["ConfigMap", "SshKey"]);
}

#[tokio::test]
async fn content_that_can_not_be_changed_in_place_is_made_anew() {
    let world = World::start(WorldOptions::new().flag("azure-sweep-interval", "1h")).await;
    let outputs = "{outputs: [{name: files, pem: {}}, {name: public, publicConfigMap: {}}]}";
    world.apply(&key("web", outputs)).await;
    world.wait_ready("web").await;
    // A wrong entry, and no way to change it.
    let wrong = json!({ "immutable": true, "data": { "web.pub": ByteString(b"x".to_vec()) } });
    let frozen: Secret = change(&world, "files", wrong).await;
    world
        .wait_for("files", "made anew", |secret: &Secret| {
            secret.uid() != frozen.uid() && entries(secret) == ["web.pem", "web.pub"]
        })
        .await;
    // A binary where a text belongs: one key can't be both.
    let binary = json!({
        "data": { "ssh-publickey": null },
        "binaryData": { "ssh-publickey": ByteString(b"x".to_vec()) },
    });
    change::<ConfigMap>(&world, "public", binary).await;
    world
        .wait_for("public", "a text again", |map: &ConfigMap| {
            let line = map.data.as_ref().and_then(|data| data.get("ssh-publickey"));
            line.is_some_and(|line| line.starts_with("ssh-ed25519 ")) && map.binary_data.is_none()
        })
        .await;
    world.wait_ready("web").await;
}
