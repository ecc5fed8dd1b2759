//! Everything that a user can give in the place of a good key: a reason each, nothing published, nothing leaked, nobody
//! else held up, and Ready once it is mended.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use dev::world::{LOCATION, RESOURCE_GROUP, World, WorldOptions};
use kube::api::ListParams;
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::{
    keys::leaks::nothing_leaked,
    made::Made,
    manifests::{config_map, key, secret},
    stores::of_the_cluster::{client_secret, credentials, store_with},
};

/// The same file with the bcrypt rounds of its container set to the most that the format can say.
fn with_absurd_rounds(file: &str) -> String {
    let body: String = file.lines().filter(|line| !line.starts_with('-')).collect();
    let mut bytes = BASE64_STANDARD.decode(body).unwrap();
    let sixteen = 16_u32.to_be_bytes();
    let salt = bytes.windows(4).position(|four| four == sixteen).unwrap();
    let at = salt + 4 + 16;
    assert_eq!(bytes[at..at + 4], sixteen, "made with sixteen rounds");
    bytes[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    let body = BASE64_STANDARD.encode(bytes);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(70)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n",
        lines.join("\n")
    )
}

/// A name, what is given as a private key, and the reason.
fn table(good: &Made, locked: &Made) -> Vec<(&'static str, String, Reason)> {
    let rsa = Made::by_ssh_keygen(&["-t", "rsa", "-b", "2048"]);
    let private = good.private();
    let pkcs1 = rsa.converted(
        "ssh-keygen",
        &["-p", "-P", "", "-N", "", "-m", "PEM", "-f", "{}"],
    );
    let weak = Made::by_ssh_keygen(&["-t", "rsa", "-b", "1024"]).private();
    let dsa = Made::by_ssh_keygen(&["-t", "dsa"]).private();
    let middle = private.len() / 2;
    let changed = if private.as_bytes()[middle] == b'A' {
        "B"
    } else {
        "A"
    };
    let changed = format!("{}{changed}{}", &private[..middle], &private[middle + 1..]);
    let cut = |text: &str| format!("{}\n", &text[..text.len() * 2 / 3]);
    let noise = "x1".repeat(400_000);
    let putty = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\n";
    let security_key = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t x";
    let certificate =
        "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t x";
    vec![
        ("cut", cut(&private), Reason::KeyDamaged),
        ("cut-pkcs1", cut(&pkcs1), Reason::KeyDamaged),
        ("changed", changed, Reason::KeyDamaged),
        ("locked", locked.private(), Reason::PassphraseRequired),
        (
            "costly",
            with_absurd_rounds(&locked.private()),
            Reason::KeyDerivationTooCostly,
        ),
        ("two", private.repeat(2), Reason::SeveralKeysGiven),
        ("public", good.public(), Reason::PublicKeyGiven),
        (
            "certificate",
            certificate.to_owned(),
            Reason::KeyTypeUnsupported,
        ),
        (
            "security-key",
            security_key.to_owned(),
            Reason::KeyTypeUnsupported,
        ),
        ("dsa", dsa, Reason::KeyTypeUnsupported),
        ("weak", weak, Reason::KeyTooWeak),
        ("putty", putty.to_owned(), Reason::KeyFormatUnsupported),
        (
            "putty-below",
            format!("\n{putty}"),
            Reason::KeyFormatUnsupported,
        ),
        (
            "encoded-twice",
            BASE64_STANDARD.encode(&private),
            Reason::KeyFormatUnsupported,
        ),
        ("noise", noise, Reason::KeyTooLarge),
        (
            "word",
            "correct horse battery staple".to_owned(),
            Reason::KeyFormatUnknown,
        ),
    ]
}

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

#[tokio::test]
async fn a_bad_key_is_refused_by_its_reason_and_nothing_of_it_gets_out() {
    let options = WorldOptions::new().cluster_stores();
    let world = World::start(options.flag("log-filter", "trace")).await;
    let good = Made::ed25519();
    let locked = Made::by_ssh_keygen(&[
        "-t",
        "ed25519",
        "-a",
        "16",
        "-N",
        "a passphrase of some length",
    ]);
    let mut private = Vec::new();
    let mut cases: Vec<(String, Reason)> = Vec::new();
    for (name, file, reason) in table(&good, &locked) {
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
    // Beside the key: a wrong passphrase, a private key where a public one belongs, and one that is not there.
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
    println!("| Given | Reason | Message |\n|---|---|---|");
    for (name, reason) in &cases {
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
    let keys = world.emulator().keys();
    assert_eq!(keys.len(), 1, "the bystander's alone: {keys:?}");

    // Mended, one and all, without a word to the operator.
    for (name, _) in &cases {
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
    nothing_leaked(&world, &private).await;
}

#[tokio::test]
async fn every_format_is_imported_published_and_shown_by_its_fingerprint() {
    let world = World::start(WorldOptions::new()).await;
    let rsa = Made::by_ssh_keygen(&["-t", "rsa", "-b", "2048"]);
    let curve = Made::by_ssh_keygen(&["-t", "ecdsa", "-b", "384"]);
    let locked = Made::by_ssh_keygen(&["-t", "ed25519", "-N", "open sesame"]);
    let rewritten = |made: &Made, format: &str, passphrase: &str| {
        let args = ["-p", "-P", "", "-N", passphrase, "-m", format, "-f", "{}"];
        made.converted("ssh-keygen", &args)
    };
    world.apply(&secret("open", "word", "open sesame\n")).await;
    println!("| Imported | Fingerprint |\n|---|---|");
    for (name, file, made, azure) in [
        ("openssh", rsa.private(), &rsa, "azure: {}"),
        ("openssh-locked", locked.private(), &locked, "azure: {}"),
        ("pkcs8", rewritten(&rsa, "PKCS8", ""), &rsa, "azure: {}"),
        (
            "pkcs8-locked",
            rewritten(&rsa, "PKCS8", "open sesame"),
            &rsa,
            "azure: {}",
        ),
        ("pkcs1", rewritten(&rsa, "PEM", ""), &rsa, "azure: {}"),
        (
            "line-ends-written-out",
            rsa.private().replace('\n', "\\n"),
            &rsa,
            "azure: {}",
        ),
        ("sec1", rewritten(&curve, "PEM", ""), &curve, "secret: {}"),
    ] {
        world
            .apply(&secret(&format!("{name}-file"), "key", &file))
            .await;
        let source = format!(
            "source: {{privateKey: {{secretRef: {{name: {name}-file, key: key}}, passphraseSecretRef: {{name: open, key: word}}}}}}"
        );
        world
            .apply(&key(name, &format!("{{{source}, {azure}}}")))
            .await;
        let status = world.wait_ready(name).await.status.unwrap();
        assert_eq!(status.fingerprint, Some(made.fingerprint()), "{name}");
        println!("| {name} | {} |", made.fingerprint());
    }
    assert_eq!(world.emulator().keys().len(), 6);
}
