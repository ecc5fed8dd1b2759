//! The plan under an explicit-state search: operators that know nothing of each other, each of which can stop before
//! a step or after it was done, with old views, while people ask, edit and delete. Every state that can be reached within
//! the bounds is visited, every step is checked against the promises, and from every world the operator must come to rest
//! in one that keeps them.

// A test that meets what it did not expect has failed: that is what a panic says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod act;
mod mutants;
mod people;
mod promises;
mod search;
mod theatres;
mod view;
mod world;

use std::{io::Write, thread, time::Instant};

use promises::kinds::{Promise, Promises};
use search::{Bounds, Known, Outcome, Planner, Thoughts, search};
use theatres::{THEATRES, Theatre, for_mutants};

/// Says it on the terminal, whether the test passes or not: what is printed in the usual way is not shown.
fn say(line: &str) {
    // There may be no terminal.
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[test]
fn no_promise_is_broken_whatever_happens_in_whatever_order() {
    keep_their_promises(|theatre| theatre.bounds);
}

#[test]
#[ignore = "takes minutes: make nightly runs it"]
fn no_promise_is_broken_by_one_more_thing_that_people_do() {
    keep_their_promises(|theatre| theatre.nightly);
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Visits every theatre. A promise whose premise never held has said nothing.
fn keep_their_promises(bounds: impl Fn(&Theatre) -> Bounds) {
    let (thoughts, promises) = (Thoughts::new(Planner::RIGHT), Promises::all());
    let known = Known::new(&thoughts, &promises);
    let mut broken = Vec::new();
    let only = std::env::var("MODEL_ONLY").ok();
    for theatre in THEATRES {
        if only.as_ref().is_some_and(|only| only != theatre.name) {
            continue;
        }
        let began = Instant::now();
        for (number, start) in theatre.starts.iter().enumerate() {
            match search(&start(), bounds(theatre), &known, cores()) {
                Outcome::Kept(found) => say(&format!(
                    "model: {} {number}: {} states, {} transitions, {} minds, {} worlds from which it comes to rest, {:.1} s",
                    theatre.name,
                    found.states,
                    found.transitions,
                    found.minds,
                    found.worlds,
                    began.elapsed().as_secs_f32()
                )),
                Outcome::Broken(way) => broken.push(format!("{}: {way}", theatre.name)),
            }
        }
    }
    for (promise, text) in Promise::ALL {
        say(&format!(
            "model: held {:>8} times: {text}",
            promises.held(promise)
        ));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let is_silent = |promise: &Promise| promises.held(*promise) == 0;
    let mut all = Promise::ALL.iter().map(|(promise, _)| *promise);
    assert!(!all.any(|promise| is_silent(&promise)) || only.is_some());
}

#[test]
fn every_planner_that_is_made_wrong_is_found_out_by_the_promise_that_it_breaks() {
    let mutants = mutants::kinds::all();
    let mut alive = Vec::new();
    for mutant in &mutants {
        let theatre = for_mutants(mutant.theatre);
        let (thoughts, promises) = (Thoughts::new(mutant.planner), Promises::only(mutant.breaks));
        let known = Known::new(&thoughts, &promises);
        let killed = theatre.starts.iter().find_map(|start| {
            match search(&start(), theatre.bounds, &known, cores()) {
                Outcome::Broken(way) => Some(way),
                Outcome::Kept(_) => None,
            }
        });
        match killed {
            Some(way) => println!("killed: {}: {way}", mutant.name),
            None => alive.push(mutant.name),
        }
    }
    say(&format!(
        "model: {} planners that are wrong in one thing, {} found out",
        mutants.len(),
        mutants.len() - alive.len()
    ));
    assert!(mutants.len() >= 24);
    assert!(alive.is_empty(), "not found out: {alive:#?}");
}
