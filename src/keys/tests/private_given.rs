//! A private key in a public one's place is found wherever it stands and however it is written: the place may be open to
//! others.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::{
    private_files::{files_of, hexadecimal, in_lines, wrapped},
    test_files::{ALGORITHMS, Files},
};
use crate::keys::{KeyError, PublicKey, private_inside};

fn assert_found(what: &str, bytes: &[u8]) {
    assert_eq!(
        PublicKey::given(bytes).err(),
        Some(KeyError::PrivateKeyGiven),
        "{what}"
    );
}

#[test]
fn a_private_key_is_found_in_any_order_encoding_and_wrapping() {
    let mut rows = 0;
    for (algorithm, args) in ALGORITHMS {
        let files = Files::new(args);
        let line = files.read("id.pub");
        let ssh2 = files
            .run("ssh-keygen", &["-e", "-f", "id.pub"])
            .into_bytes();
        for (name, file) in files_of(algorithm, &files) {
            for (wrapping, text) in wrapped(str::from_utf8(&file).unwrap()) {
                let what = format!("{name}, {wrapping}");
                assert_found(&what, &text);
                if wrapping.starts_with("in UTF-16") {
                    continue;
                }
                for public in [&line, &ssh2] {
                    assert_found(
                        &format!("{what}, after"),
                        &[public.as_slice(), &text].concat(),
                    );
                    assert_found(
                        &format!("{what}, before"),
                        &[text.as_slice(), b"\n", public].concat(),
                    );
                }
                let comment = [line.trim_ascii_end(), b" ", &text].concat();
                assert_found(&format!("{what}, as the comment"), &comment);
                rows += 1;
            }
        }
    }
    assert!(rows > 500, "only {rows}");
    println!("{rows} wrappings, each in five places");
}

#[test]
fn a_private_key_without_the_lines_around_it_is_found() {
    let mut rows = 0;
    for (algorithm, args) in ALGORITHMS {
        let files = Files::new(args);
        for (name, file) in files_of(algorithm, &files) {
            let text = String::from_utf8(file).unwrap();
            if !text.starts_with("-----BEGIN ") || text.contains(':') {
                continue;
            }
            let body: Vec<&str> = text.lines().filter(|line| !line.starts_with('-')).collect();
            let der = BASE64_STANDARD.decode(body.concat()).unwrap();
            for (what, bytes) in [
                ("its lines", body.join("\n").into_bytes()),
                ("one line", body.concat().into_bytes()),
                ("its bytes", der.clone()),
                ("digits", hexadecimal(&der).into_bytes()),
                (
                    "a comment",
                    [
                        files.read("id.pub").trim_ascii_end(),
                        b" ",
                        body.concat().as_bytes(),
                    ]
                    .concat(),
                ),
                (
                    "cut at its beginning",
                    text[text.find('\n').unwrap()..].into(),
                ),
            ] {
                assert_found(&format!("{name}, {what}"), &bytes);
                rows += 1;
            }
        }
    }
    assert!(rows > 100, "only {rows}");
}

#[test]
fn private_keys_of_other_programs_are_found() {
    let files = Files::new(&["-t", "rsa", "-b", "2048"]);
    files.write("pem", &files.rewritten(&["-N", "", "-m", "PEM"]).unwrap());
    files.run(
        "openssl",
        &[
            "req", "-x509", "-key", "pem", "-subj", "/CN=x", "-out", "crt",
        ],
    );
    files.run(
        "openssl",
        &[
            "pkcs12", "-export", "-inkey", "pem", "-in", "crt", "-passout", "pass:x", "-out", "p12",
        ],
    );
    files.run(
        "openssl",
        &[
            "pkcs12",
            "-export",
            "-inkey",
            "pem",
            "-in",
            "crt",
            "-passout",
            "pass:",
            "-keypbe",
            "NONE",
            "-out",
            "plain.p12",
        ],
    );
    let line = String::from_utf8(files.read("id.pub")).unwrap();
    let texts = [
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
        "PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: aes256-cbc\r\n",
        "Private-Lines: 1\nAAAAIH\nPrivate-MAC: 00\n",
        "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAAAi4=\n",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
        "-----BEGIN ANY PRIVATE KEY-----\n",
        r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        "{ \"kty\" : \"RSA\",\n \"d\" : \"X4cTteJY\" }",
        "<RSAKeyValue><Modulus>oQ==</Modulus><D>oQ==</D></RSAKeyValue>",
        "Private-key-format: v1.3\nAlgorithm: 15 (ED25519)\nPrivateKey: o0Q=\n",
        "AGE-SECRET-KEY-1QQQQQQQQQ",
        "SSH PRIVATE KEY FILE FORMAT 1.1\n",
    ];
    for text in texts {
        assert_found(text, text.as_bytes());
        assert_found(text, format!("{line}{text}").as_bytes());
        assert_found(text, format!("{text}\n{line}").as_bytes());
    }
    let keystore = [&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2][..], &[0; 60]].concat();
    for bytes in [files.read("p12"), files.read("plain.p12"), keystore] {
        assert_found("a container", &bytes);
        assert_found(
            "in base64",
            in_lines(&BASE64_STANDARD.encode(&bytes)).as_bytes(),
        );
    }
}

#[test]
fn nothing_public_is_taken_for_a_private_key() {
    for (algorithm, args) in ALGORITHMS {
        let files = Files::new(args);
        let line = String::from_utf8(files.read("id.pub")).unwrap();
        let mut texts = vec![
            line.clone(),
            format!("{} the PRIVATE KEY is on my laptop", line.trim_end()),
            format!("{} backend-private-key", line.trim_end()),
            line.repeat(40),
        ];
        for format in ["RFC4716", "PKCS8", "PEM"] {
            texts.extend(files.try_run("ssh-keygen", &["-e", "-m", format, "-f", "id.pub"]));
        }
        for text in texts {
            for (wrapping, text) in wrapped(&text) {
                assert!(!private_inside::found(&text), "{algorithm}, {wrapping}");
            }
        }
    }
}

#[test]
fn the_search_ends_soon_whatever_it_is_given() {
    use std::time::{Duration, Instant};
    let mut nested = "x".repeat(20_000);
    while nested.len() * 4 / 3 < 64 * 1024 {
        nested = BASE64_STANDARD.encode(nested);
    }
    let most = 64 * 1024;
    for text in [
        nested,
        "A".repeat(most),
        "0".repeat(most),
        format!("{} ", "A".repeat(40)).repeat(most / 41),
        format!("{}!", "A".repeat(40)).repeat(most / 41),
        "PRIVATE".repeat(most / 7),
        "\\n".repeat(most / 2),
        "0\u{82}".repeat(most / 3),
    ] {
        let started = Instant::now();
        assert!(!private_inside::found(text.as_bytes()));
        // Without optimization; a tenth of that otherwise.
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{:?}",
            started.elapsed()
        );
        println!("{:?} for {} bytes", started.elapsed(), text.len());
    }
}
