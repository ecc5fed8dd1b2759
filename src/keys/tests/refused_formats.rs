//! Formats, ciphers and types that are known and not read: each refused with its own remedy, before anything is opened.

use super::test_files::Files;
use crate::keys::{KeyError, KeyPair};

const PASSPHRASE: &[u8] = b"open sesame";

#[test]
fn what_is_not_read_says_so_whatever_the_passphrase() {
    let curve = Files::new(&["-t", "ecdsa", "-b", "256"]);
    let des = curve.rewritten(&["-N", "open sesame", "-a", "1", "-Z", "3des-cbc"]);
    curve.write(
        "sec1.pem",
        &curve.rewritten(&["-N", "", "-m", "PEM"]).unwrap(),
    );
    let to = ["ec", "-in", "sec1.pem", "-param_enc", "explicit", "-out"];
    curve.run("openssl", &[&to[..], &["described.pem"]].concat());
    let dsa = Files::new(&["-t", "dsa"]);
    let table = [
        ("3DES", des.unwrap(), KeyError::EncryptionUnsupported),
        (
            "a curve that is described",
            curve.read("described.pem"),
            KeyError::UnsupportedType,
        ),
        ("DSA", dsa.read("id"), KeyError::Dsa),
        (
            "DSA, encrypted",
            dsa.rewritten(&["-N", "unknown", "-a", "256"]).unwrap(),
            KeyError::Dsa,
        ),
        (
            "DSA in PEM",
            dsa.rewritten(&["-N", "", "-m", "PEM"]).unwrap(),
            KeyError::Dsa,
        ),
        (
            "DSA in PKCS #8",
            dsa.rewritten(&["-N", "", "-m", "PKCS8"]).unwrap(),
            KeyError::Dsa,
        ),
        (
            "ssh.com",
            b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAAAi4=\n".to_vec(),
            KeyError::SshComFormat,
        ),
    ];
    for (what, text, error) in table {
        for passphrase in [None, Some(PASSPHRASE), Some(&b"another"[..])] {
            assert_eq!(
                KeyPair::read(&text, passphrase).err(),
                Some(error),
                "{what}"
            );
        }
    }
}
