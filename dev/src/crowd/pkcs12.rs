//! PKCS #12 files that no tool makes.

use std::process::Command;

use anyhow::{Context, ensure};

/// data, and pkcs8ShroudedKeyBag.
const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const KEY: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02";

/// A file with so many private keys under the password `x`, each of which takes a second to open.
///
/// # Errors
/// When `openssl` can't be run, or the file would be longer than 64 KiB.
pub fn pkcs12_of(keys: usize) -> anyhow::Result<Vec<u8>> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let script = "openssl genpkey -algorithm ed25519 -out key.pem && \
        openssl pkcs8 -topk8 -in key.pem -v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 1000000 -passout pass:x -outform DER -out key.der";
    let made = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder.path())
        .output()
        .context("run openssl")?;
    ensure!(made.status.success(), "{made:?}");
    let encrypted = std::fs::read(folder.path().join("key.der")).context("read the key")?;
    let bag = der(0x30, &[KEY, &der(0xa0, &[&encrypted])?])?;
    let safe = der(0x30, &[&bag.repeat(keys)])?;
    let safes = der(0x30, &[&content(&safe)?])?;
    der(0x30, &[&[2, 1, 3], &content(&safes)?])
}

fn content(inner: &[u8]) -> anyhow::Result<Vec<u8>> {
    let octets = der(4, &[inner])?;
    der(0x30, &[DATA, &der(0xa0, &[&octets])?])
}

/// DER of one kind around some parts.
fn der(tag: u8, parts: &[&[u8]]) -> anyhow::Result<Vec<u8>> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).context("a file that is too long")?;
    let head = match (length.to_be_bytes(), content.len()) {
        ([_, short], 0..128) => vec![tag, short],
        ([0, middle], _) => vec![tag, 0x81, middle],
        ([high, low], _) => vec![tag, 0x82, high, low],
    };
    Ok([head, content].concat())
}
