//! Files stay small enough to be read at once.

use crate::{files, source};

/// Lines of a file before its tests.
const LIMIT: usize = 400;

/// Files that are longer for now, with the lines that they may have. Take one off this list, never put one on it.
const LONGER: [(&str, usize); 1] = [("src/azure/arm.rs", 480)];

#[test]
fn no_file_is_too_long() {
    for folder in ["src", "emulator/src", "dev/src"] {
        for file in files::rust(folder) {
            let limit = LONGER
                .iter()
                .find(|(path, _)| *path == file.path)
                .map_or(LIMIT, |(_, limit)| *limit);
            let lines = lines_before_tests(&file.text);
            assert!(lines <= limit, "{} has {lines} lines", file.path);
        }
    }
}

#[test]
fn no_file_is_excused_for_nothing() {
    for (path, _) in LONGER {
        assert!(
            lines_before_tests(&files::read(path)) > LIMIT,
            "{path} is short enough now: take it off the list"
        );
    }
}

#[test]
fn a_mod_file_only_lists_what_is_there() {
    let mut found = 0;
    for folder in ["src", "emulator/src", "dev/src"] {
        for file in files::rust(folder) {
            if file.path.ends_with("/mod.rs") {
                found += 1;
                let code = source::code(&file.text);
                let mut words = code.split(|char| !source::is_word(char));
                assert!(words.all(|word| word != "fn"), "{} has a fn", file.path);
            }
        }
    }
    assert!(found > 5, "only {found} mod.rs");
}

fn lines_before_tests(text: &str) -> usize {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .count()
}
