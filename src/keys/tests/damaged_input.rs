//! Files that are cut, changed or absurd: refused quickly, and never taken for another key.

use std::time::{Duration, Instant};

use proptest::{prelude::*, sample::Index};

use super::{
    refused_input::{PASSPHRASE, formats},
    test_files::Files,
};
use crate::keys::{KeyPair, KeyRefusal, PublicKey, pem};

/// A file in PEM with `change` made to what the base64 stands for.
fn changed(file: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let blocks = pem::blocks(std::str::from_utf8(file).unwrap()).unwrap();
    let mut bytes = blocks[0].bytes().unwrap().to_vec();
    change(&mut bytes);
    pem::armored(blocks[0].label, &bytes).as_bytes().to_vec()
}

#[test]
fn what_would_cost_too_much_is_refused_at_once() {
    let files = Files::new(&["-t", "rsa", "-b", "2048"]);
    let locked = files.rewritten(&["-N", "open sesame", "-a", "16"]).unwrap();
    for rounds in [257, 100_000, u32::MAX] {
        let file = changed(&locked, |bytes| {
            let at = bytes
                .windows(4)
                .position(|four| four == 16_u32.to_be_bytes());
            // The salt's length is 16 as well, and stands before it: the rounds follow the salt.
            let at = at.unwrap() + 4 + 16;
            assert_eq!(bytes[at..at + 4], 16_u32.to_be_bytes());
            bytes[at..at + 4].copy_from_slice(&rounds.to_be_bytes());
        });
        expect_at_once(&file, "bcrypt");
    }
    files.write(
        "plain.pem",
        &files.rewritten(&["-N", "", "-m", "PKCS8"]).unwrap(),
    );
    let to = [
        "pkcs8",
        "-topk8",
        "-in",
        "plain.pem",
        "-passout",
        "pass:open sesame",
        "-out",
        "locked.pem",
    ];
    files.run("openssl", &[&to[..], &["-iter", "1048577"]].concat());
    expect_at_once(&files.read("locked.pem"), "PBKDF2");
    files.run("openssl", &[&to[..], &["-scrypt"]].concat());
    // The cost, 16,384, the block size, 8, and the parallelization, 1, as DER has them: larger blocks, and more of them.
    for (block, parallel) in [(17, 1), (8, 127)] {
        let scrypt = changed(&files.read("locked.pem"), |bytes| {
            let parameters = [2, 2, 0x40, 0, 2, 1, 8, 2, 1, 1];
            let at = bytes.windows(10).position(|ten| ten == parameters);
            let at = at.unwrap();
            (bytes[at + 6], bytes[at + 9]) = (block, parallel);
        });
        expect_at_once(&scrypt, "scrypt");
    }
}

fn expect_at_once(file: &[u8], what: &str) {
    let started = Instant::now();
    let error = KeyPair::read(file, Some(PASSPHRASE)).unwrap_err();
    assert_eq!(
        error.refusal(),
        KeyRefusal::KdfTooExpensive,
        "{what}: {error}"
    );
    assert!(error.to_string().contains(what), "{error}");
    // A thousandth of what the work itself would take.
    assert!(started.elapsed() < Duration::from_secs(1), "{what}");
}

#[test]
fn no_file_that_is_cut_is_accepted_as_another_key() {
    for (name, file, key) in formats() {
        let whole = pem::blocks(std::str::from_utf8(&file).unwrap()).unwrap()[0]
            .bytes()
            .unwrap();
        // What is encrypted costs something each time.
        let step = if name.ends_with("encrypted") {
            whole.len() / 12
        } else {
            1
        };
        for end in (0..whole.len()).step_by(step) {
            if let Ok(read) = KeyPair::read(
                &changed(&file, |bytes| bytes.truncate(end)),
                Some(PASSPHRASE),
            ) {
                assert_eq!(read.public_key(), key, "{name}, {end}");
            }
            let cut = &file[..end.min(file.len() - 2)];
            assert!(
                KeyPair::read(cut, Some(PASSPHRASE)).is_err(),
                "{name}, {end}"
            );
        }
    }
}

proptest! {
    // The files are new each time, so that a case that failed can't be kept.
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn one_wrong_bit_never_gives_another_key(places in prop::collection::vec((any::<Index>(), 0..8_u32), 12)) {
        for (name, file, key) in formats() {
            for (at, bit) in &places {
                let file = changed(&file, |bytes| {
                    let at = at.index(bytes.len());
                    bytes[at] ^= 1 << bit;
                });
                if let Ok(read) = KeyPair::read(&file, Some(PASSPHRASE)) {
                    prop_assert_eq!(read.public_key(), key.clone(), "{}", name);
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = KeyPair::read(&bytes, Some(PASSPHRASE));
        for label in ["OPENSSH PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
            let _ = KeyPair::read(pem::armored(label, &bytes).as_bytes(), Some(PASSPHRASE));
        }
        for label in ["PUBLIC KEY", "RSA PUBLIC KEY"] {
            let _ = PublicKey::parse(&pem::armored(label, &bytes));
        }
    }
}
