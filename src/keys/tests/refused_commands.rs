//! Every command that a message or a page names is run on a file that is refused with it, and what it writes is read.

use std::collections::BTreeSet;

use super::command_runs::{OPENSSL, PASSPHRASE, SSH_KEYGEN, Tried, commands, ssh_com};
use crate::keys::{KeyError, KeyPair};

/// What is encrypted in a way that is not read.
fn encryptions(tried: &Tried) {
    let legacy = "-provider legacy -provider default";
    let pem = |args: &str| {
        tried.made(&format!(
            "openssl pkey -traditional -in pem -out made -passout 'pass:open sesame' {args}"
        ))
    };
    for cipher in ["-aes128", "-aes256", "-des3", "-camellia128"] {
        tried.mends(cipher, &pem(cipher), KeyError::LegacyEncryption, SSH_KEYGEN);
    }
    for cipher in ["-des", "-rc2", "-bf", "-cast", "-seed"] {
        let file = pem(&format!("{legacy} {cipher}"));
        tried.mends(cipher, &file, KeyError::LegacyCipher, OPENSSL);
    }
    let pkcs8 = |args: &str| {
        tried.made(&format!(
            "openssl pkcs8 -topk8 -in pem -out made -passout 'pass:open sesame' {args}"
        ))
    };
    for args in [
        "-v2 des3",
        "-v2 camellia128",
        "-v1 PBE-SHA1-3DES",
        &format!("{legacy} -v2 rc2"),
        &format!("{legacy} -v2 bf"),
        &format!("{legacy} -v1 PBE-MD5-DES"),
        &format!("{legacy} -v1 PBE-SHA1-DES"),
        &format!("{legacy} -v1 PBE-SHA1-RC4-128"),
        &format!("{legacy} -v1 PBE-SHA1-RC2-40"),
    ] {
        tried.mends(
            args,
            &pkcs8(args),
            KeyError::Pkcs8EncryptionUnsupported,
            OPENSSL,
        );
    }
    let locked = ["-N", "open sesame", "-a", "1", "-Z", "3des-cbc"];
    let des = tried.files.rewritten(&locked).unwrap();
    tried.mends(
        "3DES in OpenSSH's container",
        &des,
        KeyError::EncryptionUnsupported,
        SSH_KEYGEN,
    );
}

/// What would cost too much to open.
fn costs(tried: &Tried) {
    let rounds = tried
        .files
        .rewritten(&["-N", "open sesame", "-a", "257"])
        .unwrap();
    let iterations = tried
        .made("openssl pkcs8 -topk8 -iter 1000001 -in pem -out made -passout 'pass:open sesame'");
    for (file, answers) in [(rounds, SSH_KEYGEN), (iterations, OPENSSL)] {
        let error = KeyPair::read(&file, Some(PASSPHRASE)).unwrap_err();
        assert!(matches!(error, KeyError::KdfTooCostly { .. }), "{error}");
        tried.mends("costs", &file, error, answers);
    }
}

/// Texts and containers.
fn texts(tried: &Tried) {
    tried.mends(
        "UTF-16",
        &tried.made("iconv -f UTF-8 -t UTF-16 id > made"),
        KeyError::Utf16,
        "",
    );
    tried.mends(
        "UTF-16LE",
        &tried.made("iconv -f UTF-8 -t UTF-16LE id > made"),
        KeyError::Utf16,
        "",
    );
    tried.mends(
        "base64",
        &tried.made("base64 id > made"),
        KeyError::EncodedTwice,
        "",
    );
    tried.mends(
        "base64 in a line",
        &tried.made("base64 -w0 id > made"),
        KeyError::EncodedTwice,
        "",
    );
    tried.mends_public(
        "base64, public",
        &tried.made("base64 id.pub > made"),
        KeyError::EncodedTwice,
    );
    tried.mends_public(
        "UTF-16, public",
        &tried.made("iconv -f UTF-8 -t UTF-16 id.pub > made"),
        KeyError::Utf16,
    );
    for form in ["pkcs8 -topk8 -nocrypt", "pkey -traditional"] {
        let der = tried.made(&format!("openssl {form} -in pem -outform DER -out made"));
        tried.mends(form, &der, KeyError::DerPrivateKey, "");
    }
    let der = tried
        .made("openssl pkcs8 -topk8 -in pem -outform DER -out made -passout 'pass:open sesame'");
    tried.mends(
        "DER, encrypted",
        &der,
        KeyError::DerPrivateKey,
        "-passin 'pass:open sesame'",
    );
    let der = tried.made("openssl pkey -in pem -pubout -outform DER -out made");
    tried.mends_public("DER, public", &der, KeyError::DerPublicKey);
    tried.made("openssl req -x509 -key pem -subj /CN=x -out made; cp made crt");
    let container = tried
        .made("openssl pkcs12 -export -inkey pem -in crt -out made -passout 'pass:open sesame'");
    tried.mends(
        "PKCS #12",
        &container,
        KeyError::Pkcs12,
        "-passin 'pass:open sesame'",
    );
}

/// What the operator keeps itself is in OpenSSH's format, plain.
fn kept(tried: &Tried) {
    for (file, answers, expected) in [
        (
            tried.files.read("pem"),
            "-q -N ''",
            KeyError::NotOpenSshPrivateKey,
        ),
        (
            tried
                .files
                .rewritten(&["-N", "open sesame", "-a", "1"])
                .unwrap(),
            "-q -P 'open sesame'",
            KeyError::Encrypted,
        ),
    ] {
        let error = KeyPair::from_openssh(&file).unwrap_err();
        assert_eq!(error, expected);
        let mended = tried.mended(&file, error, answers);
        let read = KeyPair::from_openssh(&mended).unwrap();
        assert_eq!(read.public_key().fingerprint(), tried.fingerprint());
    }
}

#[test]
fn every_command_of_a_message_or_a_page_does_what_it_is_named_for() {
    let mut run = BTreeSet::new();
    for algorithm in [
        &["-t", "rsa", "-b", "2048"][..],
        &["-t", "ecdsa", "-b", "384"],
    ] {
        let tried = Tried::new(algorithm);
        tried.files.write(
            "pem",
            &tried.files.rewritten(&["-N", "", "-m", "PEM"]).unwrap(),
        );
        encryptions(&tried);
        texts(&tried);
        kept(&tried);
        if algorithm.contains(&"rsa") {
            costs(&tried);
            let plain = ssh_com(&tried.files.read("pem"), "none");
            tried.mends("ssh.com", &plain, KeyError::SshComFormat, "");
            let locked = ssh_com(&tried.files.read("pem"), "3des-cbc");
            let refused = KeyPair::read(&locked, Some(PASSPHRASE)).err();
            assert_eq!(refused, Some(KeyError::SshComEncrypted));
        } else {
            let compressed =
                tried.made("openssl ec -in pem -pubout -conv_form compressed -out made");
            tried.mends_public(
                "a compressed point",
                &compressed,
                KeyError::EcdsaPointCompressed,
            );
        }
        run.extend(tried.commands.take());
    }
    // What needs PuTTY has a test of its own, below.
    let named =
        |text: &'static str| commands(text).filter(|command| !command.starts_with("puttygen"));
    let messages: BTreeSet<&str> = named(include_str!("../error.rs"))
        .chain(named(include_str!("../openssh.rs")))
        .chain(named(include_str!("../pkcs8.rs")))
        .collect();
    let run: BTreeSet<&str> = run.iter().map(String::as_str).collect();
    assert_eq!(
        run, messages,
        "commands that were run, and those of the messages"
    );
    let pages = [
        include_str!("../../../docs/bad-input.md"),
        include_str!("../../../docs/reasons.md"),
    ];
    for command in pages.into_iter().flat_map(named) {
        assert!(run.contains(command), "a page names {command}");
    }
    println!("{} commands: {run:?}", run.len());
}

#[test]
fn puttygen_converts_its_own_format_and_that_of_ssh_com_where_it_is_installed() {
    if std::process::Command::new("puttygen")
        .arg("--version")
        .output()
        .is_err()
    {
        println!("SKIPPED: puttygen is not installed");
        return;
    }
    let tried = Tried::new(&["-t", "rsa", "-b", "2048"]);
    tried.files.write(
        "pem",
        &tried.files.rewritten(&["-N", "", "-m", "PEM"]).unwrap(),
    );
    tried.files.write("word", PASSPHRASE);
    let answers = "--old-passphrase word --new-passphrase word";
    for kind in ["private", "private-sshcom"] {
        let expected = if kind == "private" {
            KeyError::PuttyFormat
        } else {
            KeyError::SshComEncrypted
        };
        let file = tried.made(&format!(
            "puttygen pem -O {kind} --new-passphrase word -o made"
        ));
        tried.mends(kind, &file, expected, answers);
    }
}
