//! One word has one meaning: what the glossary says not to use, the source does not use.

use std::collections::BTreeSet;

use crate::{
    files,
    tables::{code_spans, rows_under},
};

/// The names of stored fields stay, whatever they are called in the code.
const STORED: &str = "rename = ";

#[test]
fn no_synonym_of_the_glossary_is_in_the_source() {
    let unused = unused();
    let mut found = Vec::new();
    for file in files::rust("src") {
        for (number, line) in (1..).zip(file.text.lines()) {
            if line.contains(STORED) {
                continue;
            }
            for word in words(line) {
                if let Some((word, instead)) = unused.iter().find(|(other, _)| *other == word) {
                    found.push(format!("{}:{number}: {word}; say {instead}", file.path));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn each_word_of_the_glossary_has_one_row_and_is_no_synonym_of_another() {
    let rows = rows();
    let names: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names.len(), rows.len());
    for (word, _) in unused() {
        assert!(!names.contains(word.as_str()), "{word} has a row");
    }
    for row in &rows {
        assert!(row.len() == 3 && row[1].len() > 10, "{row:?}");
    }
}

#[test]
fn a_word_is_seen_in_names_and_in_their_plural() {
    let seen: Vec<String> = words("fn read_verdicts(all: &CheckedStores) // a stamp").collect();
    for word in ["verdict", "checked", "store", "stamp"] {
        assert!(seen.iter().any(|found| found == word), "{word}: {seen:?}");
    }
}

/// The words that are not used, each with the one that is.
fn unused() -> Vec<(String, String)> {
    let all: Vec<(String, String)> = rows()
        .iter()
        .flat_map(|row| {
            let instead = row[0].clone();
            let spans = code_spans(&row[2]).into_iter();
            spans.map(move |word| (word, instead.clone()))
        })
        .collect();
    assert!(all.len() > 15, "{all:?}");
    all
}

fn rows() -> Vec<Vec<String>> {
    let rows = rows_under(&files::read("docs/development.md"), "Words");
    rows.into_iter()
        .filter(|row| !row[0].starts_with("---"))
        .collect()
}

/// The words of a line in lower case, those inside of names too, without the `s` of a plural.
fn words(line: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::with_capacity(line.len());
    for char in line.chars() {
        if char.is_uppercase() {
            spaced.push(' ');
        }
        spaced.extend(char.to_lowercase());
    }
    let words: Vec<String> = spaced
        .split(|char: char| !char.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(|word| word.strip_suffix('s').unwrap_or(word).to_owned())
        .collect();
    words.into_iter()
}
