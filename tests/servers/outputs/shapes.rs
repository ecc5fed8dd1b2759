//! Outputs: in the shape that each reader expects, read back by tools that users have; followed, mended and taken away.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use dev::{
    sshd::Sshd,
    world::{World, WorldOptions},
};
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
};
use kube::{
    ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::{
    api::{ConditionType, Reason, SshKey, condition::find},
    keys::{KeyPair, PublicKey},
};
use tempfile::TempDir;

use crate::{
    made::Made,
    manifests::{key, secret},
};

const HOSTS: &str =
    "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

fn all() -> String {
    format!(
        "[{{name: x-auth, sshAuth: {{knownHosts: '{HOSTS}'}}}}, {{name: x-pem, pem: {{}}}}, {{name: x-flux, flux: {{knownHosts: '{HOSTS}'}}}}, \
         {{name: x-argo, argoCD: {{url: 'git@github.com:example/app.git', project: web}}}}, {{name: x-virt, kubeVirt: {{}}}}, \
         {{name: x-public, publicSecret: {{}}}}, {{name: x-map, publicConfigMap: {{}}}}]"
    )
}

fn text(secret: &Secret, entry: &str) -> String {
    let data = secret.data.as_ref().unwrap();
    String::from_utf8(data[entry].0.clone()).unwrap()
}

fn entries(secret: &Secret) -> Vec<String> {
    secret
        .data
        .clone()
        .unwrap_or_default()
        .into_keys()
        .collect()
}

/// The fingerprint that `ssh-keygen` finds in a private or public key.
fn fingerprint(folder: &TempDir, text: &str) -> String {
    let path = folder.path().join("key");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    if text.contains("PRIVATE KEY") {
        let output = Command::new("ssh-keygen")
            .arg("-yf")
            .arg(&path)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        fs::write(&path, output.stdout).unwrap();
    }
    let output = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(&path)
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    listed.split_whitespace().nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn every_output_has_the_shape_that_its_reader_expects() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    println!("| Output | Entry | Algorithm | Fingerprint by ssh-keygen |\n|---|---|---|---|");
    for algorithm in ["Ed25519", "RSA", "ECDSA"] {
        let name = algorithm.to_lowercase();
        let outputs = all().replace("x-", &format!("{name}-"));
        world
            .apply(&key(
                &name,
                &format!(
                    "{{source: {{generate: {{algorithm: {algorithm}}}}}, outputs: {outputs}}}"
                ),
            ))
            .await;
        let object = world.wait_ready(&name).await;
        let status = object.status.clone().unwrap();
        assert_eq!(status.outputs.len(), 7);
        let expected = status.fingerprint.unwrap();
        let file = |suffix: &str| format!("{name}.{suffix}");
        let table: [(&str, &str, Vec<String>); 6] = [
            (
                "auth",
                "kubernetes.io/ssh-auth",
                ["known_hosts", "ssh-privatekey", "ssh-publickey"]
                    .map(str::to_owned)
                    .into(),
            ),
            ("pem", "Opaque", vec![file("pem"), file("pub")]),
            (
                "flux",
                "Opaque",
                ["identity", "identity.pub", "known_hosts"]
                    .map(str::to_owned)
                    .into(),
            ),
            (
                "argo",
                "Opaque",
                ["project", "sshPrivateKey", "type", "url"]
                    .map(str::to_owned)
                    .into(),
            ),
            ("virt", "Opaque", vec!["ssh-publickey".to_owned()]),
            (
                "public",
                "Opaque",
                ["authorized_keys", "ssh-publickey"]
                    .map(str::to_owned)
                    .into(),
            ),
        ];
        for (output, kind, names) in table {
            let found = world.secret(&format!("{name}-{output}")).await.unwrap();
            assert_eq!(found.type_.as_deref(), Some(kind), "{output}");
            assert_eq!(entries(&found), names, "{output}");
            let is_private = !["virt", "public"].contains(&output);
            assert_eq!(found.owner_references().is_empty(), is_private, "{output}");
            for entry in names {
                let content = text(&found, &entry);
                match entry.as_str() {
                    "known_hosts" => assert_eq!(content, HOSTS),
                    "type" => assert_eq!(content, "git"),
                    "url" => assert_eq!(content, "git@github.com:example/app.git"),
                    "project" => assert_eq!(content, "web"),
                    _ => {
                        assert_eq!(fingerprint(&folder, &content), expected, "{output} {entry}");
                        println!("| {output} | {entry} | {algorithm} | {expected} |");
                    }
                }
            }
        }
        let label = "argocd.argoproj.io/secret-type";
        let argo = world.secret(&format!("{name}-argo")).await.unwrap();
        assert_eq!(argo.labels()[label], "repository");
        let map: ConfigMap = world.api().get(&format!("{name}-map")).await.unwrap();
        let line = map.data.unwrap()["ssh-publickey"].clone();
        assert_eq!(fingerprint(&folder, &line), expected);
        let pem = world.secret(&format!("{name}-pem")).await.unwrap();
        let is_portal_form = text(&pem, &file("pem")).starts_with("-----BEGIN RSA PRIVATE KEY");
        assert_eq!(is_portal_form, algorithm == "RSA");
    }
}

#[tokio::test]
async fn a_user_logs_in_with_the_pem_file() {
    let world = World::start(WorldOptions::new()).await;
    for algorithm in ["Ed25519", "RSA"] {
        let name = algorithm.to_lowercase();
        let spec = format!(
            "{{source: {{generate: {{algorithm: {algorithm}}}}}, azure: {{}}, outputs: [{{name: {name}-files, pem: {{}}}}]}}"
        );
        world.apply(&key(&name, &spec)).await;
        let object = world.wait_ready(&name).await;
        let sshd = Sshd::start(&object.status.unwrap().public_key.unwrap())
            .await
            .unwrap();
        let files = world.secret(&format!("{name}-files")).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        fs::write(&path, text(&files, &format!("{name}.pem"))).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        sshd.login(&path).await.unwrap();
    }
}

#[tokio::test]
async fn outputs_are_mended_at_once_and_then_nothing_is_written() {
    // The sweep is far away: what is seen is seen by the watch.
    let world = World::start(WorldOptions::new().flag("azure-sweep-interval", "1h")).await;
    world
        .apply(&key("web", &format!("{{outputs: {}}}", all())))
        .await;
    world.wait_ready("web").await;
    let secrets = world.api::<Secret>();
    let intact = async |name: &str| {
        let secret = world.secret(name).await.ok_or("it is gone")?;
        let data = secret.data.clone().unwrap_or_default();
        let entry = data
            .get("identity")
            .or(data.get("ssh-publickey"))
            .ok_or("no entry")?;
        let holds = KeyPair::read(&entry.0, None).is_ok()
            || PublicKey::parse(&String::from_utf8_lossy(&entry.0)).is_ok();
        if holds && data.len() < 4 && !data.contains_key("extra") {
            Ok(secret)
        } else {
            Err(format!("{:?}", data.keys()))
        }
    };
    secrets
        .delete("x-flux", &DeleteParams::default())
        .await
        .unwrap();
    world
        .until("the lost one is there again", async || {
            intact("x-flux").await
        })
        .await;
    let spoilt = json!({ "data": { "identity": ByteString(b"rubbish".to_vec()) } });
    secrets
        .patch("x-flux", &PatchParams::default(), &Patch::Merge(spoilt))
        .await
        .unwrap();
    world
        .until("the spoilt one is mended", async || intact("x-flux").await)
        .await;
    let extra = json!({ "stringData": { "extra": "ssh-ed25519 AAAA evil" } });
    secrets
        .patch(
            "x-virt",
            &PatchParams::default(),
            &Patch::Merge(extra.clone()),
        )
        .await
        .unwrap();
    world
        .until("a foreign key is taken out", async || {
            intact("x-virt").await
        })
        .await;
    let maps = world.api::<ConfigMap>();
    maps.delete("x-map", &DeleteParams::default())
        .await
        .unwrap();
    world
        .until("the map is there again", async || {
            maps.get("x-map").await.map_err(|error| error.to_string())
        })
        .await;

    // The same key in another encoding is no difference, nor is an entry that somebody adds where it does no harm.
    world.wait_ready("web").await;
    let flux = world.secret("x-flux").await.unwrap();
    let crlf = text(&flux, "identity").replace('\n', "\r\n");
    let other = json!({ "stringData": { "identity": crlf, "notes": "mine" } });
    let edited = secrets
        .patch("x-flux", &PatchParams::default(), &Patch::Merge(other))
        .await
        .unwrap();
    let writes = || {
        world
            .proxy()
            .log()
            .iter()
            .filter(|entry| entry.write.is_some())
            .count()
    };
    let before = writes();
    world.apply(&key("other", "{}")).await;
    world.wait_ready("other").await;
    world.operator().restart().unwrap();
    world.apply(&key("later", "{}")).await;
    world.wait_ready("later").await;
    let flux = world.secret("x-flux").await.unwrap();
    assert_eq!(
        flux.resource_version(),
        edited.resource_version(),
        "it was left as it is"
    );
    // A record, a Secret and a status for each of the two.
    assert_eq!(
        writes() - before,
        6,
        "{:#?}",
        world
            .proxy()
            .log()
            .iter()
            .filter(|entry| entry.write.is_some())
            .skip(before)
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn an_output_follows_the_key_leaves_with_the_spec_and_goes_with_the_object() {
    let world = World::start(WorldOptions::new()).await;
    let (first, second) = (Made::ed25519(), Made::ed25519());
    world.apply(&secret("mine", "key", &first.private())).await;
    let spec = |outputs: &str| {
        key(
            "web",
            &format!(
                "{{source: {{privateKey: {{secretRef: {{name: mine, key: key}}}}}}, outputs: {outputs}}}"
            ),
        )
    };
    world
        .apply(&spec(
            "[{name: files, pem: {}}, {name: map, publicConfigMap: {}}]",
        ))
        .await;
    world.wait_ready("web").await;
    world.apply(&secret("mine", "key", &second.private())).await;
    world
        .until("the files have the second key", async || {
            let files = world.secret("files").await.unwrap();
            let held = KeyPair::read(text(&files, "web.pem").as_bytes(), None).unwrap();
            let held = held.public_key().fingerprint().to_string();
            if held == second.fingerprint() {
                Ok(())
            } else {
                Err(held)
            }
        })
        .await;
    world.apply(&spec("[{name: map, publicSecret: {}}]")).await;
    world
        .until("the others are gone", async || {
            match (
                world.secret("files").await,
                world.api::<ConfigMap>().get_opt("map").await,
            ) {
                (None, Ok(None)) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    world.wait_ready("web").await;
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    world.wait_gone::<Secret>("map").await;
    assert!(world.secret("mine").await.is_some(), "it is the user's");
}

#[tokio::test]
async fn a_name_that_is_taken_is_left_alone_and_holds_up_nothing() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&secret("theirs", "a", "b")).await;
    let before = world.secret("theirs").await.unwrap();
    world
        .apply(&key(
            "web",
            "{azure: {}, outputs: [{name: theirs, pem: {}}, {name: mine, pem: {}}]}",
        ))
        .await;
    let object: SshKey = world
        .wait_condition(
            "web",
            ConditionType::OutputsSynced,
            "False",
            Reason::OutputConflict,
        )
        .await;
    let conditions = object.status.unwrap().conditions;
    assert_eq!(
        find(&conditions, ConditionType::AzureSynced)
            .unwrap()
            .status,
        "True"
    );
    assert!(find(&conditions, ConditionType::Stalled).is_some());
    assert!(world.secret("mine").await.is_some());
    let after = world.secret("theirs").await.unwrap();
    assert_eq!(after.resource_version(), before.resource_version());
    world
        .api::<Secret>()
        .delete("theirs", &DeleteParams::default())
        .await
        .unwrap();
    world
        .apply(&key(
            "web",
            "{azure: {}, outputs: [{name: theirs, pem: {}}, {name: mine, pem: {}}]}",
        ))
        .await;
    world.wait_ready("web").await;
}
