//! The images, read back as a container engine reads them.

// A test that meets what it did not expect has failed: that is what a panic says.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeMap, fs, io::Read};

use aws_lc_rs::digest::{SHA256, digest};
use dev::image::{Image, LIMIT, check_static};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tar::Archive;

/// A 64-bit ELF header and nothing more: a program without an interpreter.
fn static_program(length: usize) -> Vec<u8> {
    let mut program = vec![0; length];
    program[..20].copy_from_slice(&[
        0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 62, 0,
    ]);
    program
}

fn image(program: &[u8]) -> Image<'_> {
    Image {
        name: "sshkey-operator",
        description: "Keys",
        version: "1.2.3",
        revision: Some("abc"),
        architecture: "amd64",
        program,
        other_names: &["kubectl-sshkey"],
        limit: LIMIT,
    }
}

type Files = BTreeMap<String, (u32, Vec<u8>)>;

/// Path, mode and content of all that is in a tar file, none of which has a time or an owner.
fn unpack(tar: &[u8]) -> Files {
    let mut files = BTreeMap::new();
    for entry in Archive::new(tar).entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), 0);
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        let mode = header.mode().unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        // Of another name for a file, that file's name.
        content.extend(
            entry
                .link_name_bytes()
                .into_iter()
                .flat_map(std::borrow::Cow::into_owned),
        );
        assert!(files.insert(path, (mode, content)).is_none());
    }
    files
}

fn sha256(content: &[u8]) -> String {
    let bytes = digest(&SHA256, content);
    let hex = bytes.as_ref().iter().map(|byte| format!("{byte:02x}"));
    format!("sha256:{}", hex.collect::<String>())
}

/// The blob that a descriptor names, of the digest and size that it says.
fn blob<'a>(layout: &'a Files, descriptor: &Value) -> &'a [u8] {
    let digest = descriptor["digest"].as_str().unwrap();
    let (_, content) = &layout[&format!("blobs/{}", digest.replace(':', "/"))];
    assert_eq!(sha256(content), digest);
    assert_eq!(descriptor["size"], content.len());
    content
}

fn read(content: &[u8]) -> Value {
    serde_json::from_slice(content).unwrap()
}

#[test]
fn an_image_is_the_program_and_the_certificate_authorities_and_nothing_else() {
    let program = static_program(4096);
    let packed = image(&program).pack().unwrap();
    let layout = unpack(&packed.tar);
    assert_eq!(
        read(&layout["oci-layout"].1),
        json!({"imageLayoutVersion": "1.0.0"})
    );

    let index = read(&layout["index.json"].1);
    let descriptor = &index["manifests"][0];
    assert_eq!(index["manifests"].as_array().unwrap().len(), 1);
    assert_eq!(descriptor["digest"], packed.digest);
    assert_eq!(
        descriptor["platform"],
        json!({"architecture": "amd64", "os": "linux"})
    );
    assert_eq!(
        descriptor["annotations"]["io.containerd.image.name"],
        "localhost/sshkey-operator:1.2.3"
    );

    let manifest = read(blob(&layout, descriptor));
    let config = read(blob(&layout, &manifest["config"]));
    assert_eq!(config["config"]["User"], "65532:65532");
    assert_eq!(config["config"]["Entrypoint"], json!(["/sshkey-operator"]));
    assert_eq!(config["config"]["Cmd"], Value::Null);
    let labels = &config["config"]["Labels"];
    assert_eq!(labels["org.opencontainers.image.version"], "1.2.3");
    assert_eq!(labels["org.opencontainers.image.revision"], "abc");

    let mut files = Files::new();
    let layers = manifest["layers"].as_array().unwrap();
    let digests = config["rootfs"]["diff_ids"].as_array().unwrap();
    assert_eq!(layers.len(), digests.len());
    for (layer, digest) in layers.iter().zip(digests) {
        let mut content = Vec::new();
        GzDecoder::new(blob(&layout, layer))
            .read_to_end(&mut content)
            .unwrap();
        assert_eq!(sha256(&content), digest.as_str().unwrap());
        files.extend(unpack(&content));
    }
    let paths: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "etc/",
            "etc/ssl/",
            "etc/ssl/certs/",
            "etc/ssl/certs/ca-certificates.crt",
            "kubectl-sshkey",
            "sshkey-operator"
        ]
    );
    assert!(files["sshkey-operator"] == (0o755, program));
    assert_eq!(files["kubectl-sshkey"].1, b"sshkey-operator");
    let authorities = &files["etc/ssl/certs/ca-certificates.crt"].1;
    let authorities = pem::parse_many(authorities).unwrap();
    assert!(authorities.len() > 100, "only {}", authorities.len());
    for (_, (mode, _)) in files {
        assert_eq!(mode & 0o7022, 0, "writable by others, or set-uid");
    }
}

#[test]
fn the_same_program_gives_the_same_image() {
    let program = static_program(4096);
    let one = image(&program).pack().unwrap();
    let other = image(&program).pack().unwrap();
    assert!(one.tar == other.tar);
    let changed = static_program(4097);
    assert_ne!(one.digest, image(&changed).pack().unwrap().digest);
}

#[test]
fn an_image_that_is_too_big_is_refused() {
    let program = static_program(LIMIT);
    let error = image(&program).pack().unwrap_err().to_string();
    assert!(error.contains("more than 30 MiB"), "{error}");
}

#[test]
fn a_program_that_needs_an_interpreter_is_refused() {
    let own = fs::read(std::env::current_exe().unwrap()).unwrap();
    let error = check_static(&own).unwrap_err().to_string();
    assert!(error.contains("dynamically"), "{error}");
    let error = image(&own).pack().unwrap_err().to_string();
    assert!(error.contains("dynamically"), "{error}");
    check_static(b"#!/bin/sh").unwrap_err();
}
