//! The page of metrics is that of the program.

use std::collections::BTreeSet;

use serde_json::Value;
use sshkey_operator::{
    azure::Operation,
    metrics::{Described, Metrics},
};
use strum::IntoEnumIterator;

use crate::{
    files,
    source::is_word,
    tables::{self, code_spans},
    yaml,
};

const PAGE: &str = "docs/metrics.md";

#[test]
fn every_metric_has_its_row_and_no_row_is_without_a_metric() {
    let page = files::read(PAGE);
    let headings = [
        "The operator's own",
        "By the names of controller-runtime and client-go",
    ];
    let rows = headings
        .iter()
        .flat_map(|heading| tables::rows_under(&page, heading))
        // The other table under the same heading.
        .filter(|cells| cells.len() != 2);
    let mut shown: Vec<(String, String, Vec<String>)> = rows
        .filter(|cells| cells[0].starts_with('`'))
        .map(|cells| {
            assert_eq!(cells.len(), 4, "{cells:?}");
            assert!(cells[3].ends_with('.'), "{cells:?}");
            let name = code_spans(&cells[0]).remove(0);
            (name, cells[1].clone(), code_spans(&cells[2]))
        })
        .collect();
    let mut known: Vec<(String, String, Vec<String>)> =
        Metrics::new().described().iter().map(row).collect();
    shown.sort();
    known.sort();
    assert_eq!(shown, known);
}

#[test]
fn every_operation_that_is_counted_is_in_the_page() {
    let page = files::read(PAGE);
    for operation in Operation::iter().filter(|one| *one != Operation::GetToken) {
        let name: &str = operation.into();
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn everything_that_is_kept_of_an_object_is_in_the_page() {
    let page = files::read(PAGE);
    let row = page.lines().find(|line| line.contains("sshkey_remembered"));
    let told = code_spans(row.expect("the row of the metric"));
    let mut counted = 0;
    for file in [
        "src/controller/memory/entry.rs",
        "src/controller/objects.rs",
    ] {
        let source = files::read(file);
        let parts = source.lines().filter_map(|line| {
            let (name, rest) = line.trim().strip_prefix("(\"")?.split_once("\", ")?;
            rest.contains("self.").then_some(name)
        });
        for part in parts {
            assert!(told.iter().any(|told| told == part), "{part} of {file}");
            counted += 1;
        }
    }
    assert!(counted >= 15, "{counted} parts were found");
}

#[test]
fn alerts_are_about_metrics_that_there_are() {
    let documents = yaml::documents();
    let rules: Vec<&Value> = documents
        .iter()
        .filter(|document| document.file == PAGE)
        .flat_map(|document| document.content["groups"].as_array().unwrap())
        .flat_map(|group| group["rules"].as_array().unwrap())
        .collect();
    assert!(rules.len() >= 5, "{rules:?}");
    let known: BTreeSet<String> = Metrics::new()
        .described()
        .iter()
        .map(|metric| metric.name.clone())
        .collect();
    for rule in rules {
        assert!(rule["alert"].is_string() && rule["annotations"]["summary"].is_string());
        let expression = rule["expr"].as_str().unwrap();
        let mut words = expression.split(|char| !is_word(char));
        let metric = words.find(|word| word.starts_with("sshkey_")).unwrap();
        assert!(known.contains(metric), "{expression}");
    }
}

fn row(metric: &Described) -> (String, String, Vec<String>) {
    let labels = metric.labels.iter().map(|label| (*label).to_owned());
    (
        metric.name.clone(),
        metric.kind.to_owned(),
        labels.collect(),
    )
}
