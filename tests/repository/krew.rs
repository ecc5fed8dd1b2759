//! The manifest for Krew has the shape that Krew documents and checks, once a release has filled in its placeholders.
//! <https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/>

use std::collections::BTreeSet;

use serde_json::Value;

use crate::files;

const PATH: &str = "krew/sshkey.yaml";

/// What Krew's index recommends at most.
const SHORT: usize = 50;

fn text_of<'a>(value: &'a Value, path: &str) -> &'a str {
    let found = value.pointer(path).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{PATH} has no {path}"))
}

#[test]
fn the_manifest_is_one_of_a_plugin_of_this_version() {
    let manifest: Value = serde_saphyr::from_str(&files::read(PATH)).unwrap();
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    for (path, expected) in [
        (
            "/apiVersion",
            "krew.googlecontainertools.github.com/v1alpha2",
        ),
        ("/kind", "Plugin"),
        // As the file is called, and as kubectl calls it.
        ("/metadata/name", "sshkey"),
        ("/spec/version", version),
    ] {
        assert_eq!(text_of(&manifest, path), expected, "{path}");
    }
    let short = text_of(&manifest, "/spec/shortDescription");
    assert!(short.len() <= SHORT && !short.ends_with('.'), "{short}");
    for field in ["homepage", "description", "caveats"] {
        assert!(!text_of(&manifest, &format!("/spec/{field}")).is_empty());
    }
    let known = BTreeSet::from([
        "version",
        "homepage",
        "shortDescription",
        "description",
        "caveats",
        "platforms",
    ]);
    let fields = manifest["spec"].as_object().unwrap().keys();
    let fields: BTreeSet<&str> = fields.map(String::as_str).collect();
    assert_eq!(fields, known);
}

#[test]
fn each_platform_is_complete_and_no_digest_is_made_up() {
    let manifest: Value = serde_saphyr::from_str(&files::read(PATH)).unwrap();
    let platforms = manifest["spec"]["platforms"].as_array().unwrap();
    let mut seen = BTreeSet::new();
    for platform in platforms {
        let labels = platform["selector"]["matchLabels"].as_object().unwrap();
        let names: Vec<&str> = labels.keys().map(String::as_str).collect();
        assert_eq!(names, ["arch", "os"]);
        let os = text_of(platform, "/selector/matchLabels/os");
        let arch = text_of(platform, "/selector/matchLabels/arch");
        assert!(
            ["amd64", "arm64"].contains(&arch) && os == "linux",
            "what dev image builds"
        );
        assert!(seen.insert((os, arch)), "{os} {arch} twice");
        assert_eq!(text_of(platform, "/bin"), "kubectl-sshkey");
        let uri = text_of(platform, "/uri");
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!("RELEASES/v{version}/kubectl-sshkey-{os}-{arch}.tar.gz");
        assert_eq!(uri, expected);
        let placeholder = format!("SHA256_{os}_{arch}").to_uppercase();
        assert_eq!(
            text_of(platform, "/sha256"),
            placeholder,
            "no release was made yet"
        );
        let fields = platform.as_object().unwrap().keys();
        let fields: Vec<&str> = fields.map(String::as_str).collect();
        assert_eq!(fields, ["bin", "selector", "sha256", "uri"]);
    }
    assert_eq!(seen.len(), 2);
}

#[test]
fn the_placeholders_are_in_no_other_place_than_a_release_fills_in() {
    let text = files::read(PATH);
    let filled = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.replace("RELEASES", "https://releases.test"))
        .map(|line| line.replace("SHA256_LINUX_AMD64", &"a1".repeat(32)))
        .map(|line| line.replace("SHA256_LINUX_ARM64", &"b2".repeat(32)))
        .collect::<Vec<_>>()
        .join("\n");
    let manifest: Value = serde_saphyr::from_str(&filled).unwrap();
    for platform in manifest["spec"]["platforms"].as_array().unwrap() {
        let digest = text_of(platform, "/sha256");
        let is_hex = |char: char| char.is_ascii_digit() || ('a'..='f').contains(&char);
        assert!(digest.len() == 64 && digest.chars().all(is_hex), "{digest}");
        assert!(text_of(platform, "/uri").starts_with("https://"));
    }
    assert!(
        !filled.contains("RELEASES") && !filled.contains("SHA256_"),
        "{filled}"
    );
}
