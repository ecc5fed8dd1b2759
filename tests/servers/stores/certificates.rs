//! Stores whose application signs in with a certificate.

use std::{fs, process::Command, sync::Arc};

use arm_emulator::{Application, Clock, Config, Tenant};
use dev::world::{
    CLIENT, LOCATION, Part, RESOURCE_GROUP, SUBSCRIPTION, TENANT, World, WorldOptions,
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::api::{Patch, PatchParams};
use serde_json::json;
use sshkey_operator::api::{AzureStore, ConditionType, Reason, condition::find};
use tempfile::TempDir;

use crate::manifests::key;

/// A certificate with its key, as `openssl` makes them.
struct Made(TempDir);

impl Made {
    fn new() -> Self {
        let made = Self(tempfile::tempdir().unwrap());
        made.openssl(&[
            "req",
            "-x509",
            "-nodes",
            "-newkey",
            "rsa:2048",
            "-subj",
            "/CN=store",
            "-days",
            "30",
            "-keyout",
            "tls.key",
            "-out",
            "tls.crt",
        ]);
        made
    }

    /// One that ended long ago.
    fn ended() -> Self {
        let made = Self::new();
        made.openssl(&[
            "req",
            "-new",
            "-key",
            "tls.key",
            "-subj",
            "/CN=store",
            "-out",
            "x.csr",
        ]);
        made.openssl(&[
            "x509", "-req", "-in", "x.csr", "-key", "tls.key", "-days", "-1", "-out", "tls.crt",
        ]);
        made
    }

    fn openssl(&self, args: &[&str]) {
        let output = Command::new("openssl")
            .args(args)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap()
    }

    fn certificate(&self) -> String {
        String::from_utf8(self.file("tls.crt")).unwrap()
    }

    fn pkcs12(&self) -> Vec<u8> {
        self.openssl(&[
            "pkcs12",
            "-export",
            "-inkey",
            "tls.key",
            "-in",
            "tls.crt",
            "-passout",
            "pass:open",
            "-out",
            "store.p12",
        ]);
        self.file("store.p12")
    }
}

async fn put(world: &World, name: &str, entries: &[(&str, Vec<u8>)]) {
    let data: serde_json::Map<_, _> = entries
        .iter()
        .map(|(key, bytes)| ((*key).to_owned(), json!(ByteString(bytes.clone()))))
        .collect();
    let secret =
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "data": data });
    let params = PatchParams::apply("tests").force();
    let secrets = world.api::<Secret>();
    secrets
        .patch(name, &params, &Patch::Apply(&secret))
        .await
        .unwrap();
}

async fn both(world: &World, made: &Made) {
    let entries = ["tls.crt", "tls.key"].map(|name| (name, made.file(name)));
    put(world, "certificate", &entries).await;
}

fn store(auth: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: default}}\nspec:\n  subscriptionID: {SUBSCRIPTION}\n  tenantID: {TENANT}\n  auth: {{clientCertificate: {{clientID: {CLIENT}, {auth}}}}}\n  defaults: {{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: {LOCATION}}}\n"
    )
}

/// Entra knows the application with this certificate and no other way in.
async fn world(registered: &Made) -> World {
    let world = World::start(WorldOptions::new().without(Part::Store)).await;
    register(&world, registered);
    world
}

fn register(world: &World, made: &Made) {
    let application = Application::new(CLIENT).certificate(made.certificate());
    world
        .emulator()
        .set_tenants(vec![Tenant::new(TENANT).application(application)]);
}

#[tokio::test]
async fn a_store_signs_in_with_a_tls_secret_and_takes_up_a_new_certificate_by_itself() {
    let (first, second) = (Made::new(), Made::new());
    let world = world(&first).await;
    both(&world, &first).await;
    world.apply(&store("secretRef: {name: certificate}")).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;

    // Renewed on both sides; the tokens of the first end.
    register(&world, &second);
    both(&world, &second).await;
    world.apply(&key("later", "{azure: {}}")).await;
    world.wait_ready("later").await;
    world.wait_ready_of::<AzureStore>("default").await;
}

#[tokio::test]
async fn a_store_signs_in_with_a_pkcs12_file() {
    let made = Made::new();
    let world = world(&made).await;
    put(
        &world,
        "certificate",
        &[("store.p12", made.pkcs12()), ("word", b"open\n".to_vec())],
    )
    .await;
    world
        .apply(&store("secretRef: {name: certificate, key: store.p12}, passwordSecretRef: {name: certificate, key: word}"))
        .await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
}

#[tokio::test]
async fn a_certificate_that_can_not_be_used_says_why_and_is_used_once_it_can() {
    let (good, stranger) = (Made::new(), Made::new());
    let world = world(&good).await;
    world.apply(&store("secretRef: {name: certificate}")).await;
    let says = async |reason: Reason, words: &str| {
        let store: AzureStore = world
            .wait_condition("default", ConditionType::Ready, "False", reason)
            .await;
        let conditions = store.status.unwrap().conditions;
        let message = &find(&conditions, ConditionType::Ready).unwrap().message;
        assert!(message.contains(words), "{message}");
        assert!(find(&conditions, ConditionType::Stalled).is_some());
    };
    says(Reason::CredentialSecretNotFound, "tls.crt and tls.key").await;
    put(&world, "certificate", &[("tls.crt", good.file("tls.crt"))]).await;
    says(Reason::CredentialSecretInvalid, "nothing under").await;
    let mixed = [
        ("tls.crt", good.file("tls.crt")),
        ("tls.key", stranger.file("tls.key")),
    ];
    put(&world, "certificate", &mixed).await;
    says(
        Reason::CertificateInvalid,
        "does not belong to the private key",
    )
    .await;
    both(&world, &Made::ended()).await;
    says(Reason::CertificateExpired, "ended at").await;
    both(&world, &stranger).await;
    says(Reason::AuthenticationFailed, "not registered").await;
    both(&world, &good).await;
    world.wait_ready_of::<AzureStore>("default").await;
}

/// A clock beside the machine's.
struct Off(SignedDuration);

impl Clock for Off {
    fn now(&self) -> Timestamp {
        Timestamp::now() + self.0
    }
}

fn azure_is_off(by: SignedDuration) -> WorldOptions {
    WorldOptions::new().emulator(move |config| Config {
        clock: Arc::new(Off(by)),
        ..config
    })
}

#[tokio::test]
async fn a_clock_that_is_ten_minutes_off_is_told_where_it_matters() {
    for minutes in [10, -10] {
        let options = azure_is_off(SignedDuration::from_mins(minutes));
        let world = World::start(options.without(Part::Store)).await;
        let made = Made::new();
        register(&world, &made);
        both(&world, &made).await;
        world.apply(&store("secretRef: {name: certificate}")).await;
        let store: AzureStore = world
            .wait_condition(
                "default",
                ConditionType::Ready,
                "False",
                Reason::ClockSkewed,
            )
            .await;
        let conditions = store.status.unwrap().conditions;
        let message = &find(&conditions, ConditionType::Ready).unwrap().message;
        assert!(message.contains("Set the clock"), "{message}");
    }
}

#[tokio::test]
async fn a_clock_that_is_ten_minutes_off_keeps_no_key_from_being_published_with_a_secret() {
    for minutes in [10, -10] {
        let world = World::start(azure_is_off(SignedDuration::from_mins(minutes))).await;
        world.apply(&key("web", "{azure: {}}")).await;
        world.wait_ready("web").await;
    }
}
