//! Everything that a user can give in the place of a good key: a reason each, nothing published, nothing leaked, nobody
//! else held up, and Ready once it is mended.

use dev::world::{LOCATION, RESOURCE_GROUP, World, WorldOptions};
use kube::api::ListParams;
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use super::bad_files::table;
use crate::{
    keys::leaks::nothing_leaked,
    made::Made,
    manifests::{config_map, key, secret},
    stores::of_the_cluster::{client_secret, credentials, store_with},
};

/// What is wrong beside the key: a name, a spec, and what is said of it.
async fn beside_the_key(world: &World) -> Vec<(&'static str, String, ConditionType, Reason)> {
    use ConditionType::{AzureSynced, OutputsSynced};
    let limits = |namespaces: &str| format!("{{namespaces: {{names: [{namespaces}]}}}}");
    let defaults = format!("{{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: {LOCATION}}}");
    let store = |name: &str, namespaces: &str| {
        store_with(name, &client_secret(), &defaults, &limits(namespaces))
    };
    world.apply_to_system(&credentials()).await;
    world
        .apply_to_system(&store("closed", "somebody-else"))
        .await;
    world.apply_to_system(&store("open", "'*'")).await;
    let through = |store: &str, more: &str| {
        format!("{{azure: {{storeRef: {{kind: ClusterAzureStore, name: {store}}}{more}}}}}")
    };
    let outputs = |outputs: &str| format!("{{outputs: [{outputs}]}}");
    vec![
        (
            "bad-hosts",
            outputs("{name: deploy, flux: {knownHosts: not a host key}}, {name: fine, pem: {}}"),
            OutputsSynced,
            Reason::OutputInvalid,
        ),
        (
            "taken-name",
            outputs("{name: mine, pem: {}}"),
            OutputsSynced,
            Reason::OutputConflict,
        ),
        (
            "no-store",
            "{azure: {storeRef: {name: none}}}".to_owned(),
            AzureSynced,
            Reason::StoreNotFound,
        ),
        (
            "closed-store",
            through("closed", ""),
            AzureSynced,
            Reason::NamespaceNotAllowed,
        ),
        (
            "closed-group",
            through("open", ", resourceGroup: {name: theirs}"),
            AzureSynced,
            Reason::ResourceGroupNotAllowed,
        ),
    ]
}

/// The name of each key, and the reason that it is refused for.
type Cases = Vec<(String, Reason)>;

/// A key from each bad file. What is private in them is put aside.
async fn keys_of_bad_files(world: &World, good: &Made, private: &mut Vec<Vec<u8>>) -> Cases {
    let locked = Made::by_ssh_keygen(&[
        "-t",
        "ed25519",
        "-a",
        "16",
        "-N",
        "a passphrase of some length",
    ]);
    let mut cases = Cases::new();
    for (name, file, reason) in table(good, &locked) {
        world.apply(&secret(name, "key", &file)).await;
        let spec = format!(
            "{{source: {{privateKey: {{secretRef: {{name: {name}, key: key}}}}}}, azure: {{}}}}"
        );
        world.apply(&key(name, &spec)).await;
        if file.contains("PRIVATE KEY") || name == "word" {
            private.push(file.into_bytes());
        }
        cases.push((name.to_owned(), reason));
    }
    cases
}

/// A wrong passphrase, a private key where a public one belongs, and one that is not there.
async fn keys_beside_their_file(
    world: &World,
    good: &Made,
    private: &mut Vec<Vec<u8>>,
    cases: &mut Cases,
) {
    world
        .apply(&secret("open", "word", "not the passphrase at all"))
        .await;
    private.push(b"not the passphrase at all".to_vec());
    let opened = "{source: {privateKey: {secretRef: {name: locked, key: key}, passphraseSecretRef: {name: open, key: word}}}, azure: {}}";
    world.apply(&key("wrong", opened)).await;
    world.apply(&secret("mine", "key", &good.private())).await;
    private.push(good.private().into_bytes());
    world
        .apply(&key(
            "swapped",
            "{source: {publicKey: {secretRef: {name: mine, key: key}}}, azure: {}}",
        ))
        .await;
    // The private key beside the public one, in a place that many may read.
    let both = format!("{}{}", good.public(), good.private());
    world.apply(&config_map("both", "key", &both)).await;
    world
        .apply(&key(
            "beside",
            "{source: {publicKey: {configMapRef: {name: both, key: key}}}, azure: {}}",
        ))
        .await;
    // One and one, which is no point of P-256.
    let point = "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\
                 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=";
    let uploaded = format!("ecdsa-sha2-nistp256 {point}");
    world
        .apply(&key(
            "off-curve",
            &format!("{{source: {{publicKey: {{value: {uploaded}}}}}}}"),
        ))
        .await;
    world
        .apply(&key(
            "missing",
            "{source: {publicKey: {configMapRef: {name: none, key: key}}}, azure: {}}",
        ))
        .await;
    cases.push(("wrong".to_owned(), Reason::PassphraseWrong));
    cases.push(("swapped".to_owned(), Reason::PrivateKeyGiven));
    cases.push(("beside".to_owned(), Reason::PrivateKeyGiven));
    cases.push(("off-curve".to_owned(), Reason::KeyDamaged));
    cases.push(("missing".to_owned(), Reason::SourceNotFound));
}

/// Each is told by its reason and a message, and is stalled.
async fn each_is_told(world: &World, cases: &Cases) {
    println!("| Given | Reason | Message |\n|---|---|---|");
    for (name, reason) in cases {
        let object: SshKey = world
            .wait_condition(name, ConditionType::KeyAvailable, "False", *reason)
            .await;
        let conditions = object.status.unwrap().conditions;
        assert!(
            find(&conditions, ConditionType::Stalled).is_some(),
            "{name}"
        );
        let message = &find(&conditions, ConditionType::KeyAvailable)
            .unwrap()
            .message;
        assert!(message.len() > 40, "{name}: {message}");
        println!("| {name} | {} | {message} |", reason.as_str());
    }
}

/// Mended, one and all, without a word to the operator. The new private keys are put aside too.
async fn all_are_mended(world: &World, cases: &Cases, private: &mut Vec<Vec<u8>>) {
    for (name, _) in cases {
        if !["swapped", "beside", "off-curve", "missing", "wrong"].contains(&name.as_str()) {
            world
                .apply(&secret(name, "key", &Made::ed25519().private()))
                .await;
        }
    }
    world.apply(&secret("open", "word", "unused by now")).await;
    for (name, _) in cases
        .iter()
        .filter(|(name, _)| !["swapped", "beside", "off-curve", "missing"].contains(&name.as_str()))
    {
        world.wait_ready(name).await;
    }
    let secrets = world.api::<k8s_openapi::api::core::v1::Secret>();
    for found in secrets.list(&ListParams::default()).await.unwrap() {
        let data = found.data.unwrap_or_default();
        if let Some(bytes) = data
            .get("key")
            .or(data.get("ssh-privatekey"))
            .or(data.get("bad-hosts.pem"))
        {
            private.push(bytes.0.clone());
        }
    }
}

#[tokio::test]
async fn a_bad_key_is_refused_by_its_reason_and_nothing_of_it_gets_out() {
    let options = WorldOptions::new().cluster_stores();
    let world = World::start(options.flag("log-filter", "trace")).await;
    let good = Made::ed25519();
    let mut private = Vec::new();
    let mut cases = keys_of_bad_files(&world, &good, &mut private).await;
    keys_beside_their_file(&world, &good, &mut private, &mut cases).await;

    world.apply(&key("bystander", "{azure: {}}")).await;
    world.wait_ready("bystander").await;
    for (name, spec, kind, reason) in beside_the_key(&world).await {
        world.apply(&key(name, &spec)).await;
        let object: SshKey = world.wait_condition(name, kind, "False", reason).await;
        let conditions = object.status.unwrap().conditions;
        assert!(
            find(&conditions, ConditionType::Stalled).is_some(),
            "{name}"
        );
    }
    each_is_told(&world, &cases).await;
    let keys = world.emulator().keys();
    assert_eq!(keys.len(), 1, "the bystander's alone: {keys:?}");
    all_are_mended(&world, &cases, &mut private).await;
    nothing_leaked(&world, &private).await;
}
