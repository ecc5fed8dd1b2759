//! What a planner says, asked once for each mind.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sshkey_operator::plan::{Desired, Move, Observed, Outcome, Plan, Step, next_move};

use crate::{
    act::report::Reported,
    search::pool::Pool,
    view::Mind,
    world::{Few, World},
};

/// A planner that may be wrong: in what it is told, in its plan, in what it makes of it next, or in what it says.
#[derive(Clone, Copy)]
pub(crate) struct Planner {
    pub(crate) look: fn(&Desired, Observed) -> Observed,
    pub(crate) plan: fn(&Desired, &Observed, Plan) -> Plan,
    pub(crate) next: fn(&Observed, &Plan, Move) -> Move,
    pub(crate) says: fn(&Mind, Reported) -> Reported,
}

impl Planner {
    /// The planner as it is.
    pub(crate) const RIGHT: Self = Self {
        look: |_, observed| observed,
        plan: |_, _, plan| plan,
        next: |_, _, next| next,
        says: |_, reported| reported,
    };
}

/// A mind, and what a planner says of it.
pub(crate) struct Thought {
    pub(crate) mind: Mind,
    said: OnceLock<Said>,
}

/// What a planner says of one mind, and what follows from it where the world is as that mind sees it.
pub(crate) struct Said {
    pub(crate) plan: Plan,
    pub(crate) next: Move,
    pub(crate) effect: OnceLock<Outcome>,
    pub(crate) reported: OnceLock<Reported>,
}

/// All minds that were met, and the steps that they remember.
pub(crate) struct Thoughts {
    planner: Planner,
    known: Pool<Mind, Arc<Thought>>,
    steps: Mutex<Vec<Step>>,
}

impl Thoughts {
    pub(crate) fn new(planner: Planner) -> Self {
        Self {
            planner,
            known: Pool::new(),
            steps: Mutex::new(Vec::new()),
        }
    }

    /// The one thought of a mind.
    pub(crate) fn of(&self, mind: &Mind) -> Arc<Thought> {
        let make = || {
            Arc::new(Thought {
                mind: *mind,
                said: OnceLock::new(),
            })
        };
        self.known.get(mind, make).0
    }

    /// How many minds were met.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    fn observed(&self, mind: &Mind) -> Observed {
        let observed = mind.observed(self.steps(&mind.refused));
        (self.planner.look)(mind.desired(), observed)
    }

    /// What the planner says.
    pub(crate) fn said<'a>(&self, thought: &'a Thought) -> &'a Said {
        let mind = &thought.mind;
        thought.said.get_or_init(|| {
            let (desired, observed) = (mind.desired(), self.observed(mind));
            let plan = (self.planner.plan)(desired, &observed, mind.plan(&observed));
            let taken = self.steps(&mind.taken);
            let next = next_move(desired, &observed, &plan, &taken);
            let next = (self.planner.next)(&observed, &plan, next);
            Said {
                plan,
                next,
                effect: OnceLock::new(),
                reported: OnceLock::new(),
            }
        })
    }

    /// What it writes into the status.
    pub(crate) fn reported(&self, thought: &Thought) -> Reported {
        let said = self.said(thought);
        let mind = &thought.mind;
        *said.reported.get_or_init(|| {
            let reported = Reported::of(mind, &self.observed(mind), &said.plan);
            (self.planner.says)(mind, reported)
        })
    }

    fn steps<const N: usize>(&self, numbers: &Few<u16, N>) -> Vec<Step> {
        if numbers.is_empty() {
            return Vec::new();
        }
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let all = numbers.all().iter();
        all.map(|number| steps[usize::from(*number)].clone())
            .collect()
    }

    fn number(&self, step: &Step) -> u16 {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let known = steps.iter().position(|known| known == step);
        let number = known.unwrap_or_else(|| {
            steps.push(step.clone());
            steps.len() - 1
        });
        number.try_into().unwrap()
    }

    /// What is taken while something turns it back is remembered for the rest of the pass.
    pub(crate) fn remember(&self, world: &World, mind: &mut Mind, step: &Step) {
        let number = self.number(step);
        if world.policy && !mind.taken.has(number) {
            mind.taken.push(number);
        }
    }

    /// What is refused for good is remembered for the rest of the pass.
    pub(crate) fn refused(&self, mind: &mut Mind, step: &Step) {
        let number = self.number(step);
        if !mind.refused.has(number) {
            mind.refused.push(number);
        }
    }
}
