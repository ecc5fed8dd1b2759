//! Texts that hold a key and are not read: told by what is wrong with the text. Nobody is told to make a new key.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::test_files::{Files, text};
use crate::keys::{KeyError, KeyPair, PublicKey};

#[test]
fn a_second_key_is_never_skipped_as_text() {
    let (one, other) = (
        Files::new(&["-t", "ed25519"]),
        Files::new(&["-t", "rsa", "-b", "2048"]),
    );
    let (private, public) = (text(one.read("id")), text(other.read("id.pub")));
    for given in [
        format!("{private}{public}"),
        format!("{public}{private}"),
        format!("{private}PuTTY-User-Key-File-3: ssh-rsa\n"),
        format!("{private}text\n{}", text(other.read("id"))),
        format!("{}\n{private}", private.trim_end().trim_end_matches('-')),
    ] {
        let refused = KeyPair::read(given.as_bytes(), None).unwrap_err();
        assert_eq!(refused, KeyError::SeveralPrivateKeys, "{given}");
    }
    let (first, second) = (text(one.read("id.pub")), public.clone());
    let pem = other.run("ssh-keygen", &["-e", "-m", "PEM", "-f", "id.pub"]);
    let ssh2 = other.run("ssh-keygen", &["-e", "-f", "id.pub"]);
    for given in [
        format!("{first}{second}"),
        format!("{} {second}", first.trim_end()),
        format!("{}\\n{second}", one.material()),
        format!("{}\\n{second}", first.trim_end()),
        format!("#{first}{second}"),
        format!("{first}#{second}"),
        format!("{first}{pem}"),
        format!("{pem}{first}"),
        format!("{first}{ssh2}"),
        format!("{ssh2}{first}"),
        pem.repeat(2),
        ssh2.repeat(2),
    ] {
        let refused = PublicKey::given(given.as_bytes()).unwrap_err();
        assert_eq!(refused, KeyError::SeveralPublicKeys, "{given}");
    }
}

/// A PEM file with a line after its first one.
fn with_line(file: &str, line: &str) -> String {
    let (first, rest) = file.split_once('\n').unwrap();
    format!("{first}\n{line}\n{rest}")
}

/// Each is refused with its error, and no message says to make another key.
fn assert_told<const ROWS: usize>(table: [(&str, String, KeyError); ROWS]) {
    for (what, given, expected) in table {
        let refused = KeyPair::read(given.as_bytes(), None).unwrap_err();
        assert_eq!(refused, expected, "{what}");
        assert!(
            !refused.to_string().contains("make a new"),
            "{what}: {refused}"
        );
    }
}

/// An RSA key in OpenSSH's format, and in PEM.
fn private_texts(files: &Files) -> (String, String) {
    let pem = text(files.rewritten(&["-N", "", "-m", "PEM"]).unwrap());
    files.write("pem", pem.as_bytes());
    (text(files.read("id")), pem)
}

#[test]
fn a_private_key_in_another_encoding_is_told_by_it() {
    use KeyError::{
        ArmorMissing, EncodedTwice, ForeignCharacters, NotAsWritten, PrivateKeyDamaged, PuttyFormat,
    };
    let files = Files::new(&["-t", "rsa", "-b", "2048"]);
    let (private, pem) = private_texts(&files);
    let putty = "PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n";
    let body = |file: &str| -> String {
        let lines = file.lines().filter(|line| !line.starts_with('-'));
        lines.collect()
    };
    let once = BASE64_STANDARD.encode(&private);
    let encoded = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    let dashes = private.replace("-----", "\u{2014}");
    let end = private.len() - 40;
    assert_told([
        ("PuTTY after a line", format!("\n{putty}"), PuttyFormat),
        (
            "PuTTY after a mark",
            format!("\u{feff}{putty}"),
            PuttyFormat,
        ),
        ("base64 of it", once.clone(), EncodedTwice),
        ("base64 of base64", encoded(once.as_bytes()), EncodedTwice),
        ("base64 of PEM", encoded(pem.as_bytes()), EncodedTwice),
        ("base64 of PuTTY", encoded(putty.as_bytes()), EncodedTwice),
        (
            "base64, public",
            encoded(&files.read("id.pub")),
            EncodedTwice,
        ),
        ("no lines around it", body(&private), ArmorMissing),
        ("no lines around PEM", body(&pem), ArmorMissing),
        ("a mail", private.replace('\n', "\n> "), ForeignCharacters),
        ("an address", private.replace(' ', "%20"), NotAsWritten),
        ("other hyphens", dashes, NotAsWritten),
        ("no end", private[..end].to_owned(), PrivateKeyDamaged),
        ("no beginning", private[40..].to_owned(), PrivateKeyDamaged),
    ]);
}

#[test]
fn what_stands_with_or_for_a_private_key_is_told_by_what_it_is() {
    use KeyError::{MoreThanTheKey, PemHeaders, PublicKeyGiven};
    let files = Files::new(&["-t", "rsa", "-b", "2048"]);
    let (private, pem) = private_texts(&files);
    let to_certificate = ["req", "-x509", "-key", "pem", "-subj", "/CN=x"];
    let certificate = files.run("openssl", &to_certificate);
    let public = text(files.read("id.pub"));
    let header = with_line(&pem, "Comment: of web\n");
    let clear = with_line(&pem, "Proc-Type: 4,MIC-CLEAR\n");
    assert_told([
        (
            "a certificate",
            format!("{pem}{certificate}"),
            MoreThanTheKey,
        ),
        (
            "one before",
            format!("{certificate}{private}"),
            MoreThanTheKey,
        ),
        (
            "a chain",
            format!("{certificate}{pem}{certificate}"),
            MoreThanTheKey,
        ),
        ("a header", header, PemHeaders),
        ("a header of another kind", clear, PemHeaders),
        ("options", format!("restrict {public}"), PublicKeyGiven),
        ("a public key", format!("key: {public}"), PublicKeyGiven),
    ]);
}

#[test]
fn what_is_not_read_of_a_public_key_is_told_by_what_it_is() {
    let files = Files::new(&["-t", "rsa", "-b", "2048"]);
    let line = text(files.read("id.pub"));
    files.write("pem", &files.rewritten(&["-N", "", "-m", "PEM"]).unwrap());
    files.run(
        "openssl",
        &[
            "pkey", "-in", "pem", "-pubout", "-outform", "DER", "-out", "der",
        ],
    );
    let utf16: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let pem = files.run("openssl", &["pkey", "-in", "pem", "-pubout"]);
    let table = [
        ("UTF-16", utf16, KeyError::Utf16),
        ("DER", files.read("der"), KeyError::DerPublicKey),
        (
            "base64 of it",
            BASE64_STANDARD.encode(&line).into(),
            KeyError::EncodedTwice,
        ),
        (
            "base64 of PEM",
            BASE64_STANDARD.encode(&pem).into(),
            KeyError::EncodedTwice,
        ),
        (
            "options",
            format!("no-pty,from=\"10.0.0.0/8\" {line}").into(),
            KeyError::PublicKeyOptions,
        ),
        (
            "a word",
            format!("key: {line}").into(),
            KeyError::TextInFront,
        ),
        (
            "a variable",
            format!("KEY={line}").into(),
            KeyError::TextInFront,
        ),
        (
            "a host",
            format!("github.com {line}").into(),
            KeyError::TextInFront,
        ),
        (
            "one quotation mark",
            format!("\" {line}").into(),
            KeyError::TextInFront,
        ),
        (
            "marks of a mail",
            pem.replace('\n', "\n> ").into(),
            KeyError::ForeignCharacters,
        ),
        (
            "no end",
            pem[..pem.len() - 9].into(),
            KeyError::PublicKeyDamaged,
        ),
    ];
    for (what, given, expected) in table {
        let refused = PublicKey::given(&given).unwrap_err();
        assert_eq!(refused, expected, "{what}");
        assert!(
            !refused.to_string().contains("make a new"),
            "{what}: {refused}"
        );
    }
}
