//! One run of a scenario: undisturbed, to know what it comes to, or with one write struck, and held to
//! that.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use dev::proxy::Access;

use super::{kind::Kind, scenario::Scenario, stage::Stage, state::State};

/// How long a run may take after its fault; one that times out takes 30 s of it.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long it takes at most until a write has done what it does.
const SETTLING: Duration = Duration::from_secs(1);

/// The n-th write to either, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    ApiServer(usize),
    Azure(usize),
}

/// What a scenario comes to when nothing disturbs it.
pub(super) struct Reference {
    /// Its writes to the API server and to Azure.
    pub(super) api_server: Vec<String>,
    pub(super) azure: Vec<String>,
    /// How many private keys were ever stored.
    keys: usize,
    end: String,
}

/// What came of a run with a fault.
#[derive(Default)]
pub(super) struct Outcome {
    /// Whether the write came that was to be struck.
    pub(super) struck: bool,
    pub(super) violations: Vec<String>,
}

/// What is known of a run.
struct Run<'a> {
    stage: &'a Stage,
    scenario: &'a Scenario,
    uids: BTreeMap<String, String>,
}

/// Runs a scenario undisturbed.
pub(super) async fn undisturbed(stage: &Stage, scenario: &Scenario) -> Reference {
    let mut run = Run::begin(stage, scenario, None).await;
    stage
        .world
        .until(format!("the end of {}", scenario.name), async || {
            (scenario.end)(&run.look().await)
        })
        .await;
    // It has come to rest when all was looked at twice more.
    stage.wait_lists(2).await;
    let keys = stage.witness.keys(&stage.world).await;
    let there = run.look().await;
    assert_eq!(stage.guard.take_violations(), Vec::<String>::new());
    let api_server = stage.world.proxy().log();
    let api_server = api_server.iter().filter(|entry| entry.write.is_some());
    Reference {
        api_server: api_server.map(|entry| described(&entry.access)).collect(),
        azure: stage.guard.writes(),
        keys: keys.len(),
        end: there.told(&keys, &run.uids),
    }
}

/// Runs a scenario with one write struck: whether it was, and what was otherwise than it should be.
pub(super) async fn struck(
    stage: &Stage,
    scenario: &Scenario,
    reference: &Reference,
    place: Place,
    kind: Kind,
) -> Outcome {
    let mut run = Run::begin(stage, scenario, Some((place, kind))).await;
    let mut looked = (stage.writes(), Instant::now());
    let mut missing = "nothing has been written since".to_owned();
    let ended = stage
        .world
        .try_until(PATIENCE, async || {
            stage.revive();
            if !stage.has_come(place) {
                return Err("the write has not come".to_owned());
            }
            // Nothing changes without a write, and each look takes some of the processors that all runs share.
            let (writes, at) = looked;
            if writes == stage.writes() && at.elapsed() < SETTLING {
                return Err(missing.clone());
            }
            looked = (stage.writes(), Instant::now());
            let there = run.look().await;
            let reached = (scenario.end)(&there).and_then(|()| run.compare(reference, &there));
            reached.inspect_err(|error| missing.clone_from(error))
        })
        .await;
    let mut outcome = Outcome {
        struck: stage.has_come(place),
        ..Outcome::default()
    };
    let stays = match ended {
        Ok(()) => run.stays(reference, kind).await,
        otherwise => otherwise,
    };
    if let Err(otherwise) = stays {
        outcome
            .violations
            .push(format!("{otherwise}\n{}", stage.world.dump()));
    }
    outcome.violations.extend(stage.guard.take_violations());
    let keys = stage.witness.keys(&stage.world).await.len();
    if keys != reference.keys {
        outcome
            .violations
            .push(format!("{keys} keys instead of {}", reference.keys));
    }
    outcome
}

impl<'a> Run<'a> {
    /// Brings the scenario to where the change has come.
    async fn begin(
        stage: &'a Stage,
        scenario: &'a Scenario,
        strike: Option<(Place, Kind)>,
    ) -> Self {
        stage.set(scenario).await;
        let mut run = Self {
            stage,
            scenario,
            uids: BTreeMap::new(),
        };
        run.look().await;
        let proxy = stage.world.proxy();
        proxy.reset();
        stage.guard.begin(None);
        match strike {
            Some((Place::ApiServer(number), kind)) => {
                proxy.at_write(number as u64, kind.at_the_api_server());
            }
            Some((Place::Azure(number), kind)) => stage.guard.begin(Some((number, kind))),
            None => {}
        }
        stage.change(run.scenario.change).await;
        run
    }

    /// What is there now. An operator that was killed is started again.
    async fn look(&mut self) -> State {
        self.stage.revive();
        let state = State::look(&self.stage.world).await;
        self.uids.extend(state.uids());
        state
    }

    /// Whether all is as it was at the end of the undisturbed run.
    fn compare(&self, reference: &Reference, state: &State) -> Result<(), String> {
        let keys = self.stage.witness.keys_seen();
        difference(&reference.end, &state.told(&keys, &self.uids))
    }

    /// Whether it stays so, without a write, when all was looked at once more. Of a write whose answer is
    /// dropped the operator does not know that it was the last: it writes that one failed. Then this is waited for once more.
    async fn stays(&mut self, reference: &Reference, kind: Kind) -> Result<(), String> {
        match self.stays_for_two_lists(reference).await {
            Err(_) if kind == Kind::DroppedAnswer => self.stays_for_two_lists(reference).await,
            stayed => stayed,
        }
    }

    async fn stays_for_two_lists(&mut self, reference: &Reference) -> Result<(), String> {
        let writes = self.stage.writes();
        self.stage.wait_lists(2).await;
        let state = self.look().await;
        self.compare(reference, &state)?;
        if self.stage.writes() == writes {
            Ok(())
        } else {
            Err("it was written again at the end".to_owned())
        }
    }
}

impl Stage {
    fn writes(&self) -> (u64, usize) {
        (self.world.proxy().writes(), self.guard.writes().len())
    }

    fn has_come(&self, place: Place) -> bool {
        match place {
            Place::ApiServer(number) => self.world.proxy().writes() >= number as u64,
            Place::Azure(number) => self.guard.writes().len() >= number,
        }
    }
}

fn described(access: &Access) -> String {
    let name = access.name.as_deref().unwrap_or_default();
    format!("{} {} {name}", access.verb, access.resource)
}

/// The lines that are in one and not in the other.
fn difference(expected: &str, found: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let only = |sign: char, one: &str, other: &str| -> String {
        let other: Vec<&str> = other.lines().collect();
        let only = one.lines().filter(|line| !other.contains(line));
        only.flat_map(|line| [sign, ' '].into_iter().chain(line.chars()).chain(['\n']))
            .collect()
    };
    Err(format!(
        "the end is another ({} lines instead of {}):\n{}{}",
        found.lines().count(),
        expected.lines().count(),
        only('-', expected, found),
        only('+', found, expected)
    ))
}
