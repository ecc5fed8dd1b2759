//! The table of flags in the manual is that of the program.

use clap::{Arg, CommandFactory};
use sshkey_operator::app::Flags;

use crate::{files, tables};

#[test]
fn every_flag_has_its_row_in_the_manual_and_no_row_is_without_a_flag() {
    let page = files::read("docs/operations.md");
    let mut shown: Vec<[String; 3]> = tables::rows(&page, "--")
        .into_iter()
        .map(|cells| {
            assert_eq!(cells.len(), 4, "{cells:?}");
            assert!(!cells[3].is_empty(), "{} does nothing", cells[0]);
            [&cells[0], &cells[1], &cells[2]].map(|cell| cell.replace('`', ""))
        })
        .collect();
    let mut flags: Vec<[String; 3]> = Flags::command().get_arguments().map(row).collect();
    shown.sort();
    flags.sort();
    assert_eq!(shown, flags);
}

#[test]
fn every_flag_has_a_variable_of_its_own_name() {
    let command = Flags::command();
    assert!(command.get_arguments().count() > 10);
    for flag in command.get_arguments() {
        let [flag, variable, _] = row(flag);
        let name = flag.trim_start_matches('-').replace('-', "_");
        assert_eq!(variable, format!("SSHKEY_OPERATOR_{}", name.to_uppercase()));
    }
}

/// Flag, environment variable and default, as the table has them.
fn row(flag: &Arg) -> [String; 3] {
    let defaults: Vec<_> = flag
        .get_default_values()
        .iter()
        .map(|default| default.to_string_lossy())
        .collect();
    [
        format!("--{}", flag.get_long().unwrap()),
        flag.get_env().unwrap().to_string_lossy().into_owned(),
        defaults.join(","),
    ]
}
