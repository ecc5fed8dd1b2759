//! Which writes are struck by what, and what comes of all of it.

use std::{
    collections::{BTreeMap, VecDeque},
    io::Write as _,
    sync::Mutex,
    time::Instant,
};

use futures::future::join_all;
use strum::VariantArray;

use super::{
    kind::Kind,
    run::{Outcome, Place, Reference, struck, undisturbed},
    scenario::Scenario,
    scenarios::SCENARIOS,
    stage::Stage,
};

/// How often a run is done again whose fault met no write, since writes of the store and of the key have no fixed order.
const TRIES: usize = 3;

/// One run.
#[derive(Clone, Copy)]
struct Job {
    scenario: usize,
    place: Place,
    kind: Kind,
}

/// What came of all runs.
#[derive(Default)]
struct Sum {
    runs: usize,
    faults: BTreeMap<Kind, usize>,
    violations: Vec<String>,
}

/// Every write of every scenario, struck by the kinds that are `chosen` by its number.
async fn matrix(worlds: usize, chosen: impl Fn(&Scenario, usize, Kind) -> bool) {
    let started = Instant::now();
    let stages = join_all((0..worlds).map(|_| Stage::new())).await;
    let references = references(&stages).await;
    let mut jobs = jobs(&references, chosen);
    if let Ok(only) = std::env::var("FAULT_MATRIX_ONLY") {
        jobs.retain(|job| SCENARIOS[job.scenario].name == only);
    }
    // What takes longest begins first, and does nothing but wait beside the others.
    jobs.sort_by_key(|job| job.kind != Kind::Timeout);
    let jobs = Mutex::new(VecDeque::from(jobs));
    let sum = Mutex::new(Sum::default());
    join_all(stages.iter().map(async |stage| {
        while let Some(job) = { jobs.lock().unwrap().pop_front() } {
            let reference = &references[job.scenario];
            let outcome = carry_out(stage, reference, job).await;
            sum.lock().unwrap().add(reference, job, &outcome);
        }
    }))
    .await;
    let sum = sum.into_inner().unwrap();
    say(&format!(
        "fault matrix: {} runs, {} faults injected, {} violations, {} s: {:?}",
        sum.runs,
        sum.faults.values().sum::<usize>(),
        sum.violations.len(),
        started.elapsed().as_secs(),
        sum.faults
    ));
    assert!(sum.violations.is_empty(), "{}", sum.violations.join("\n\n"));
    assert_eq!(sum.faults.len(), Kind::VARIANTS.len(), "every kind occurs");
}

/// The runs of the matrix. Writes are numbered from 0, over all scenarios, those to the API server and those to Azure each
/// for themselves.
fn jobs(references: &[Reference], chosen: impl Fn(&Scenario, usize, Kind) -> bool) -> Vec<Job> {
    let mut jobs = Vec::new();
    let (mut api_server, mut azure) = (0.., 0..);
    for (scenario, reference) in references.iter().enumerate() {
        let to_api_server = (1..=reference.api_server.len()).map(Place::ApiServer);
        let to_azure = (1..=reference.azure.len()).map(Place::Azure);
        let numbers = to_api_server.zip(&mut api_server);
        for (place, number) in numbers.chain(to_azure.zip(&mut azure)) {
            let kinds = Kind::VARIANTS.iter().copied();
            let kinds = kinds.filter(|kind| chosen(&SCENARIOS[scenario], number, *kind));
            jobs.extend(kinds.map(|kind| Job {
                scenario,
                place,
                kind,
            }));
        }
    }
    jobs
}

/// The undisturbed runs of all scenarios, in their order.
async fn references(stages: &[Stage]) -> Vec<Reference> {
    let next = Mutex::new(SCENARIOS.iter().enumerate());
    let found = join_all(stages.iter().map(async |stage| {
        let mut found = Vec::new();
        while let Some((number, scenario)) = { next.lock().unwrap().next() } {
            found.push((number, undisturbed(stage, scenario).await));
        }
        found
    }))
    .await;
    let found: BTreeMap<usize, Reference> = found.into_iter().flatten().collect();
    found.into_values().collect()
}

async fn carry_out(stage: &Stage, reference: &Reference, job: Job) -> Outcome {
    let scenario: &Scenario = &SCENARIOS[job.scenario];
    let mut outcome = Outcome::default();
    for _ in 0..TRIES {
        outcome = struck(stage, scenario, reference, job.place, job.kind).await;
        if outcome.struck {
            break;
        }
    }
    outcome
}

impl Sum {
    fn add(&mut self, reference: &Reference, job: Job, outcome: &Outcome) {
        self.runs += 1;
        *self.faults.entry(job.kind).or_default() += usize::from(outcome.struck);
        let (number, write) = match job.place {
            Place::ApiServer(number) => (number, &reference.api_server[number - 1]),
            Place::Azure(number) => (number, &reference.azure[number - 1]),
        };
        let what = format!(
            "{}, {:?} at write {number}, {write}",
            SCENARIOS[job.scenario].name, job.kind
        );
        let violations = outcome.violations.iter();
        self.violations
            .extend(violations.map(|violation| format!("{what}: {violation}")));
        if std::env::var_os("FAULT_MATRIX_VERBOSE").is_some() {
            say(&format!("{what}: {} violations", outcome.violations.len()));
        }
    }
}

/// Past the capture of tests that pass: what was done is to be seen.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_at_any_write_changes_nothing_in_the_end() {
    let kinds = Kind::VARIANTS;
    matrix(8, |scenario, number, kind| {
        scenario.always.contains(&kind) || kinds[number % kinds.len()] == kind
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "make nightly: every kind at every write takes minutes"]
async fn every_fault_at_every_write_changes_nothing_in_the_end() {
    matrix(10, |_, _, _| true).await;
}
