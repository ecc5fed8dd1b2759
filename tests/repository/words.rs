//! Nothing in the repository speaks of one machine, or of work that nobody will find again.

use crate::{files, source::is_word};

/// Folders of one machine; written in two parts, so that this file has none of them.
const MACHINE: [&str; 3] = [
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
];

const LATER: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// What plain English has another word for: who does what, in the active voice.
const CLUMSY: [(&str, &str); 13] = [
    (concat!("that is ", "there"), "existing"),
    (concat!("an", "ew"), "again"),
    (concat!("somebody ", "else"), "another"),
    (concat!("looked ", "at"), "read, checked, re-checked"),
    (concat!("looks ", "at"), "reads, checks, re-checks"),
    (
        concat!("more and ", "more seldom"),
        "with increasing delays",
    ),
    (concat!("one that is ", "none"), "not valid"),
    (concat!("that are ", "none"), "not valid"),
    (concat!("sh", "all"), "must, will"),
    (concat!("who", "ever"), "those who, a caller that"),
    (concat!("/// Wh", "ich."), "what it is"),
    (concat!("/// Wh", "ere."), "what it is"),
    (concat!("/// The ", "rest."), "what it is"),
];

/// Folders and files in which nothing clumsy is left.
const PLAIN: [&str; 15] = [
    "src/api/",
    "src/app/",
    "src/azure/",
    "src/bin/",
    "src/cli/",
    "src/controller/",
    "src/keys/",
    "src/kubernetes/",
    "src/metrics/",
    "src/plan/",
    "charts/",
    "crds/",
    "docs/",
    "README.md",
    "CONTRIBUTING.md",
];

#[test]
fn no_file_names_a_folder_of_one_machine() {
    for file in files::all() {
        for (number, line) in (1..).zip(file.text.lines()) {
            assert_eq!(machine_folder(line), None, "{}:{number}", file.path);
        }
    }
}

#[test]
fn what_is_left_for_later_has_an_issue() {
    for file in files::all() {
        for (number, line) in (1..).zip(file.text.lines()) {
            assert!(!is_left_without_issue(line), "{}:{number}", file.path);
        }
    }
}

#[test]
fn english_is_plain() {
    let plain = |path: &str| PLAIN.iter().any(|start| path.starts_with(start));
    let all = files::all();
    let mut found = Vec::new();
    for file in all.iter().filter(|file| plain(&file.path)) {
        for (number, line) in (1..).zip(file.text.lines()) {
            let words = clumsy(line);
            found.extend(
                words.map(|(word, better)| {
                    format!("{}:{number}: {word}; better: {better}", file.path)
                }),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    for start in PLAIN {
        assert!(
            all.iter().any(|file| file.path.starts_with(start)),
            "{start}"
        );
    }
}

#[test]
fn such_words_are_seen() {
    let [(there, _), (again, _), ..] = CLUMSY;
    assert_eq!(
        clumsy(&format!("the key {there} is made {again}.")).count(),
        2
    );
    assert_eq!(clumsy("Shallow, canew").count(), 0);
    let [root, work, home] = MACHINE;
    assert_eq!(machine_folder(&format!("cd {work}main")), Some(work));
    assert_eq!(machine_folder(&format!("'{root}.ssh'")), Some(root));
    assert_eq!(machine_folder(&format!("x=\"{home}me\"")), Some(home));
    assert_eq!(machine_folder(&format!("docs{home}page.md")), None);
    let [todo, fixme] = LATER;
    assert!(is_left_without_issue(&format!("// {todo}: more")));
    assert!(is_left_without_issue(&format!("// {fixme} #")));
    assert!(!is_left_without_issue(&format!("// {todo} (#12): more")));
    assert!(!is_left_without_issue(&format!("MY_{todo}S")));
}

/// A path that begins with the folder: before it stands nothing that would make it a part of another path.
fn machine_folder(line: &str) -> Option<&'static str> {
    MACHINE.into_iter().find(|folder| {
        line.match_indices(folder).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            before.is_none_or(|char| !is_word(char) && !".-}~)".contains(char))
        })
    })
}

/// The clumsy words of a line, as whole words.
fn clumsy(line: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let line = line.to_lowercase();
    CLUMSY.into_iter().filter(move |(word, _)| {
        line.match_indices(&word.to_lowercase()).any(|(at, found)| {
            let before = line[..at].chars().next_back();
            let after = line[at + found.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    })
}

fn is_left_without_issue(line: &str) -> bool {
    let has_issue = line
        .split('#')
        .skip(1)
        .any(|rest| rest.starts_with(|char: char| char.is_ascii_digit()));
    let mut words = line.split(|char| !is_word(char));
    !has_issue && words.any(|word| LATER.contains(&word))
}
