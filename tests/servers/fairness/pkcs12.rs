//! The cost of a file is known before it is opened.

use dev::{
    crowd::pkcs12_of,
    world::{CLIENT, SUBSCRIPTION, TENANT, World, WorldOptions},
};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::api::{ObjectMeta, PostParams};
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey, condition::find};

use crate::manifests::{key, secret};

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
    put_file(&world, pkcs12_of(200).unwrap()).await;
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

/// How often slow work was begun.
fn slow_work(world: &World) -> usize {
    let log = std::fs::read_to_string(world.operator().log()).unwrap();
    log.matches("slow work begins").count()
}

async fn wait_refused(world: &World, name: &str, says: &str) {
    let what = format!("its certificate is refused: {says}");
    world
        .wait_for(name, &what, |store: &AzureStore| {
            let conditions = store.status.iter().flat_map(|status| &status.conditions);
            conditions.clone().any(|one| one.message.contains(says))
        })
        .await;
}

#[tokio::test]
async fn a_file_that_is_refused_is_opened_once_for_each_of_its_versions() {
    let world = World::start(WorldOptions::new().flag("azure-sweep-interval", "1s")).await;
    put_file(&world, pkcs12_of(2).unwrap()).await;
    world.apply(&store_with_certificate("p1")).await;
    wait_refused(&world, "p1", "more than one private key").await;
    assert_eq!(slow_work(&world), 1);
    // The store is looked at again for each of these.
    for number in 0..10 {
        let name = format!("key-{number}");
        world
            .apply(&key(&name, "{azure: {storeRef: {name: p1}}}"))
            .await;
        let ready = ConditionType::AzureSynced;
        let _: SshKey = world
            .wait_condition(&name, ready, "False", Reason::StoreNotReady)
            .await;
    }
    assert_eq!(slow_work(&world), 1);
    world.apply(&secret("password", "p", "another")).await;
    world
        .until("another version is opened", async || {
            match slow_work(&world) {
                2 => Ok(()),
                other => Err(format!("{other} times")),
            }
        })
        .await;
}
