//! `import`: keys of Azure become `SshKey`s, and nothing of them changes.

use std::{fs, path::Path, process::Stdio};

use arm_emulator::StoredKey;
use dev::world::{LOCATION, RESOURCE_GROUP, SUBSCRIPTION, World, WorldOptions};
use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::api::ListParams;
use serde_json::{Value, json};
use sshkey_operator::{
    api::SshKey,
    keys::{Comment, KeyPair, KeySpec, RsaSize},
};
use tokio::io::AsyncWriteExt as _;

use super::program::{Said, command, done, refused};
use crate::seen::azure_writes;

/// Puts a public key into Azure, as a person or a tool does.
pub(crate) fn put(world: &World, group: &str, name: &str, pair: &KeyPair) {
    world.emulator().put_key_as_someone_else(StoredKey {
        id: String::new(),
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: group.to_owned(),
        name: name.to_owned(),
        location: LOCATION.to_owned(),
        public_key: Some(pair.public_key().to_line()),
        tags: [("by".to_owned(), "hand".to_owned())].into(),
    });
}

pub(crate) fn pair(spec: KeySpec) -> KeyPair {
    KeyPair::generate(spec, &Comment::for_object("a", "b")).unwrap()
}

/// What `az sshkey list -o json` prints.
pub(crate) fn az_list(world: &World) -> String {
    let keys = world.emulator().keys().into_iter().map(|key| {
        json!({ "id": key.id, "location": key.location, "name": key.name, "publicKey": key.public_key,
            "resourceGroup": key.resource_group.to_uppercase(), "tags": key.tags,
            "type": "Microsoft.Compute/sshPublicKeys" })
    });
    keys.collect::<Value>().to_string()
}

/// Runs the program with a list on standard input.
async fn import(world: &World, folder: &Path, list: &str, arguments: &[&str]) -> Said {
    let arguments = [&["import"], arguments].concat();
    let mut child = command(world, folder, &arguments)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(list.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[tokio::test]
async fn five_hundred_keys_are_imported_and_then_a_plan_shows_no_change() {
    const COUNT: usize = 500;
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for number in 0..COUNT / 2 {
        let name = format!("Web_{number}");
        for group in [RESOURCE_GROUP, "other_Group"] {
            put(&world, group, &name, &pair(KeySpec::Ed25519));
        }
    }
    let before = world.emulator().keys();
    let list = az_list(&world);
    let Said { code, out, err } = import(&world, folder, &list, &["--to", "keys"]).await;
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "500 SshKeys written\n"),
        "{err}"
    );
    let files = || {
        let all = fs::read_dir(folder.join("keys")).unwrap();
        let mut all: Vec<_> = all
            .map(|entry| entry.unwrap())
            .map(|file| (file.path(), file.metadata().unwrap().modified().unwrap()))
            .collect();
        all.sort();
        all
    };
    let written = files();
    assert_eq!(written.len(), COUNT);
    let again = import(&world, folder, &list, &["--to", "keys"]).await;
    assert_eq!(
        again.out, "0 SshKeys written, 500 there already\n",
        "{}",
        again.err
    );
    assert_eq!(files(), written);

    let kubectl = ["apply", "-f", folder.join("keys").to_str().unwrap()].map(str::to_owned);
    let kubectl: Vec<&str> = kubectl.iter().map(String::as_str).collect();
    world.kubectl(&kubectl).await.unwrap();
    let said = done(
        &world,
        folder,
        &["wait", "--for", "ready", "--timeout", "3m"],
    )
    .await;
    assert_eq!(said, "500 SshKeys are ready\n");
    let plan = ["plan", "-f", "keys", "--detailed-exitcode"];
    let out = done(&world, folder, &plan).await;
    assert!(
        out.ends_with("No changes: 500 SshKeys as asked for.\n"),
        "{out}"
    );
    let applied = import(&world, folder, &list, &["--apply"]).await;
    assert_eq!(
        applied.out, "0 SshKeys created, 500 there already\n",
        "{}",
        applied.err
    );
    assert_eq!(azure_writes(&world), Vec::<String>::new());
    assert_eq!(
        world.emulator().keys(),
        before,
        "nothing in Azure has changed"
    );
}

#[tokio::test]
async fn a_pair_is_taken_over_with_its_private_key_and_the_others_are_followed() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (own, other) = (
        pair(KeySpec::Rsa(RsaSize::Bits2048)),
        pair(KeySpec::Ed25519),
    );
    put(&world, RESOURCE_GROUP, "Own", &own);
    put(&world, RESOURCE_GROUP, "Other", &other);
    fs::write(folder.join("own.pem"), own.to_pem().unwrap()).unwrap();
    let list = az_list(&world);
    let arguments = ["--apply", "--private-key", "own.pem", "--store", "default"];
    let Said { code, out, err } = import(&world, folder, &list, &arguments).await;
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "2 SshKeys created\n"),
        "{err}"
    );
    for (name, pair) in [("own", &own), ("other", &other)] {
        let fingerprint = world.wait_ready(name).await.status.unwrap().fingerprint;
        let expected = pair.public_key().fingerprint().to_string();
        assert_eq!(fingerprint, Some(expected), "{name}");
    }
    let saved = done(&world, folder, &["pem", "own", "-o", "-"]).await;
    assert!(
        saved.contains("BEGIN RSA PRIVATE KEY"),
        "the same key, as it was"
    );
    // Once it is taken over, Azure's own list says whose it is.
    let again = import(&world, folder, &az_list(&world), &["--apply"]).await;
    assert_eq!(
        again.out, "0 SshKeys created, 1 there already\n",
        "{}",
        again.err
    );
    assert!(
        again.err.contains("an SshKey has published it"),
        "{}",
        again.err
    );
    // What is taken over can be rotated.
    done(&world, folder, &["rotate", "own", "--yes"]).await;
}

#[tokio::test]
async fn a_private_key_whose_sshkey_is_refused_does_not_stay() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let own = pair(KeySpec::Ed25519);
    put(&world, RESOURCE_GROUP, "own", &own);
    fs::write(folder.join("own.pem"), own.to_openssh().unwrap()).unwrap();
    let list = az_list(&world);
    let rule = |group: &str, resource: &str, verbs: &[&str]| PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(vec![resource.to_owned()]),
        verbs: verbs.iter().map(|&verb| verb.to_owned()).collect(),
        ..PolicyRule::default()
    };
    let lists = rule("sshkey-operator.io", "sshkeys", &["list"]);
    for (tenant, verbs, stays) in [
        ("tidy", &["create", "delete"][..], false),
        ("untidy", &["create"], true),
    ] {
        let rules = [lists.clone(), rule("", "secrets", verbs)];
        world.tenant(world.namespace(), tenant, &rules).await;
        let user = format!("system:serviceaccount:{}:{tenant}", world.namespace());
        let arguments = ["--apply", "--private-key", "own.pem", "--as", &user];
        let said = import(&world, folder, &list, &arguments).await;
        assert_eq!(said.code, Some(1), "{}", said.err);
        assert!(
            said.err.contains("you may not create sshkeys"),
            "{}",
            said.err
        );
        assert_eq!(world.secret("own").await.is_some(), stays, "{}", said.err);
        let told = "the private key stays in Secret own of namespace";
        assert_eq!(said.err.contains(told), stays, "{}", said.err);
    }
}

#[tokio::test]
async fn what_is_no_list_is_told_and_nothing_is_written() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let stranger = pair(KeySpec::Ed25519);
    fs::write(folder.join("stranger.pem"), stranger.to_openssh().unwrap()).unwrap();
    put(&world, RESOURCE_GROUP, "web", &pair(KeySpec::Ed25519));
    let list = az_list(&world);
    let elsewhere = list.replace(SUBSCRIPTION, "11111111-2222-3333-4444-555555555555");
    let stranger = ["--apply", "--private-key", "stranger.pem"];
    for (list, arguments, why) in [
        ("Name    Location\n", &["--to", "keys"][..], "it is no JSON"),
        ("", &[], "it is empty"),
        (&list, &stranger, "belongs to no key of the list"),
        (&elsewhere, &["--apply"], "and AzureStore default is of"),
        (
            &list,
            &["--apply", "--as", "nobody"],
            "you may not list sshkeys",
        ),
        (&list, &["--to", "/proc/none"], "can't write /proc/none"),
    ] {
        let said = import(&world, folder, list, arguments).await;
        assert_eq!(
            (said.code, said.out.as_str()),
            (Some(1), ""),
            "{why}: {}",
            said.err
        );
        assert!(said.err.contains(why), "{why}: {}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    }
    let all = world.api::<SshKey>().list(&ListParams::default()).await;
    assert!(all.unwrap().items.is_empty());
    assert!(!folder.join("keys").exists());
    let said = refused(&world, folder, &["import", "-f", "none.json"]).await;
    assert!(said.contains("can't read none.json"), "{said}");
}
