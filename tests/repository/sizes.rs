//! Files stay small enough to be read at once.

use crate::{files, source};

/// Lines of a file before its tests.
const LIMIT: usize = 300;

/// Files that are still longer. None is added; one that was split leaves the list.
const STILL_LONG: &[&str] = &[];

#[test]
fn no_file_is_too_long() {
    for file in files::code() {
        let lines = lines_before_tests(&file.text);
        let is_known = STILL_LONG.contains(&file.path.as_str());
        assert!(
            lines <= LIMIT || is_known,
            "{} has {lines} lines",
            file.path
        );
    }
}

#[test]
fn what_is_known_to_be_too_long_is_still_so() {
    let files = files::code();
    for path in STILL_LONG {
        let file = files.iter().find(|file| file.path == *path);
        let lines = file.map_or(0, |file| lines_before_tests(&file.text));
        assert!(
            lines > LIMIT,
            "{path} has {lines} lines: take it off the list"
        );
    }
}

#[test]
fn a_mod_file_only_lists_what_is_there() {
    let mut found = 0;
    for file in files::code() {
        if file.path.ends_with("/mod.rs") {
            found += 1;
            let code = source::code(&file.text);
            let mut words = code.split(|char| !source::is_word(char));
            assert!(words.all(|word| word != "fn"), "{} has a fn", file.path);
        }
    }
    assert!(found > 5, "only {found} mod.rs");
}

fn lines_before_tests(text: &str) -> usize {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .count()
}
