//! The page on wrong input quotes what users see, word for word.

use sshkey_operator::api::Reason;
use strum::IntoEnumIterator;

use crate::{
    files, schema,
    tables::{code_spans, rows_under},
};

/// What the API server says itself, where a rule needs no words of ours.
const SAID_BY_THE_API_SERVER: [&str; 3] = ["Unsupported value", "Too long", "Too many"];

#[test]
fn every_rule_is_quoted_and_every_quotation_is_a_rule() {
    let page = files::read("docs/bad-input.md");
    let mut quoted: Vec<String> = rows_under(&page, "Refused by the API server")
        .iter()
        .map(|cells| code_spans(&cells[1]).remove(0))
        .filter(|message| !SAID_BY_THE_API_SERVER.contains(&message.as_str()))
        .collect();
    quoted.sort();
    assert_eq!(quoted, schema::messages());
}

#[test]
fn every_rule_says_what_to_write() {
    for message in schema::messages() {
        assert!(message.len() > 30, "{message} is too short to help");
    }
}

#[test]
fn every_reason_for_wrong_input_exists() {
    let page = files::read("docs/bad-input.md");
    let known: Vec<&str> = Reason::iter().map(Reason::as_str).collect();
    let rows = rows_under(&page, "Found at run time");
    for cells in &rows {
        for reason in code_spans(&cells[1]) {
            assert!(known.contains(&reason.as_str()), "{reason} is no reason");
        }
    }
    assert!(rows.len() > 20, "only {} rows", rows.len());
}
