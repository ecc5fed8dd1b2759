//! Files stay small enough to be read at once.

use crate::{files, source};

/// Lines of a file before its tests.
const LIMIT: usize = 400;

#[test]
fn no_file_is_too_long() {
    for folder in ["src", "emulator/src", "dev/src"] {
        for file in files::rust(folder) {
            let lines = lines_before_tests(&file.text);
            assert!(lines <= LIMIT, "{} has {lines} lines", file.path);
        }
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
