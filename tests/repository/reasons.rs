//! Every reason is explained in the manual.

use std::collections::BTreeSet;

use sshkey_operator::{
    api::{ConditionType, Reason},
    plan::Step,
};
use strum::IntoEnumIterator;

use crate::{
    files,
    tables::{self, code_spans},
};

#[test]
fn every_reason_has_its_row_and_no_row_is_without_a_reason() {
    let mut shown: Vec<String> = rows()
        .iter()
        .map(|cells| code_spans(&cells[0]).remove(0))
        .collect();
    let mut known: Vec<String> = Reason::iter()
        .map(|reason| reason.as_str().to_owned())
        .collect();
    shown.sort();
    known.sort();
    assert_eq!(shown, known);
}

#[test]
fn every_row_says_where_the_reason_stands_what_it_means_and_what_to_do() {
    let mut places: BTreeSet<&str> = ConditionType::iter().map(ConditionType::as_str).collect();
    places.insert("store");
    for cells in rows() {
        assert_eq!(cells.len(), 4, "{cells:?}");
        for place in cells[1].split(", ") {
            assert!(places.contains(place), "{} has {place}", cells[0]);
        }
        assert!(cells[2].ends_with('.'), "{cells:?}");
        assert!(!cells[3].is_empty(), "{cells:?}");
    }
}

#[test]
fn every_step_that_makes_an_event_is_in_the_manual() {
    let page = files::read("docs/reasons.md");
    let (_, events) = page.split_once("## Events").unwrap();
    let mut known: BTreeSet<&str> = Step::names().collect();
    for bookkeeping in ["Record", "RecordPlaces", "HoldStore", "RemoveFinalizer"] {
        assert!(known.remove(bookkeeping));
    }
    for step in &known {
        assert!(events.contains(&format!("`{step}`")), "{step}");
    }
    assert!(known.len() >= 8, "{known:?}");
}

#[test]
fn no_step_has_the_name_of_another() {
    let names: BTreeSet<&str> = Step::names().collect();
    assert_eq!(Step::names().count(), names.len());
}

fn rows() -> Vec<Vec<String>> {
    tables::rows(&files::read("docs/reasons.md"), "")
}
