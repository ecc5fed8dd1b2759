//! No tenant delays, crowds out or ends the work for others: told by orders and counts, not by times.

use std::{fs, process::Command};

use dev::{
    processes::usage,
    world::{CLIENT, SUBSCRIPTION, TENANT, World, WorldOptions},
};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::{
    ByteString,
    api::core::v1::{Namespace, Secret},
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, PostParams},
};
use serde_json::json;
use sshkey_operator::api::{
    AzureStore, ConditionType, Reason, SshKey, SshKeySpec, condition::find,
};
use tempfile::TempDir;

use crate::{
    made::Made,
    manifests::{key, secret},
};

const BUSY: &str = "busy";
/// How much is asked for at once in one namespace.
const MANY: usize = 40;

/// DER of one kind around some parts.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match (length, content.len()) {
        ([_, short], 0..128) => vec![tag, short],
        ([0, middle], _) => vec![tag, 0x81, middle],
        ([high, low], _) => vec![tag, 0x82, high, low],
    };
    [head, content].concat()
}

/// A PKCS #12 file with so many private keys, each of which takes a second to open.
fn pkcs12_of(keys: usize) -> Vec<u8> {
    /// data, and pkcs8ShroudedKeyBag.
    const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    const KEY: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02";
    let folder = TempDir::new().unwrap();
    let script = "openssl genpkey -algorithm ed25519 -out key.pem && \
        openssl pkcs8 -topk8 -in key.pem -v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 1000000 -passout pass:x -outform DER -out key.der";
    let made = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let encrypted = fs::read(folder.path().join("key.der")).unwrap();
    let bag = der(0x30, &[KEY, &der(0xa0, &[&encrypted])]);
    let safe = der(0x30, &[&bag.repeat(keys)]);
    let content = |inner: &[u8]| der(0x30, &[DATA, &der(0xa0, &[&der(4, &[inner])])]);
    let safes = der(0x30, &[&content(&safe)]);
    der(0x30, &[&[2, 1, 3], &content(&safes)])
}

fn store_with_certificate(name: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: {name}}}\nspec: {{subscriptionID: {SUBSCRIPTION}, tenantID: {TENANT}, auth: {{clientCertificate: {{clientID: {CLIENT}, secretRef: {{name: p12, key: c.p12}}, passwordSecretRef: {{name: password, key: p}}}}}}}}\n"
    )
}

async fn put_file(world: &World, file: Vec<u8>) {
    let made = Secret {
        metadata: ObjectMeta {
            name: Some("p12".to_owned()),
            ..ObjectMeta::default()
        },
        data: Some([("c.p12".to_owned(), ByteString(file))].into()),
        ..Secret::default()
    };
    let secrets = world.api::<Secret>();
    secrets.create(&PostParams::default(), &made).await.unwrap();
    world.apply(&secret("password", "p", "x")).await;
}

#[tokio::test]
async fn a_pkcs12_file_of_many_keys_is_refused_and_delays_no_key() {
    let world = World::start(WorldOptions::new()).await;
    put_file(&world, pkcs12_of(200)).await;
    for number in 1..=4 {
        let name = format!("p{number}");
        world.apply(&store_with_certificate(&name)).await;
        let used = format!("{{azure: {{storeRef: {{name: {name}}}}}}}");
        for user in 0..10 {
            let name = format!("{name}-{user}");
            world.apply(&key(&name, &used)).await;
        }
    }
    for number in 1..=4 {
        let store: AzureStore = world
            .wait_condition(
                &format!("p{number}"),
                ConditionType::Ready,
                "False",
                Reason::CertificateInvalid,
            )
            .await;
        let conditions = store.status.unwrap().conditions;
        let said = &find(&conditions, ConditionType::Ready).unwrap().message;
        assert!(said.contains("more than one private key"), "{said}");
    }
    // Neither were its keys held up: each has its key pair, and says what its store says.
    for user in 0..10 {
        world
            .wait_for(&format!("p1-{user}"), "it has its key", |key: &SshKey| {
                let status = key.status.as_ref();
                status.is_some_and(|status| status.fingerprint.is_some())
            })
            .await;
    }
}

/// A world whose operator sees all namespaces, and a second namespace in it.
async fn two_namespaces() -> World {
    let world = World::start(WorldOptions::new().own_control_plane().all_namespaces()).await;
    let busy = Namespace {
        metadata: ObjectMeta {
            name: Some(BUSY.to_owned()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    let namespaces: Api<Namespace> = Api::all(world.client().clone());
    namespaces
        .create(&PostParams::default(), &busy)
        .await
        .unwrap();
    world
}

async fn in_busy(world: &World, manifests: &str) {
    world
        .kubectl_with(&["apply", "--namespace", BUSY, "-f", "-"], manifests)
        .await
        .unwrap();
}

/// How many keys of the busy namespace were generated, and how many of its imports were opened.
async fn done_in_busy(world: &World) -> usize {
    let keys: Api<SshKey> = Api::namespaced(world.client().clone(), BUSY);
    let keys = keys.list(&ListParams::default()).await.unwrap();
    let fingerprint = |key: &SshKey| key.status.as_ref()?.fingerprint.clone();
    keys.items.iter().filter_map(fingerprint).count()
}

#[tokio::test]
async fn the_slow_work_of_one_namespace_comes_after_the_first_of_another() {
    let world = two_namespaces().await;
    let slow = Made::by_ssh_keygen(&["-t", "ed25519", "-a", "200", "-N", "words"]);
    in_busy(&world, &secret("mine", "key", &slow.private())).await;
    in_busy(&world, &secret("words", "p", "words")).await;
    let rsa = "{source: {generate: {algorithm: RSA, size: 8192}}}";
    let import = "{source: {privateKey: {secretRef: {name: mine, key: key}, passphraseSecretRef: {name: words, key: p}}}}";
    let all: Vec<String> = (0..MANY)
        .flat_map(|number| {
            [
                key(&format!("rsa-{number}"), rsa),
                key(&format!("import-{number}"), import),
            ]
        })
        .collect();
    in_busy(&world, &all.join("---\n")).await;
    world
        .until("the slow work is under way", async || {
            match done_in_busy(&world).await {
                0 => Err("nothing is done".to_owned()),
                _ => Ok(()),
            }
        })
        .await;

    let before = done_in_busy(&world).await;
    let own = "{source: {generate: {algorithm: RSA, size: 2048}}}";
    world.apply(&key("quick", "{}")).await;
    world.apply(&key("own", own)).await;
    world.wait_ready("quick").await;
    world.wait_ready("own").await;
    let meanwhile = done_in_busy(&world).await - before;
    // What was under way on each core when they came, what was next then, and as much again until that is seen from here.
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!(
        meanwhile <= 3 * cores,
        "{meanwhile} of the others went first"
    );
    assert!(
        done_in_busy(&world).await < 2 * MANY,
        "there was nothing to be held up by"
    );

    // What is deleted is not generated for any more.
    let keys: Api<SshKey> = Api::namespaced(world.client().clone(), BUSY);
    keys.delete_collection(&DeleteParams::default(), &ListParams::default())
        .await
        .unwrap();
    world
        .until("all that was deleted is gone", async || {
            match keys.list(&ListParams::default()).await.unwrap().items.len() {
                0 => Ok(()),
                left => Err(format!("{left} are left")),
            }
        })
        .await;
    let secrets: Api<Secret> = Api::namespaced(world.client().clone(), BUSY);
    let secrets = secrets.list(&ListParams::default()).await.unwrap();
    let made = secrets
        .items
        .iter()
        .filter(|secret| secret.name_any().starts_with("rsa-"));
    assert!(made.count() < MANY, "all of them were generated");
}

#[tokio::test]
async fn what_others_write_on_objects_does_not_fill_the_memory() {
    /// The chart's limit.
    const LIMIT_KIB: u32 = 256 * 1024;
    const MANY_OBJECTS: usize = 300;
    let world = two_namespaces().await;
    let keys: Api<SshKey> = Api::namespaced(world.client().clone(), BUSY);
    let foreign = "x".repeat(250 * 1024);
    let create = |number: usize| {
        let mut object = SshKey::new(&format!("k{number}"), SshKeySpec::default());
        object.spec.suspend = true;
        let foreign = ("example.com/foreign".to_owned(), foreign.clone());
        object.metadata.annotations = Some([foreign].into());
        let keys = keys.clone();
        async move { keys.create(&PostParams::default(), &object).await }
    };
    let created = stream::iter(0..MANY_OBJECTS).map(create).buffered(8);
    created.try_collect::<Vec<_>>().await.unwrap();
    world.operator().kill();
    world.operator().restart().unwrap();
    world.apply(&key("mine", "{azure: {}}")).await;
    world.wait_ready("mine").await;
    // One list of all takes longer here than everything else.
    for number in [0, MANY_OBJECTS / 2, MANY_OBJECTS - 1] {
        world
            .until(format!("k{number} was looked at"), async || {
                let key = keys.get(&format!("k{number}")).await.unwrap();
                match key.status.filter(|status| !status.conditions.is_empty()) {
                    Some(_) => Ok(()),
                    None => Err("it says nothing".to_owned()),
                }
            })
            .await;
    }
    let used = usage(world.operator().id()).unwrap();
    println!("peak {} KiB, now {} KiB", used.peak_kib, used.resident_kib);
    assert!(used.peak_kib < LIMIT_KIB, "{used:?}");
}

#[tokio::test]
async fn a_key_is_never_sent_to_entra_as_a_client_secret() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    world
        .apply(&secret("theirs", "id", &Made::ed25519().private()))
        .await;
    world.apply(&secret("token", "t", &"x".repeat(257))).await;
    let cases = [
        ("ours", "web", "ssh-publickey"),
        ("key", "theirs", "id"),
        ("long", "token", "t"),
    ];
    for (name, secret, entry) in cases {
        let auth = format!(
            "{{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: {secret}, key: {entry}}}}}}}"
        );
        world
            .apply(&format!(
                "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: {name}}}\nspec: {{subscriptionID: {SUBSCRIPTION}, tenantID: {TENANT}, auth: {auth}}}\n"
            ))
            .await;
        let store: AzureStore = world
            .wait_condition(
                name,
                ConditionType::Ready,
                "False",
                Reason::CredentialSecretInvalid,
            )
            .await;
        let conditions = store.status.unwrap().conditions;
        let said = &find(&conditions, ConditionType::Ready).unwrap().message;
        assert!(said.contains("was not sent to Entra"), "{said}");
    }
    // Another one is sent all the same.
    world.wait_ready_of::<AzureStore>("default").await;
}

#[tokio::test]
async fn an_object_from_before_the_rule_for_names_says_what_to_correct() {
    let world = World::start(WorldOptions::new().own_control_plane()).await;
    let rules = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/source/properties/privateKey/properties/secretRef/properties/name/x-kubernetes-validations";
    let patch = json!([{ "op": "remove", "path": rules }]).to_string();
    world
        .kubectl(&[
            "patch",
            "crd",
            "sshkeys.sshkey-operator.io",
            "--type=json",
            "-p",
            &patch,
        ])
        .await
        .unwrap();
    for (name, reference) in [
        ("space", "my secret"),
        ("query", "?limit=1"),
        ("path", "../../kube-system/secrets/x"),
    ] {
        let spec =
            format!("{{source: {{privateKey: {{secretRef: {{name: '{reference}', key: k}}}}}}}}");
        world
            .until("the API server forgets the rule", async || {
                world
                    .try_apply(&key(name, &spec))
                    .await
                    .map_err(|error| format!("{error:#}"))
            })
            .await;
        let object: SshKey = world
            .wait_condition(name, ConditionType::Stalled, "True", Reason::InvalidObject)
            .await;
        let conditions = object.status.unwrap().conditions;
        let said = &find(&conditions, ConditionType::Stalled).unwrap().message;
        assert!(said.contains(reference), "{said}");
    }
}
