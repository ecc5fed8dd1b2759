//! The commands that the manual names can be run.

use std::collections::BTreeSet;

use crate::files;

#[test]
fn every_make_target_in_the_manual_exists() {
    let makefile = files::read("Makefile");
    let targets: BTreeSet<&str> = makefile
        .lines()
        .filter(|line| !line.starts_with([' ', '\t', '.', '#']))
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    let mut named = 0;
    for page in files::manual() {
        for target in make_targets(&page.text) {
            named += 1;
            assert!(
                targets.contains(target),
                "{} names make {target}, and the Makefile has no such target",
                page.path
            );
        }
    }
    assert!(named > 8, "only {named} targets are named");
}

#[test]
fn a_target_is_seen_in_a_line_and_in_a_block() {
    let page = "Run `make run`; we make tea.\n```sh\nmake test    # all\n```\n";
    let found: Vec<&str> = make_targets(page).collect();
    assert_eq!(found, ["run", "test"]);
}

/// What follows `make` where a line, or code within a line, begins with it.
fn make_targets(page: &str) -> impl Iterator<Item = &str> {
    let in_blocks = page.lines().filter_map(|line| line.strip_prefix("make "));
    let in_lines = page.split("`make ").skip(1);
    let mut found: Vec<&str> = in_lines.chain(in_blocks).collect();
    found.sort_by_key(|rest| rest.as_ptr());
    found
        .into_iter()
        .map(|rest| rest.split([' ', '`', '\n']).next().unwrap_or(rest))
}
