//! Every format of a private key.

use dev::world::{World, WorldOptions};

use crate::{
    made::Made,
    manifests::{key, secret},
};

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
