//! The names that the operator writes on objects are in the manual, and the manual names no other.

use sshkey_operator::api::names::{GROUP, VERSION, tag};

use crate::{files, yaml};

#[test]
fn every_name_that_is_written_on_an_object_is_in_the_manual() {
    let manual = manual();
    for name in written() {
        assert!(
            manual.contains(&format!("`{name}"))
                || manual.contains(&format!("    {name}="))
                || name == tag::PREFIX,
            "the manual does not explain {name}"
        );
    }
}

#[test]
fn the_manual_names_nothing_that_is_not_written() {
    let mut known = written();
    known.push(format!("{GROUP}/{VERSION}"));
    let manual = manual();
    let mut checked = 0;
    for rest in manual.split(&format!("{GROUP}/")).skip(1) {
        let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '-');
        let name = format!("{GROUP}/{}", &rest[..end.unwrap_or(rest.len())]);
        assert!(known.contains(&name), "{name} is written nowhere");
        checked += 1;
    }
    assert!(checked > 10, "only {checked} names");
}

/// The literals of `src/api/names.rs` that carry the operator's prefix.
fn written() -> Vec<String> {
    let source = files::read("src/api/names.rs");
    let names: Vec<String> = source
        .lines()
        .filter(|line| line.contains("pub const"))
        .filter_map(|line| Some(line.split('"').nth(1)?.to_owned()))
        .filter(|name| name.starts_with(&format!("{GROUP}/")) || name.starts_with(tag::PREFIX))
        .collect();
    assert!(names.len() > 8, "{names:?}");
    names
}

fn manual() -> String {
    let pages = files::manual().into_iter().map(|page| page.text);
    let shown = yaml::documents()
        .into_iter()
        .map(|document| document.content.to_string());
    pages.chain(shown).collect::<Vec<_>>().join("\n")
}
