//! Everything that is not one good key is refused by name.

use super::test_files::{ALGORITHMS, Files};
use crate::keys::{KeyError, KeyPair, KeyRefusal, PublicKey};

pub(super) const PASSPHRASE: &[u8] = b"open sesame";

fn refused(text: &[u8]) -> KeyRefusal {
    KeyPair::read(text, Some(PASSPHRASE)).unwrap_err().refusal()
}

/// One file in each private format, with the key that it holds.
pub(super) fn formats() -> Vec<(&'static str, Vec<u8>, PublicKey)> {
    let rsa = Files::new(&["-t", "rsa", "-b", "2048"]);
    let curve = Files::new(&["-t", "ecdsa", "-b", "256"]);
    let edwards = Files::new(&["-t", "ed25519"]);
    let rewritten = |files: &Files, args: &[&str]| files.rewritten(args).unwrap();
    let locked = ["-N", "open sesame", "-a", "1"];
    let mut all = vec![
        ("OpenSSH", edwards.read("id")),
        ("OpenSSH, encrypted", rewritten(&edwards, &locked)),
        ("PKCS #8", rewritten(&rsa, &["-N", "", "-m", "PKCS8"])),
        ("PKCS #1", rewritten(&rsa, &["-N", "", "-m", "PEM"])),
        ("SEC 1", rewritten(&curve, &["-N", "", "-m", "PEM"])),
    ];
    rsa.write("pkcs8.pem", &all[2].1);
    let to = ["pkcs8", "-topk8", "-in", "pkcs8.pem", "-out", "locked.pem"];
    rsa.run(
        "openssl",
        &[&to[..], &["-passout", "pass:open sesame"]].concat(),
    );
    all.push(("PKCS #8, encrypted", rsa.read("locked.pem")));
    all.into_iter()
        .map(|(name, file)| {
            let key = KeyPair::read(&file, Some(PASSPHRASE)).unwrap().public_key();
            (name, file, key)
        })
        .collect()
}

/// A certificate and its key in `x.crt` and `x.key`, its public key, keys that are too weak or of another kind.
fn make_what_is_no_private_key(files: &Files) {
    files.run(
        "openssl",
        &[
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", "x.key",
            "-out", "x.crt",
        ],
    );
    files.run(
        "openssl",
        &["pkey", "-in", "x.key", "-pubout", "-out", "x.pub"],
    );
    files.run(
        "openssl",
        &["genrsa", "-traditional", "-out", "weak.pem", "1024"],
    );
    files.run(
        "openssl",
        &[
            "ecparam",
            "-genkey",
            "-name",
            "secp256k1",
            "-noout",
            "-out",
            "k1.pem",
        ],
    );
    files.run("ssh-keygen", &["-q", "-t", "dsa", "-N", "", "-f", "dsa"]);
    files.run("ssh-keygen", &["-q", "-s", "id", "-I", "x", "id.pub"]);
}

#[test]
fn what_is_no_private_key_is_refused_by_name() {
    let files = Files::new(&["-t", "ed25519"]);
    let public = files.read("id.pub");
    make_what_is_no_private_key(&files);
    let two = [files.read("id"), files.read("id")].concat();
    let legacy = b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let security_key = b"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t x";
    let table: [(&str, &[u8], KeyRefusal); 16] = [
        ("nothing", b"", KeyRefusal::NotAKey),
        ("a word", b"hunter2", KeyRefusal::NotAKey),
        ("bytes", &[0xff; 200], KeyRefusal::NotAKey),
        ("1 MiB of noise", &vec![b'x'; 1 << 20], KeyRefusal::TooLarge),
        ("a public key", &public, KeyRefusal::PublicKeyGiven),
        (
            "a public key in PEM",
            &files.read("x.pub"),
            KeyRefusal::PublicKeyGiven,
        ),
        (
            "a certificate of X.509",
            &files.read("x.crt"),
            KeyRefusal::TypeUnsupported,
        ),
        (
            "a certificate of OpenSSH",
            &files.read("id-cert.pub"),
            KeyRefusal::TypeUnsupported,
        ),
        ("a security key", security_key, KeyRefusal::TypeUnsupported),
        ("DSA", &files.read("dsa"), KeyRefusal::TypeUnsupported),
        (
            "RSA of 1024 bits",
            &files.read("weak.pem"),
            KeyRefusal::TooWeak,
        ),
        (
            "another curve",
            &files.read("k1.pem"),
            KeyRefusal::TypeUnsupported,
        ),
        ("two keys", &two, KeyRefusal::SeveralKeys),
        (
            "PuTTY",
            b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
            KeyRefusal::FormatUnsupported,
        ),
        (
            "OpenSSL's old encryption",
            legacy,
            KeyRefusal::FormatUnsupported,
        ),
        (
            "a key and its certificate",
            &[files.read("x.key"), files.read("x.crt")].concat(),
            KeyRefusal::SeveralKeys,
        ),
    ];
    println!("| Given | Refused as |\n|---|---|");
    for (what, text, expected) in table {
        assert_eq!(refused(text), expected, "{what}");
        println!("| {what} | {expected:?} |");
    }
}

#[test]
fn what_is_no_public_key_is_refused_by_name() {
    let files = Files::new(&["-t", "ed25519"]);
    let line = String::from_utf8(files.read("id.pub")).unwrap();
    let ssh2 = files.run("ssh-keygen", &["-e", "-f", "id.pub"]);
    let private = |file: Vec<u8>| String::from_utf8(file).unwrap();
    files.run("openssl", &["genrsa", "-out", "weak.pem", "1024"]);
    let weak = files.run("openssl", &["rsa", "-in", "weak.pem", "-pubout"]);
    let table = [
        (
            "a private key",
            private(files.read("id")),
            KeyRefusal::PrivateKeyGiven,
        ),
        (
            "one without its end",
            private(files.read("id"))[..200].to_owned(),
            KeyRefusal::PrivateKeyGiven,
        ),
        (
            "one of PuTTY",
            "PuTTY-User-Key-File-3: ssh-ed25519\n".to_owned(),
            KeyRefusal::PrivateKeyGiven,
        ),
        (
            "both halves",
            private(files.read("id")) + &line,
            KeyRefusal::PrivateKeyGiven,
        ),
        ("RSA of 1024 bits", weak.clone(), KeyRefusal::TooWeak),
        ("two in PEM", weak.repeat(2), KeyRefusal::SeveralKeys),
        ("two in RFC 4716", ssh2.repeat(2), KeyRefusal::SeveralKeys),
        (
            "RFC 4716 without its end",
            ssh2[..60].to_owned(),
            KeyRefusal::Damaged,
        ),
        ("two lines", line.repeat(2), KeyRefusal::SeveralKeys),
    ];
    for (what, text, expected) in table {
        let error = PublicKey::parse(&text).unwrap_err();
        assert_eq!(error.refusal(), expected, "{what}: {error}");
    }
}

#[test]
fn a_comment_in_rfc_4716_carries_no_second_key() {
    let files = Files::new(&["-t", "ed25519"]);
    let ssh2 = files.run("ssh-keygen", &["-e", "-f", "id.pub"]);
    let (begin, rest) = ssh2.split_once('\n').unwrap();
    let (_, body) = rest.split_once('\n').unwrap();
    for comment in ["a\\\nssh-ed25519 AAAA evil", "x y", "\"command=\\\nid\""] {
        let text = format!("{begin}\nComment: {comment}\n{body}");
        let line = PublicKey::parse(&text).unwrap().to_line();
        assert_eq!(line, files.material(), "{comment}");
    }
}

#[test]
fn a_passphrase_is_needed_right_and_of_one_line() {
    for (name, file, key) in formats() {
        if !name.ends_with("encrypted") {
            assert_eq!(KeyPair::read(&file, None).unwrap().public_key(), key);
            continue;
        }
        for good in [&b"open sesame"[..], b"open sesame\n", b"open sesame\r\n"] {
            assert_eq!(
                KeyPair::read(&file, Some(good)).unwrap().public_key(),
                key,
                "{name}"
            );
        }
        assert_eq!(
            KeyPair::read(&file, None).err(),
            Some(KeyError::PassphraseRequired)
        );
        for wrong in [&b""[..], b"open", b"open sesame\n\n", b" open sesame"] {
            assert_eq!(
                KeyPair::read(&file, Some(wrong)).err(),
                Some(KeyError::PassphraseWrong),
                "{name}"
            );
        }
    }
}

#[test]
fn no_refusal_quotes_the_key() {
    let files = Files::new(ALGORITHMS[0].1);
    let text = String::from_utf8(files.read("id")).unwrap();
    let lines: Vec<&str> = text.lines().skip(1).collect();
    for bad in [
        text.replace("OPENSSH ", ""),
        text.replace("KEY-----", "KEX-----"),
        text[..300].to_owned(),
    ] {
        for error in [
            KeyPair::read(bad.as_bytes(), None).unwrap_err(),
            PublicKey::parse(&bad).unwrap_err(),
        ] {
            let shown = format!("{error} {error:?}");
            assert!(
                lines
                    .iter()
                    .all(|line| !shown.contains(&line[..line.len().min(12)])),
                "{shown}"
            );
        }
    }
}
