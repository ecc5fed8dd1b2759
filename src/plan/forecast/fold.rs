//! The steps from what was observed until nothing is left to do: the moves that a reconcile would make, each with the effect
//! that the plan says it has.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::{
    api::{
        ArmId, ErrorClass, PlannedStep, SshKeyStatus, StepAction,
        condition::{Condition, ConditionDraft},
    },
    keys::{KeySpec, PublicKey},
    plan::{
        authority::places::with_places,
        decide::{
            next_move::{MOST_STEPS, Move, Place, next_move},
            order::plan,
        },
        decision::Plan,
        desired::resolve::Desired,
        effect::{outcome::effect, world::Fresh},
        forecast::{answer::Forecast, line::line, text::Unknown, warnings::warnings},
        observed::{
            azure::{Freshness, KeyView},
            rotation_secrets::{RotationSecret, RotationSecrets},
            snapshot::{Observed, Outcome},
        },
        report::status::report,
        step::{kinds::Step, rotation::RotationStep},
    },
};

/// What a forecast begins with beside what is wanted and what was observed.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// The status of the object, as it was written for it.
    pub status: &'a SshKeyStatus,
    /// The generation of the object.
    pub generation: i64,
    /// How long an object of a namespace in deletion waits for an Azure that nothing can reach any more.
    pub orphan_after: SignedDuration,
    /// The time.
    pub now: Timestamp,
    /// Whether what is known is taken for true where a step would read it first.
    pub trusts: bool,
}

/// What would come of an object.
#[derive(Clone, Debug)]
pub enum Foreseen {
    /// This must be read first: what is known of it is not good enough to act upon.
    Read(Place),
    /// The steps until nothing is left to do.
    Forecast(Forecast),
}

/// Foresees what would come of an object.
///
/// # Guarantees
/// Pure, and nothing is taken. The steps are those that reconciles take in a world in which nobody else writes, a status
/// that is written between two of them included. What a step makes is named as unknown, never made up.
///
/// # Assumptions
/// Steps are not refused. What time alone brings is foreseen up to the next rotation that is due by its schedule.
pub fn forecast(desired: &Desired, observed: &Observed, beginning: Beginning<'_>) -> Foreseen {
    let mut run = Run {
        desired,
        observed: with_places(observed.clone(), desired),
        status: beginning.status.clone(),
        beginning,
        now: beginning.now,
        taken: Vec::new(),
        lines: Vec::new(),
        written: BTreeSet::new(),
        unknown: Unknown::default(),
        rested: None,
    };
    for _ in 0..MOST_STEPS {
        match run.advance() {
            Advance::On => {}
            Advance::Reads(place) => return Foreseen::Read(place),
            Advance::Ended => return Foreseen::Forecast(run.ended(observed, false)),
        }
    }
    Foreseen::Forecast(run.ended(observed, true))
}

/// What came of one move.
enum Advance {
    On,
    Reads(Place),
    Ended,
}

/// The object at rest.
struct Rested {
    conditions: Vec<Condition>,
    ready: ConditionDraft,
    obstacle: Option<ErrorClass>,
}

struct Run<'a> {
    desired: &'a Desired,
    beginning: Beginning<'a>,
    observed: Observed,
    status: SshKeyStatus,
    now: Timestamp,
    /// The steps since the status was written last.
    taken: Vec<Step>,
    lines: Vec<PlannedStep>,
    /// Places in Azure that were written to by a step.
    written: BTreeSet<ArmId>,
    unknown: Unknown,
    /// What was reported last.
    rested: Option<Rested>,
}

impl Run<'_> {
    fn advance(&mut self) -> Advance {
        let decided = plan(
            self.desired,
            &self.observed,
            self.beginning.orphan_after,
            self.now,
        );
        match next_move(self.desired, &self.observed, &decided, &self.taken) {
            Move::Read(place) => self.read(place),
            Move::Take(step) if self.is_next_rotation(&step) => Advance::Ended,
            Move::Take(step) => self.take(step),
            Move::GiveUp { step, failure } => {
                match step.output() {
                    Some(output) => self.observed.output_failed(output, failure),
                    None => self.observed.refuse(step, failure),
                }
                Advance::On
            }
            Move::Rest => self.rest(&decided),
        }
    }

    /// What a step has left behind needs no read; all else does.
    fn read(&mut self, place: Place) -> Advance {
        let outcome = match &place {
            // The object is as it would be, and not as the API server has it.
            Place::Object => Outcome::Object(self.observed.object.clone()),
            Place::Azure(id) if self.written.contains(id) || self.beginning.trusts => {
                match self.observed.azure.get(id) {
                    Some(view) => Outcome::Azure(id.clone(), live(view)),
                    None => return Advance::Reads(place),
                }
            }
            // Nothing has said that there is anything.
            Place::RotationSecrets if self.beginning.trusts => {
                Outcome::RotationSecrets(RotationSecrets::Read {
                    staged: RotationSecret::Absent,
                    previous: RotationSecret::Absent,
                })
            }
            Place::Azure(_) | Place::RotationSecrets => return Advance::Reads(place),
        };
        self.lay_over(outcome);
        Advance::On
    }

    fn take(&mut self, step: Step) -> Advance {
        let fresh = Fresh {
            key: step.generates().map(|kind| self.fresh_key(kind)),
            uid: format!("new-{}", self.lines.len()),
            resource_version: format!("new-{}", self.lines.len()),
        };
        let outcome = effect(&step, self.desired, &self.observed, &fresh);
        let before = self.observed.clone();
        self.lay_over(outcome);
        self.written.extend(step.azure_id().cloned());
        let at = (self.now > self.beginning.now).then_some(self.now);
        let line = line(&step, self.desired, &before, &self.observed, at);
        self.lines.push(line);
        self.taken.push(step);
        let is_let_go =
            self.observed.object.deleting_since.is_some() && !self.observed.object.has_finalizer;
        if is_let_go {
            self.rested = None;
            return Advance::Ended;
        }
        Advance::On
    }

    fn fresh_key(&mut self, kind: KeySpec) -> PublicKey {
        self.unknown.key(kind)
    }

    fn lay_over(&mut self, outcome: Outcome) {
        let observed = self.observed.clone().after(outcome);
        self.observed = with_places(observed, self.desired);
    }

    /// The status is written, and the next reconcile decides upon it. Once nothing comes of that, time goes on.
    fn rest(&mut self, decided: &Plan) -> Advance {
        let Beginning { generation, .. } = self.beginning;
        let report = report(
            self.desired,
            &self.observed,
            decided,
            None,
            &self.status,
            generation,
            self.now,
        );
        self.rested = Some(Rested {
            conditions: report.status.conditions.clone(),
            ready: report.ready,
            obstacle: decided.obstacle(),
        });
        let told = self.observed.object.clone();
        let told = told.with_status(Some(&report.status));
        self.status = report.status;
        let is_news = told != self.observed.object;
        if is_news || !self.taken.is_empty() {
            self.observed.object = told;
            self.observed = with_places(self.observed.clone(), self.desired);
            self.taken.clear();
            return Advance::On;
        }
        match decided.wake_at.filter(|time| *time > self.now) {
            Some(time) => {
                self.now = time;
                Advance::On
            }
            None => Advance::Ended,
        }
    }

    /// A rotation that only its schedule brings is the next plan's.
    fn is_next_rotation(&self, step: &Step) -> bool {
        let stages = matches!(step, Step::Rotation(RotationStep::StageKey(_)));
        stages && self.now > self.beginning.now
    }

    fn ended(mut self, before: &Observed, is_cut: bool) -> Forecast {
        mark_replacements(&mut self.lines);
        let warnings = warnings(before, &self.observed, &self.lines);
        let (conditions, ready, obstacle) = match self.rested {
            Some(rested) => (rested.conditions, Some(rested.ready), rested.obstacle),
            None => (Vec::new(), None, None),
        };
        let unknown = &self.unknown;
        let mut forecast = Forecast {
            steps: self.lines,
            conditions,
            ready,
            warnings,
            obstacle,
            is_cut,
        };
        unknown.rename(&mut forecast);
        forecast
    }
}

fn live(view: &KeyView) -> KeyView {
    let mut view = view.clone();
    match &mut view {
        KeyView::Present { freshness, .. } | KeyView::Absent { freshness, .. } => {
            *freshness = Freshness::Live;
        }
        KeyView::Unknown(_) => {}
    }
    view
}

/// What is deleted and created again later is replaced.
fn mark_replacements(lines: &mut [PlannedStep]) {
    for number in 0..lines.len() {
        let (before, after) = lines.split_at_mut(number + 1);
        let Some(line) = before
            .last_mut()
            .filter(|line| line.action == StepAction::Delete)
        else {
            continue;
        };
        let mut created = after
            .iter()
            .filter(|later| later.action == StepAction::Create);
        if created.any(|later| later.target == line.target) {
            line.action = StepAction::Replace;
        }
    }
}
