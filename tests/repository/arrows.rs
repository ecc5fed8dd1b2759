//! The rooms of `src/` use each other along the arrows only, and the room that decides is pure.

use crate::{
    files::{self, File},
    source::{code, is_word},
};

/// Each room, and what it may use.
const ROOMS: [(&str, &[&str]); 10] = [
    ("api", &[]),
    ("keys", &[]),
    ("metrics", &[]),
    ("packing", &[]),
    ("plan", &["api", "keys"]),
    ("kubernetes", &["api", "keys", "metrics"]),
    ("azure", &["api", "keys", "metrics", "packing"]),
    (
        "controller",
        &[
            "api",
            "keys",
            "metrics",
            "packing",
            "plan",
            "kubernetes",
            "azure",
        ],
    ),
    (
        "app",
        &[
            "api",
            "keys",
            "metrics",
            "packing",
            "plan",
            "kubernetes",
            "azure",
            "controller",
        ],
    ),
    // Beside the operator: nothing uses it.
    ("cli", &["api", "keys"]),
];

/// What a room that only decides has no use for.
const IMPURE: [&str; 13] = [
    "async",
    "await",
    "tokio",
    "futures",
    "kube",
    "k8s_openapi",
    "tracing",
    "log",
    "reqwest",
    "azure_core",
    "SystemTime",
    "Instant",
    "println",
];

#[test]
fn every_room_is_on_the_map() {
    let mut found: Vec<String> = files::rust("src")
        .iter()
        .filter_map(|file| {
            Some(
                file.path
                    .strip_prefix("src/")?
                    .split_once('/')?
                    .0
                    .to_owned(),
            )
        })
        .filter(|folder| folder != "bin")
        .collect();
    found.dedup();
    let mut known: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    known.sort_unstable();
    assert_eq!(found, known);
}

#[test]
fn no_room_uses_what_is_above_or_beside_it() {
    let against: Vec<String> = ROOMS
        .iter()
        .flat_map(|(room, may_use)| {
            let files = files::rust(&format!("src/{room}"));
            files
                .into_iter()
                .flat_map(move |file| against_the_arrows(&file, room, may_use))
        })
        .collect();
    assert!(against.is_empty(), "{against:#?}");
}

#[test]
fn the_room_that_decides_is_pure() {
    let impure: Vec<String> = files::rust("src/plan")
        .iter()
        .flat_map(|file| {
            let found = impurities(&file.text).into_iter();
            found.map(move |word| format!("{} has {word}", file.path))
        })
        .collect();
    assert!(impure.is_empty(), "{impure:#?}");
}

#[test]
fn the_manual_draws_the_same_map() {
    let page = files::read("docs/development.md");
    for (room, may_use) in ROOMS {
        let expected = match may_use {
            [] => "nothing".to_owned(),
            _ if room == "controller" || room == "app" => "all above".to_owned(),
            _ => quoted(may_use),
        };
        assert_eq!(last_cell(&page, &format!("src/{room}/")), expected);
    }
}

/// What the manual's table says at the end of the row of a room.
pub(crate) fn last_cell<'a>(page: &'a str, room: &str) -> &'a str {
    let row = page
        .lines()
        .find(|line| line.starts_with(&format!("| `{room}` |")))
        .unwrap_or_else(|| panic!("docs/development.md has no row for {room}"));
    let cells = row.trim_end_matches([' ', '|']);
    cells.rsplit(" | ").next().unwrap()
}

#[test]
fn a_path_against_the_arrows_is_seen_wherever_it_stands() {
    let file = File {
        path: "src/api/any.rs".to_owned(),
        text: "use crate::{\n  keys::{Comment, azure},\n  plan,\n};\n\
               // crate::app\nfn f() { crate::kubernetes::read(\"crate::app\"); super::super::azure::x() }"
            .to_owned(),
    };
    let found = against_the_arrows(&file, "api", &["keys"]);
    assert_eq!(found.len(), 3, "{found:#?}");
    let text = "let now = Timestamp::now(); // tokio\nfoo(now).await";
    assert_eq!(impurities(text), ["await", "::now("]);
}

fn against_the_arrows(file: &File, room: &str, may_use: &[&str]) -> Vec<String> {
    let code = code(&file.text);
    let mut found: Vec<String> = used_rooms(&code)
        .into_iter()
        .filter(|used| used != room && !may_use.contains(&used.as_str()))
        .map(|used| format!("{} uses crate::{used}", file.path))
        .collect();
    if code.contains("super::super::") {
        found.push(format!("{} leaves its room by super::super::", file.path));
    }
    found
}

/// The first name of every path that begins with `crate::`, braces opened.
fn used_rooms(code: &str) -> Vec<String> {
    code.split("crate::")
        .skip(1)
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(group) => first_names(group),
            None => vec![word(rest)],
        })
        .collect()
}

fn first_names(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut fresh) = (Vec::new(), 0, true);
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if fresh && is_word(char) => {
                names.push(word(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|char| is_word(*char)).collect()
}

fn impurities(text: &str) -> Vec<&'static str> {
    let code = code(text);
    let words = code.split(|char| !is_word(char));
    let mut found = IMPURE.to_vec();
    found.retain(|impure| words.clone().any(|word| word == *impure));
    found.extend(code.contains("::now(").then_some("::now("));
    found
}

pub(crate) fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
