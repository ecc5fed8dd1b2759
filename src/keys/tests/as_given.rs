//! Keys that are whole, in texts as people have them, are read.

use super::test_files::{ALGORITHMS, Files, text};
use crate::keys::{KeyError, KeyPair, PublicKey};

const PASSPHRASE: &[u8] = b"open sesame";

/// A private key, with what programs and people leave around it.
fn around(private: &str, public: &str) -> Vec<(&'static str, Vec<u8>)> {
    let quoted = private.replace('\n', "\\n");
    let texts = [
        ("an empty line in front", format!("\n \t\n{private}")),
        ("a byte order mark", format!("\u{feff}{private}")),
        ("CRLF", private.replace('\n', "\r\n")),
        ("line ends written out", quoted.clone()),
        (
            "line ends written out, CRLF",
            private.replace('\n', "\\r\\n"),
        ),
        (
            "line ends written out twice",
            private.replace('\n', "\\\\n"),
        ),
        (
            "a string of JSON",
            format!("\"{}\"", quoted.replace('/', "\\/").replace('=', "\\u003d")),
        ),
        ("a line of .env", format!("SSH_KEY='{quoted}'\n")),
        ("one line", private.replace('\n', " ")),
        ("no line ends", private.replace('\n', "")),
        (
            "indentation",
            format!("key: |\n    {}", private.replace('\n', "\n    ")),
        ),
        ("quotation marks", format!("\u{201c}{private}\u{201d}")),
        ("its public half", format!("{private}{public}")),
        ("its public half in front", format!("{public}{private}")),
        ("a prompt", format!("{private}jo@laptop:~$ ")),
        (
            "a prompt in the same line",
            format!("{}jo@laptop:~$ ", private.trim_end()),
        ),
        ("NUL bytes", format!("{private}\0\0\0")),
        ("a comment", format!("# the key of web\n{private}")),
        ("a word", format!("key: {private}")),
        (
            "an attribute",
            format!(
                "Bag Attributes\n    localKeyID: 01 02\nKey Attributes: <No Attributes>\n{private}"
            ),
        ),
        (
            "a subject",
            format!("subject=CN = x\nissuer=CN = x\n{private}"),
        ),
        ("invisible characters", private.replace('\n', "\u{200b}\n")),
        ("other blanks", private.replace('\n', "\u{a0}\n")),
        ("base64 without its end", private.replace('=', "")),
    ];
    let mut all: Vec<_> = texts
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .collect();
    all.push((
        "text in Latin-1",
        [b"cl\xe9:\n", private.as_bytes()].concat(),
    ));
    all
}

#[test]
fn a_private_key_is_read_whatever_stands_around_it() {
    for (algorithm, args) in ALGORITHMS {
        let files = Files::new(args);
        let public = text(files.read("id.pub"));
        let locked = files.rewritten(&["-N", "open sesame", "-a", "1"]).unwrap();
        let mut privates = vec![files.read("id"), locked];
        privates.extend(files.rewritten(&["-N", "", "-m", "PKCS8"]));
        privates.extend(files.rewritten(&["-N", "", "-m", "PEM"]));
        for private in privates {
            for (what, given) in around(&text(private), &public) {
                let read = KeyPair::read(&given, Some(PASSPHRASE))
                    .unwrap_or_else(|error| panic!("{algorithm}, {what}: {error}"));
                assert_eq!(
                    read.public_key(),
                    PublicKey::parse(&public).unwrap(),
                    "{what}"
                );
            }
        }
    }
}

#[test]
fn what_openssl_prints_and_exports_is_read() {
    let files = Files::new(&["-t", "rsa", "-b", "2048"]);
    let public = PublicKey::parse(&text(files.read("id.pub"))).unwrap();
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
    for args in [
        &["pkey", "-text", "-in", "pem"][..],
        &["rsa", "-text", "-in", "pem"],
        &[
            "pkcs12", "-in", "p12", "-nocerts", "-nodes", "-passin", "pass:x",
        ],
    ] {
        let printed = files.run("openssl", args);
        assert!(
            printed.lines().any(|line| line.starts_with(' ')),
            "{args:?}"
        );
        let read = KeyPair::read(printed.as_bytes(), None).unwrap();
        assert_eq!(read.public_key(), public, "{args:?}");
    }
    let printed = files.run("openssl", &["rsa", "-text", "-pubout", "-in", "pem"]);
    // This prints the numbers of the private key as well.
    assert_eq!(
        PublicKey::given(printed.as_bytes()),
        Err(KeyError::PrivateKeyGiven)
    );
    files.run("openssl", &["pkey", "-pubout", "-in", "pem", "-out", "pub"]);
    let printed = files.run("openssl", &["pkey", "-pubin", "-text", "-in", "pub"]);
    let both = format!("{}subject=CN = x\n{printed}", "# of web\n");
    assert_eq!(PublicKey::given(both.as_bytes()), Ok(public));
}

#[test]
fn a_public_key_is_read_whatever_stands_around_it() {
    for (algorithm, args) in ALGORITHMS {
        let files = Files::new(args);
        let line = text(files.read("id.pub"));
        let bare = files.material();
        let mut texts = vec![
            ("a byte order mark", format!("\u{feff}{line}")),
            ("quotation marks", format!("\"{}\"\n", line.trim_end())),
            ("single quotation marks", format!("'{bare}'")),
            ("a comment line", format!("# the key of web\n#\n\n{line}")),
            ("a zero-width space", format!("\u{200b}{line}")),
            ("zero-width spaces", line.replace(' ', "\u{200b} \u{2060}")),
            ("other blanks", line.replace(' ', "\u{a0}")),
            ("a line end written out", format!("{bare}\\n")),
            (
                "a line end written out, CRLF",
                format!("{}\\r\\n\n", line.trim_end()),
            ),
            ("NUL bytes", format!("{line}\0\0")),
        ];
        for format in ["RFC4716", "PKCS8", "PEM"] {
            let exported = files.try_run("ssh-keygen", &["-e", "-m", format, "-f", "id.pub"]);
            let Ok(exported) = exported else { continue };
            texts.extend([
                ("PEM after a byte order mark", format!("\u{feff}{exported}")),
                (
                    "PEM after text",
                    format!("# the key\nsubject=CN = x\n{exported}"),
                ),
                ("PEM before text", format!("{exported}\njo@laptop:~$ ")),
                (
                    "PEM with line ends written out",
                    exported.replace('\n', "\\n"),
                ),
                ("PEM in quotation marks", format!("\"{exported}\"")),
            ]);
        }
        let expected = PublicKey::parse(&line).unwrap();
        for (what, given) in texts {
            assert_eq!(
                PublicKey::given(given.as_bytes()).as_ref(),
                Ok(&expected),
                "{algorithm}, {what}"
            );
        }
        let latin = [bare.as_bytes(), b" jos\xe9@laptop\n"].concat();
        assert_eq!(PublicKey::given(&latin).unwrap().to_line(), bare);
    }
}
