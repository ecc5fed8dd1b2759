//! The reference is what the definitions make of it, and every field is explained.

use std::process::Command;

use crate::{files, schema};

#[test]
fn the_reference_is_fresh() {
    let output = Command::new(env!("CARGO_BIN_EXE_docgen")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let made = String::from_utf8(output.stdout).unwrap();
    assert!(
        made == files::read("docs/reference.md"),
        "docs/reference.md is stale: run `cargo run --bin docgen > docs/reference.md`"
    );
}

#[test]
fn the_page_of_the_plugin_is_fresh() {
    let made = sshkey_operator::cli::page();
    assert!(
        made == files::read("docs/cli.md"),
        "docs/cli.md is stale: run `cargo run --bin docgen cli > docs/cli.md`"
    );
}

#[test]
fn every_field_is_in_the_reference() {
    let page = files::read("docs/reference.md");
    for field in schema::fields() {
        let Some((kind, path)) = field.path.split_once('.') else {
            continue;
        };
        // A kind's own parts are headings.
        let expected = match path {
            "spec" | "status" => format!("\n### {kind}: {path}\n"),
            _ => format!("\n| `{path}` |"),
        };
        let (_, section) = page.split_once(&format!("\n## {kind}\n")).unwrap();
        let section = section.split("\n## ").next().unwrap_or(section);
        assert!(section.contains(&expected), "{} is missing", field.path);
    }
}

#[test]
fn every_field_has_a_description() {
    for field in schema::fields() {
        let description = field.schema.description.unwrap_or_default();
        assert!(description.trim().len() > 10, "{}", field.path);
    }
}
