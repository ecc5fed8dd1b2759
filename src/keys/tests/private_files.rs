//! Private keys as programs write them, and ways to write a text.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};

use super::test_files::Files;

/// Private keys as programs write them: a name and the file.
pub(super) fn files_of(algorithm: &str, files: &Files) -> Vec<(String, Vec<u8>)> {
    let mut made = vec![("OpenSSH", files.read("id"))];
    for (name, args) in [
        ("OpenSSH, encrypted", &["-N", "open sesame", "-a", "1"][..]),
        ("PEM", &["-N", "", "-m", "PEM"]),
        ("PKCS #8", &["-N", "", "-m", "PKCS8"]),
    ] {
        if let Ok(file) = files.rewritten(args) {
            made.push((name, file));
        }
    }
    files.write("pem", &made.last().unwrap().1);
    for (name, args) in [
        (
            "PKCS #8 of openssl",
            &["pkcs8", "-topk8", "-nocrypt", "-in", "pem"][..],
        ),
        (
            "PKCS #8, encrypted",
            &["pkcs8", "-topk8", "-passout", "pass:x", "-in", "pem"],
        ),
        (
            "PKCS #8, old encryption",
            &[
                "pkcs8",
                "-topk8",
                "-v1",
                "PBE-SHA1-3DES",
                "-passout",
                "pass:x",
                "-in",
                "pem",
            ],
        ),
        (
            "PEM, encrypted",
            &[
                "pkey",
                "-traditional",
                "-aes128",
                "-passout",
                "pass:x",
                "-in",
                "pem",
            ],
        ),
        (
            "what openssl prints",
            &["pkey", "-text", "-noout", "-in", "pem"],
        ),
    ] {
        // OpenSSH 9.2 writes Ed25519 in its own format alone, which openssl does not read.
        if let Ok(file) = files.try_run("openssl", args) {
            made.push((name, file.into_bytes()));
        }
    }
    made.into_iter()
        .map(|(name, file)| (format!("{name}, {algorithm}"), file))
        .collect()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

pub(super) fn in_lines(text: &str) -> String {
    let lines = text
        .as_bytes()
        .chunks(76)
        .map(|line| str::from_utf8(line).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// Ways to write a text: a name, and the bytes.
pub(super) fn wrapped(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let once = in_lines(&BASE64_STANDARD.encode(text));
    let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    let all = vec![
        ("as it is", text.to_owned()),
        ("after an empty line", format!("\n \n{text}")),
        ("after a byte order mark", format!("\u{feff}{text}")),
        ("in quotation marks", format!("\"{text}\"")),
        (
            "in YAML",
            format!("key: |\n  {}", text.replace('\n', "\n  ")),
        ),
        ("with line ends written out", text.replace('\n', "\\n")),
        (
            "with line ends written out twice",
            text.replace('\n', "\\\\r\\\\n"),
        ),
        ("in one line", text.replace('\n', " ")),
        ("with CR", text.replace('\n', "\r")),
        (
            "with spaces encoded for an address",
            text.replace(' ', "%20"),
        ),
        ("with spaces encoded for JSON", text.replace(' ', "\\u0020")),
        ("in base64", once.clone()),
        (
            "in base64 for addresses",
            BASE64_URL_SAFE_NO_PAD.encode(text),
        ),
        ("in base64 twice", in_lines(&BASE64_STANDARD.encode(&once))),
        ("in base64 after a word", format!("key={once}")),
        ("in hexadecimal digits", hexadecimal(text.as_bytes())),
        ("cut at its end", text[..text.len() * 2 / 3].to_owned()),
    ];
    let mut all: Vec<_> = all
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .collect();
    all.push(("in UTF-16", utf16(text, u16::to_le_bytes)));
    all.push((
        "in UTF-16, marked",
        marked(&[0xff, 0xfe], utf16(text, u16::to_le_bytes)),
    ));
    all.push((
        "in UTF-16, big-endian",
        marked(&[0xfe, 0xff], utf16(text, u16::to_be_bytes)),
    ));
    all.push((
        "after bytes of no text",
        marked(&[0xff, 0xc0, b'\n'], text.into()),
    ));
    all
}
