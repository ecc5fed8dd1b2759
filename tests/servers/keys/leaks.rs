//! No private byte leaves the Secret: with logs at their most talkative, through good and bad times.

use arm_emulator::{Effect, Fault, FaultAnswer};
use base64::{Engine, prelude::BASE64_STANDARD};
use dev::world::{CLIENT_SECRET, World, WorldOptions};
use k8s_openapi::api::{core::v1::Secret, events::v1::Event};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKey};

use crate::{
    manifests::key,
    operator::metrics,
    rotation::acts::{ask, wait_pending},
};

/// Every way in which a private text could turn up: as it is, by its lines, in base64 (as Secrets carry it), in hex, and
/// as the list of numbers that Rust's own debug output makes of bytes.
fn shapes(text: &[u8]) -> Vec<String> {
    let plain = String::from_utf8_lossy(text).into_owned();
    let lines = plain
        .lines()
        .filter(|line| line.len() > 20 && !line.starts_with("-----"));
    let mut shapes: Vec<String> = lines.map(str::to_owned).collect();
    let encoded = BASE64_STANDARD.encode(text);
    // Somewhere in the middle: the beginning is the same for every key.
    let middle = |text: &str| {
        text.chars()
            .skip(text.len() / 2)
            .take(40)
            .collect::<String>()
    };
    shapes.push(middle(&encoded));
    let hex: Vec<String> = text.iter().map(|byte| format!("{byte:02x}")).collect();
    shapes.push(middle(&hex.concat()));
    let numbers: Vec<String> = text
        .iter()
        .skip(text.len() / 2)
        .take(16)
        .map(u8::to_string)
        .collect();
    shapes.push(numbers.join(", "));
    shapes
}

/// Looks for each private text, in every shape, wherever the operator writes what others can read.
pub(crate) async fn nothing_leaked(world: &World, private: &[Vec<u8>]) {
    let log = std::fs::read_to_string(world.operator().log()).unwrap();
    let events = world
        .api::<Event>()
        .list(&ListParams::default())
        .await
        .unwrap();
    let keys = world
        .api::<SshKey>()
        .list(&ListParams::default())
        .await
        .unwrap();
    let stores = world
        .kubectl(&["get", "azurestores", "-o", "yaml"])
        .await
        .unwrap();
    let public = [
        ("the log", log),
        ("the events", serde_json::to_string(&events.items).unwrap()),
        ("the keys", serde_json::to_string(&keys.items).unwrap()),
        ("the stores", stores),
        ("the metrics", metrics::text(world).await),
    ];
    let published: String = keys
        .iter()
        .filter_map(|key| {
            let status = key.status.as_ref()?;
            let next = status
                .rotation
                .clone()
                .and_then(|rotation| rotation.pending);
            let next = next.map(|next| next.public_key).unwrap_or_default();
            Some(status.public_key.clone()? + &next)
        })
        .collect();
    let mut looked_for = 0;
    for text in private {
        let mut shapes = shapes(text);
        if text.len() < 40 {
            shapes = vec![
                String::from_utf8(text.clone()).unwrap(),
                BASE64_STANDARD.encode(text),
            ];
        }
        // A private key holds its public half too, which is everybody's to know.
        for shape in shapes
            .into_iter()
            .filter(|shape| !published.contains(shape.as_str()))
        {
            looked_for += 1;
            for (place, text) in &public {
                assert!(!text.contains(&shape), "{place}: {shape}");
            }
        }
    }
    assert!(looked_for > 40, "{looked_for}");
    assert!(
        public[0].1.contains("DEBUG") && public[0].1.contains("TRACE"),
        "the log is at its most talkative"
    );
    assert!(!public[0].1.contains("eyJ"), "no token is logged");
}

/// In the middle of a rotation three Secrets hold keys.
async fn keys_of_a_rotation(world: &World, private: &mut Vec<Vec<u8>>) {
    let waits = "{source: {generate: {algorithm: RSA, size: 2048}}, azure: {}, rotation: {activation: Manual}}";
    world.apply(&key("legacy", waits)).await;
    ask(world, "legacy", "now").await;
    wait_pending(world, "legacy").await;
    world.wait_ready("legacy").await;
    for name in ["legacy-next", "legacy-previous"] {
        let data = world.secret(name).await.unwrap().data.unwrap();
        let keys = data.iter().filter(|(name, _)| !name.ends_with(".pub"));
        private.extend(keys.map(|(_, bytes)| bytes.0.clone()));
    }
}

/// A damaged key, another's key, an Azure that fails in several ways, a wrong client secret.
async fn bad_times(world: &World, private: &mut Vec<Vec<u8>>) {
    let mut damaged = private[1].clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let secrets = world.api::<Secret>();
    let set = |bytes: &[u8]| {
        Patch::Merge(json!({ "data": { "ssh-privatekey": BASE64_STANDARD.encode(bytes) } }))
    };
    for (bytes, reason) in [
        (damaged.as_slice(), Reason::PrivateKeyUnreadable),
        (private[3].as_slice(), Reason::PrivateKeyReplaced),
    ] {
        secrets
            .patch("web", &PatchParams::default(), &set(bytes))
            .await
            .unwrap();
        let _: SshKey = world
            .wait_condition("web", ConditionType::Ready, "False", reason)
            .await;
    }
    let html = Effect::Answer(FaultAnswer::raw(502, "text/html", "<html>"));
    world
        .emulator()
        .faults()
        .add(Fault::on("PUT", "sshPublicKeys", html).times(2));
    world.apply(&key("late", "{azure: {}}")).await;
    world.wait_ready("late").await;
    let wrong = json!({ "stringData": { "clientSecret": "wrong-and-secret-too" } });
    secrets
        .patch(
            dev::world::CREDENTIALS,
            &PatchParams::default(),
            &Patch::Merge(wrong),
        )
        .await
        .unwrap();
    private.push(b"wrong-and-secret-too".to_vec());
    world
        .wait_condition::<sshkey_operator::api::AzureStore>(
            "default",
            ConditionType::Ready,
            "False",
            Reason::AuthenticationFailed,
        )
        .await;
}

#[tokio::test]
async fn nothing_private_is_logged_told_or_reported() {
    let world = World::start(WorldOptions::new().flag("log-filter", "trace")).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world
        .apply(&key(
            "legacy",
            "{source: {generate: {algorithm: RSA, size: 2048}}, azure: {}}",
        ))
        .await;
    world
        .apply(&key("curve", "{source: {generate: {algorithm: ECDSA}}}"))
        .await;
    let mut private = vec![CLIENT_SECRET.as_bytes().to_vec()];
    for name in ["web", "legacy", "curve"] {
        world.wait_ready(name).await;
        private.push(
            world.secret(name).await.unwrap().data.unwrap()["ssh-privatekey"]
                .0
                .clone(),
        );
    }

    keys_of_a_rotation(&world, &mut private).await;
    bad_times(&world, &mut private).await;
    world
        .api::<SshKey>()
        .delete("curve", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("curve").await;

    nothing_leaked(&world, &private).await;
}
