//! What `ssh-keygen` and `openssl` write is read here, and what is written here is read by them: tables of formats and
//! algorithms, with fingerprints compared.

use super::test_files::{ALGORITHMS, Files};
use crate::keys::{KeyPair, PublicKey};

const PASSPHRASE: &[u8] = b"open sesame\n";
/// Ciphers that `ssh-keygen -Z` offers.
const CIPHERS: [&str; 5] = [
    "aes256-ctr",
    "aes128-cbc",
    "aes256-cbc",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
];

/// A way to have a private key: its name, and how the file is made; `None` where a program does not make it.
type Format = (&'static str, fn(&Files) -> Option<Vec<u8>>);

fn openssl(files: &Files, args: &[&str]) -> Option<Vec<u8>> {
    // OpenSSH 9.2 writes Ed25519 in its own format alone, which openssl does not read.
    let pem = files.rewritten(&["-N", "", "-m", "PKCS8"]).ok()?;
    if !pem.starts_with(b"-----BEGIN PRIVATE KEY") {
        return None;
    }
    files.write("pkcs8.pem", &pem);
    files.run(
        "openssl",
        &[args, &["-in", "pkcs8.pem", "-out", "made.pem"]].concat(),
    );
    Some(files.read("made.pem"))
}

const FORMATS: [Format; 12] = [
    ("OpenSSH", |files| Some(files.read("id"))),
    ("PKCS #8 by ssh-keygen", |files| {
        files.rewritten(&["-N", "", "-m", "PKCS8"]).ok()
    }),
    ("PKCS #1 or SEC 1 by ssh-keygen", |files| {
        files.rewritten(&["-N", "", "-m", "PEM"]).ok()
    }),
    ("PKCS #8", |files| {
        openssl(files, &["pkcs8", "-topk8", "-nocrypt"])
    }),
    ("PKCS #8, AES-256, PBKDF2 SHA-256", |files| {
        openssl(files, &["pkcs8", "-topk8", "-passout", "pass:open sesame"])
    }),
    ("PKCS #8, AES-128, PBKDF2 SHA-1", |files| {
        openssl(
            files,
            &[
                "pkcs8",
                "-topk8",
                "-passout",
                "pass:open sesame",
                "-v2",
                "aes-128-cbc",
                "-v2prf",
                "hmacWithSHA1",
            ],
        )
    }),
    ("PKCS #8, AES-192, PBKDF2 SHA-512", |files| {
        openssl(
            files,
            &[
                "pkcs8",
                "-topk8",
                "-passout",
                "pass:open sesame",
                "-v2",
                "aes-192-cbc",
                "-v2prf",
                "hmacWithSHA512",
            ],
        )
    }),
    ("PKCS #8, 100,000 iterations", |files| {
        openssl(
            files,
            &[
                "pkcs8",
                "-topk8",
                "-passout",
                "pass:open sesame",
                "-iter",
                "100000",
            ],
        )
    }),
    ("PKCS #8, scrypt", |files| {
        openssl(
            files,
            &["pkcs8", "-topk8", "-passout", "pass:open sesame", "-scrypt"],
        )
    }),
    ("PKCS #1", |files| {
        files
            .material()
            .starts_with("ssh-rsa")
            .then(|| openssl(files, &["rsa", "-traditional"]))?
    }),
    ("SEC 1", |files| {
        files
            .material()
            .starts_with("ecdsa")
            .then(|| openssl(files, &["ec"]))?
    }),
    ("SEC 1 after its curve", |files| {
        let sec1 = files
            .material()
            .starts_with("ecdsa")
            .then(|| openssl(files, &["ec"]))??;
        let curve = openssl(files, &["ec", "-param_out", "-noout"]).unwrap_or_default();
        Some([curve, sec1].concat())
    }),
];

#[test]
fn every_private_key_that_users_have_is_read() {
    let mut rows = 0;
    println!("| Private key | Algorithm | Fingerprint |\n|---|---|---|");
    for (algorithm, args) in ALGORITHMS {
        let files = Files::new(args);
        let expected = files.fingerprint("id.pub");
        let encrypted = CIPHERS.into_iter().filter_map(|cipher| {
            let made = files.rewritten(&["-N", "open sesame", "-a", "4", "-Z", cipher]);
            Some((format!("OpenSSH, {cipher}"), made.ok()?))
        });
        let plain = FORMATS
            .into_iter()
            .filter_map(|(format, make)| Some((format.to_owned(), make(&files)?)));
        for (format, file) in plain.chain(encrypted) {
            let read = KeyPair::read(&file, Some(PASSPHRASE))
                .unwrap_or_else(|error| panic!("{format}, {algorithm}: {error}"));
            assert_eq!(
                read.public_key().fingerprint().to_string(),
                expected,
                "{format}"
            );
            println!("| {format} | {algorithm} | {expected} |");
            rows += 1;
        }
    }
    assert!(rows >= 6 * 6 + 5 * 6 + 4, "{rows} combinations were tried");
}

#[test]
fn an_ed25519_key_of_openssl_is_read() {
    let files = Files::new(&["-t", "ed25519"]);
    files.run(
        "openssl",
        &["genpkey", "-algorithm", "ed25519", "-out", "new.pem"],
    );
    files.run(
        "openssl",
        &["pkey", "-in", "new.pem", "-pubout", "-out", "new.pub"],
    );
    files.run(
        "openssl",
        &[
            "pkcs8",
            "-topk8",
            "-in",
            "new.pem",
            "-passout",
            "pass:x",
            "-out",
            "locked.pem",
        ],
    );
    let read = KeyPair::read(&files.read("new.pem"), None).unwrap();
    let locked = KeyPair::read(&files.read("locked.pem"), Some(b"x")).unwrap();
    let public = PublicKey::parse(&String::from_utf8(files.read("new.pub")).unwrap()).unwrap();
    assert_eq!(
        (read.public_key(), locked.public_key()),
        (public.clone(), public)
    );
}

#[test]
fn what_is_written_is_read_by_the_tools_that_users_have() {
    println!("| Written | Algorithm | Read by |\n|---|---|---|");
    for (algorithm, args) in ALGORITHMS {
        let files = Files::new(args);
        let pair = KeyPair::read(&files.read("id"), None).unwrap();
        let line = pair.public_key().to_line();
        files.write("line.pub", line.as_bytes());
        assert_eq!(files.fingerprint("line.pub"), files.fingerprint("id.pub"));
        println!("| public key | {algorithm} | ssh-keygen -lf |");
        let (openssh, pem) = (pair.to_openssh().unwrap(), pair.to_pem().unwrap());
        for (name, text) in [("OpenSSH", openssh), ("as the portal gives it", pem)] {
            files.write("written", text.as_bytes());
            let public = files.run("ssh-keygen", &["-y", "-f", "written"]);
            assert!(public.starts_with(&files.material()), "{name}, {algorithm}");
            println!("| {name} | {algorithm} | ssh-keygen -y |");
            assert_eq!(
                KeyPair::read(text.as_bytes(), None).unwrap().public_key(),
                pair.public_key()
            );
            if text.starts_with("-----BEGIN RSA") {
                let public = files.run("openssl", &["pkey", "-in", "written", "-pubout"]);
                assert_eq!(PublicKey::parse(&public).unwrap(), pair.public_key());
                files.run("openssl", &["rsa", "-in", "written", "-check", "-noout"]);
                println!("| {name} | {algorithm} | openssl pkey, openssl rsa -check |");
            }
        }
    }
}

#[test]
fn every_public_key_that_users_have_is_read() {
    println!("| Public key | Algorithm | Fingerprint |\n|---|---|---|");
    let mut rows = 0;
    for (algorithm, args) in ALGORITHMS {
        let files = Files::new(args);
        let expected = files.fingerprint("id.pub");
        let line = String::from_utf8(files.read("id.pub")).unwrap();
        let exported =
            |format: &str| files.try_run("ssh-keygen", &["-e", "-m", format, "-f", "id.pub"]);
        let forms = [
            ("line", Ok(line.clone())),
            ("line, CRLF", Ok(line.replace('\n', "\r\n"))),
            ("RFC 4716", exported("RFC4716")),
            ("SPKI", exported("PKCS8")),
            ("PKCS #1", exported("PEM")),
        ];
        for (form, text) in forms {
            let Ok(text) = text else { continue };
            let read = PublicKey::parse(&text)
                .unwrap_or_else(|error| panic!("{form}, {algorithm}: {error}\n{text}"));
            assert_eq!(read.fingerprint().to_string(), expected, "{form}");
            println!("| {form} | {algorithm} | {expected} |");
            rows += 1;
        }
    }
    assert!(rows >= 6 * 3 + 5 + 2, "{rows} combinations were tried");
}
