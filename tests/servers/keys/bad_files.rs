//! Files that are no good private key, with the reason that each is refused for.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sshkey_operator::api::Reason;

use crate::made::Made;

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
pub(crate) fn table(good: &Made, locked: &Made) -> Vec<(&'static str, String, Reason)> {
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
