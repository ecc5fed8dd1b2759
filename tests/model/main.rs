//! The plan under an explicit-state search: two operators that know nothing of each other, each of which can stop before
//! a step or after it was done, with old views, while people ask, edit and delete. Every state that can be reached within
//! the bounds is visited, every step is checked against the promises, and from every world the operator must come to rest
//! in one that keeps them.

// A test that meets what it did not expect has failed: that is what a panic says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
// A state is made of what is so or not so.
#![allow(clippy::struct_excessive_bools)]

mod act;
mod edits;
mod invariants;
mod mutants;
mod search;
mod view;
mod world;

use std::io::Write;

use mutants::mutants;
use search::{Bounds, Outcome, Planner, search};
use world::World;

/// Says it on the terminal, whether the test passes or not: what is printed in the usual way is not shown.
fn say(line: &str) {
    // There may be no terminal.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// How far is looked by night: two things that people do, in any order.
const BOUNDS: Bounds = Bounds {
    edits: 2,
    rare: 3,
    old_lists: false,
    stops: 1,
    states: 4_000_000,
};
/// One thing that people do, strangers and policies among them, while lists may be old: cheap enough for every run.
const BOUNDS_OF_ONE: Bounds = Bounds {
    edits: 1,
    rare: 1,
    old_lists: true,
    ..BOUNDS
};
/// From an object that is new the way is longest.
const BOUNDS_OF_NEW: Bounds = Bounds { edits: 1, ..BOUNDS };
/// What is wrong shows sooner, so more may happen together.
const BOUNDS_OF_MUTANTS: Bounds = Bounds {
    rare: 1,
    old_lists: true,
    stops: 0,
    ..BOUNDS
};

#[test]
fn no_promise_is_broken_whatever_happens_in_whatever_order() {
    let states = keeps_its_promises(&[
        (World::new(), BOUNDS_OF_NEW),
        (World::ready(), BOUNDS_OF_ONE),
    ]);
    assert!(
        states > 20_000,
        "{states} states are too few to say anything"
    );
}

#[test]
#[ignore = "takes minutes: make nightly runs it"]
fn no_promise_is_broken_by_two_things_that_people_do() {
    keeps_its_promises(&[(World::ready(), BOUNDS)]);
}

fn keeps_its_promises(searches: &[(World, Bounds)]) -> usize {
    let mut states = 0;
    let mut transitions = 0;
    let mut worlds = 0;
    for (start, bounds) in searches {
        match search(start, *bounds, Planner::RIGHT) {
            Outcome::Kept(found) => {
                states += found.states;
                transitions += found.transitions;
                worlds += found.worlds;
            }
            Outcome::Broken(what) => panic!("{what}"),
        }
    }
    say(&format!(
        "model: {states} states, {transitions} transitions, {worlds} worlds from which it comes to rest"
    ));
    states
}

#[test]
fn every_planner_that_is_made_wrong_is_found_out() {
    let mutants = mutants();
    let mut alive = Vec::new();
    for (name, promise, mutant) in &mutants {
        let killed = [World::ready(), World::new()].iter().find_map(|start| {
            match search(start, BOUNDS_OF_MUTANTS, *mutant) {
                Outcome::Broken(what) => Some(what),
                Outcome::Kept(_) => None,
            }
        });
        match killed {
            Some(what) if what.promise.starts_with(promise) => {
                println!("killed: {name}: {}", what.promise);
            }
            Some(what) => alive.push(format!("{name}: it broke {what}, and not {promise}")),
            None => alive.push((*name).to_owned()),
        }
    }
    let killed = mutants.len() - alive.len();
    say(&format!(
        "model: {} planners that are wrong in one thing, {killed} found out",
        mutants.len()
    ));
    assert!(mutants.len() >= 20);
    assert!(alive.is_empty(), "not found out: {alive:#?}");
}
