//! Nothing in the repository speaks of one machine, or of work that nobody will find again.

use crate::{files, source::is_word};

/// Folders of one machine; written in two parts, so that this file has none of them.
const MACHINE: [&str; 3] = [
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
];

const LATER: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

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
fn such_words_are_seen() {
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

fn is_left_without_issue(line: &str) -> bool {
    let has_issue = line
        .split('#')
        .skip(1)
        .any(|rest| rest.starts_with(|char: char| char.is_ascii_digit()));
    let mut words = line.split(|char| !is_word(char));
    !has_issue && words.any(|word| LATER.contains(&word))
}
