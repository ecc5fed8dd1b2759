//! The paths in a piece of code: those that begin at the root of the crate, at their own module, or above it.

use crate::source::is_word;

/// A path, name by name.
pub(crate) type Path = Vec<String>;

/// Every path that begins with `crate::`, `self::` or `super::`, its groups opened.
pub(crate) fn paths(code: &str) -> Vec<Path> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = next_start(&code[at..]) {
        let start = &code[at + next..];
        let rest = open(start, &[], &mut found);
        at = code.len() - rest.len();
    }
    found
}

/// The paths of every `use` in a piece of code.
pub(crate) fn imports(code: &str) -> Vec<Path> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        if !code[..at].ends_with(is_word) {
            open(&code[at + "use ".len()..], &[], &mut found);
        }
    }
    found
}

/// What follows a name of a module wherever the code uses it: `b` and `c::d` for `a` in `a::b(a::c::d)`.
pub(crate) fn tails(code: &str, module: &str) -> Vec<Path> {
    let start = format!("{module}::");
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&start) {
        if !code[..at].ends_with(|char| is_word(char) || char == ':') {
            open(&code[at + start.len()..], &[], &mut found);
        }
    }
    found
}

/// The word that the text begins with.
pub(crate) fn word(text: &str) -> String {
    text.chars().take_while(|char| is_word(*char)).collect()
}

fn next_start(code: &str) -> Option<usize> {
    let starts = ["crate::", "self::", "super::"];
    // What may see an item is no use of it.
    let is_start = |at: usize| {
        let before = &code[..at];
        !before.ends_with(|char| is_word(char) || char == ':') && !before.ends_with("pub(in ")
    };
    starts
        .iter()
        .filter_map(|start| {
            let mut places = code.match_indices(start).map(|(at, _)| at);
            places.find(|at| is_start(*at))
        })
        .min()
}

/// Opens the tree that the text begins with, and says what follows it.
fn open<'a>(mut text: &'a str, before: &[String], found: &mut Vec<Path>) -> &'a str {
    let mut path = before.to_vec();
    loop {
        text = text.trim_start();
        if let Some(group) = text.strip_prefix('{') {
            return open_group(group, &path, found);
        }
        let name = word(text);
        text = &text[name.len()..];
        // `a::{self, b}` names a itself.
        if !name.is_empty() && (name != "self" || path.is_empty()) {
            path.push(name);
        }
        match text.strip_prefix("::") {
            Some(more) => text = more,
            None => break,
        }
    }
    if !path.is_empty() {
        found.push(path);
    }
    let after = text.trim_start();
    match after.strip_prefix("as ") {
        Some(alias) => &alias[word(alias).len()..],
        None => text,
    }
}

fn open_group<'a>(mut text: &'a str, path: &[String], found: &mut Vec<Path>) -> &'a str {
    loop {
        text = text.trim_start();
        let Some(first) = text.chars().next() else {
            return text;
        };
        match first {
            '}' => return &text[1..],
            _ if is_word(first) || first == '{' => text = open(text, path, found),
            _ => text = &text[first.len_utf8()..],
        }
    }
}

#[test]
fn every_path_is_found_and_its_groups_are_opened() {
    let joined = |paths: Vec<Path>| -> Vec<String> {
        paths.into_iter().map(|path| path.join("::")).collect()
    };
    let code = "use crate::{a::{self, B as C, d::{E, F}}, g};\nuse super::h::*; fn i() { self::j::<K>(); self.l }";
    let expected = [
        "crate::a",
        "crate::a::B",
        "crate::a::d::E",
        "crate::a::d::F",
        "crate::g",
        "super::h",
        "self::j",
    ];
    assert_eq!(joined(paths(code)), expected);
    assert_eq!(
        joined(imports("pub use a::{B, c::D};")),
        ["a::B", "a::c::D"]
    );
    assert_eq!(joined(tails("a::b(a::c::d, xa::e)", "a")), ["b", "c::d"]);
}
