//! A public key alone, and a key that is in Azure already.

use std::collections::BTreeMap;

use arm_emulator::StoredKey;
use dev::world::{RESOURCE_GROUP, SUBSCRIPTION, World, WorldOptions, resource_id};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, ListParams};
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::{
    made::Made,
    manifests::{config_map, key, secret},
};

fn id(world: &World, name: &str) -> String {
    resource_id(&format!("{}.{name}", world.namespace()))
}

fn stored(name: &str, public_key: &str) -> StoredKey {
    StoredKey {
        id: String::new(),
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: RESOURCE_GROUP.to_owned(),
        name: name.to_owned(),
        location: "westeurope".to_owned(),
        public_key: Some(public_key.to_owned()),
        tags: BTreeMap::from([("owner".to_owned(), "eve".to_owned())]),
    }
}

/// The writes to Azure since the log was cleared.
fn writes(world: &World) -> Vec<String> {
    let log = world.emulator().log();
    let writes = log.iter().filter(|record| record.request.is_arm_write());
    writes.map(|record| record.request.method.clone()).collect()
}

#[tokio::test]
async fn a_public_key_is_uploaded_by_value_from_a_secret_and_from_a_config_map() {
    let world = World::start(WorldOptions::new()).await;
    let made = Made::ed25519();
    let line = made.public();
    world.apply(&secret("theirs", "pub", &line)).await;
    world.apply(&config_map("theirs", "pub", &line)).await;
    for (name, given) in [
        ("by-value", format!("value: {}", serde_json::json!(line))),
        (
            "by-secret",
            "secretRef: {name: theirs, key: pub}".to_owned(),
        ),
        (
            "by-map",
            "configMapRef: {name: theirs, key: pub}".to_owned(),
        ),
    ] {
        world
            .apply(&key(
                name,
                &format!("{{source: {{publicKey: {{{given}}}}}, azure: {{}}}}"),
            ))
            .await;
        let status = world.wait_ready(name).await.status.unwrap();
        assert_eq!(status.fingerprint, Some(made.fingerprint()), "{name}");
        assert_eq!(status.secret_name, None);
        let published = world.emulator().key(&id(&world, name)).unwrap();
        assert_eq!(published.public_key.as_deref(), Some(line.trim_end()));
    }
    let secrets = world.api::<Secret>();
    let secrets = secrets.list(&ListParams::default()).await.unwrap();
    assert_eq!(
        secrets.items.len(),
        2,
        "the store's and the user's, no other"
    );
}

#[tokio::test]
async fn a_public_key_is_taken_in_every_form_and_published_as_one_line() {
    let world = World::start(WorldOptions::new()).await;
    let rsa = Made::by_ssh_keygen(&["-t", "rsa", "-b", "2048"]);
    let exported = |format: &str| rsa.converted("ssh-keygen", &["-e", "-m", format, "-f", "{}"]);
    let (kind, base64) = rsa
        .material()
        .split_once(' ')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let wrapped: Vec<&str> = base64
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let forms = [
        ("line", rsa.public()),
        ("rfc4716", rsa.converted("ssh-keygen", &["-e", "-f", "{}"])),
        ("spki", exported("PKCS8")),
        ("pkcs1", exported("PEM")),
        (
            "wrapped",
            format!("{kind} {}\r\n generated-by-azure\r\n", wrapped.join("\r\n")),
        ),
        ("evil", format!("{} x\u{7}y", rsa.material())),
    ];
    for (name, text) in forms {
        let value = serde_json::json!(text);
        world
            .apply(&key(
                name,
                &format!("{{source: {{publicKey: {{value: {value}}}}}, azure: {{}}}}"),
            ))
            .await;
        world.wait_ready(name).await;
        let published = world.emulator().key(&id(&world, name)).unwrap();
        let line = published.public_key.unwrap();
        assert!(line.starts_with(&rsa.material()), "{name}: {line}");
        assert!(
            line.chars()
                .all(|char| char.is_ascii_graphic() || char == ' '),
            "{name}: {line:?}"
        );
    }
}

#[tokio::test]
async fn a_key_that_is_followed_is_never_written() {
    let world = World::start(WorldOptions::new()).await;
    let (first, second) = (Made::ed25519(), Made::ed25519());
    let follow = "{source: {azureKey: {}}, azure: {name: theirs}}";
    world.apply(&key("web", follow)).await;
    let _: SshKey = world
        .wait_condition(
            "web",
            ConditionType::Ready,
            "False",
            Reason::AzureKeyNotFound,
        )
        .await;
    let theirs = world
        .emulator()
        .put_key_as_someone_else(stored("theirs", first.public().trim_end()));
    let status = world.wait_ready("web").await.status.unwrap();
    assert_eq!(status.fingerprint, Some(first.fingerprint()));
    assert_eq!(status.azure.unwrap().location, "westeurope");

    world
        .emulator()
        .put_key_as_someone_else(stored("theirs", second.public().trim_end()));
    world
        .wait_for::<SshKey>("web", "it follows the second key", |object| {
            let status = object.status.as_ref();
            status.and_then(|status| status.fingerprint.clone()) == Some(second.fingerprint())
        })
        .await;
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    let there = world
        .emulator()
        .key(&theirs)
        .expect("it is somebody else's");
    assert_eq!(there.tags.len(), 1, "it was not marked");
    assert_eq!(writes(&world), Vec::<String>::new());
}

#[tokio::test]
async fn a_key_in_azure_is_taken_over_as_the_policy_says_and_stays_when_the_object_goes() {
    let world = World::start(WorldOptions::new()).await;
    let (mine, other) = (Made::ed25519(), Made::ed25519());
    world.apply(&secret("mine", "key", &mine.private())).await;
    let put = |name: &str, made: &Made| {
        let key = stored(name, &format!("{} portal", made.material()));
        world.emulator().put_key_as_someone_else(key)
    };
    let (same, different) = (put("same", &mine), put("different", &other));
    let import = |name: &str, policy: &str| {
        key(
            &format!("{name}-{}", policy.to_lowercase()),
            &format!(
                "{{source: {{privateKey: {{secretRef: {{name: mine, key: key}}}}}}, azure: {{name: {name}, conflictPolicy: {policy}}}}}"
            ),
        )
    };
    for (name, policy) in [
        ("same", "Refuse"),
        ("different", "Refuse"),
        ("different", "AdoptMatching"),
    ] {
        world.apply(&import(name, policy)).await;
        let object: SshKey = world
            .wait_condition(
                &format!("{name}-{}", policy.to_lowercase()),
                ConditionType::AzureSynced,
                "False",
                Reason::AzureKeyConflict,
            )
            .await;
        let conditions = object.status.unwrap().conditions;
        assert!(find(&conditions, ConditionType::Stalled).is_some());
    }
    assert_eq!(
        writes(&world),
        Vec::<String>::new(),
        "what is refused is left alone"
    );

    world.apply(&import("same", "AdoptMatching")).await;
    world.apply(&import("different", "Adopt")).await;
    for (name, id) in [
        ("same-adoptmatching", &same),
        ("different-adopt", &different),
    ] {
        world.wait_ready(name).await;
        let taken = world.emulator().key(id).unwrap();
        assert!(taken.public_key.unwrap().starts_with(&mine.material()));
        assert_eq!(taken.tags["owner"], "eve", "foreign tags stay");
        assert_eq!(taken.tags["sshkey-operator-object"], name);
        world
            .api::<SshKey>()
            .delete(name, &DeleteParams::default())
            .await
            .unwrap();
        world.wait_gone::<SshKey>(name).await;
        assert!(
            world.emulator().key(id).is_some(),
            "what was there before stays"
        );
    }
}
