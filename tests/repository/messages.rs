//! The page on wrong input quotes what users see, word for word.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::ValidationRule;
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

#[test]
fn a_rule_about_a_whole_spec_says_which_field_it_is_about() {
    // The API server takes no path to a field of the metadata, and some rules are about two fields.
    let about_more = [
        "metadata.name may",
        "subscriptionID and tenantID can't be changed",
    ];
    let whole = [
        "SshKey",
        "SshKey.spec",
        "AzureStore.spec",
        "ClusterAzureStore.spec",
    ];
    let rules: Vec<ValidationRule> = schema::fields()
        .into_iter()
        .filter(|field| whole.contains(&field.path.as_str()))
        .flat_map(|field| field.schema.x_kubernetes_validations.into_iter().flatten())
        .collect();
    assert!(rules.len() > 15, "{rules:#?}");
    for rule in rules {
        let message = rule.message.unwrap();
        let is_about_more = about_more.iter().any(|start| message.starts_with(start));
        assert!(rule.field_path.is_some() || is_about_more, "{message}");
    }
}
