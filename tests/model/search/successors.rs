//! What may come next in a state.

use std::sync::Arc;

use sshkey_operator::plan::Move;

use crate::{
    act::{
        report::report,
        take::{Done, take},
        tell::read,
    },
    promises::{
        kinds::{Broken, Promises},
        told,
    },
    search::{
        Bounds,
        how::{Ends, How},
        pool::Pool,
        state::State,
        thoughts::{Thought, Thoughts},
    },
    view::Mind,
    world::World,
};

/// What all of a search shares.
pub(crate) struct Shared<'a> {
    pub(crate) bounds: Bounds,
    pub(crate) thoughts: &'a Thoughts,
    pub(crate) worlds: &'a Pool<World, Arc<World>>,
    pub(crate) promises: &'a Promises,
}

/// What comes next, and how.
pub(crate) type Next = (How, Result<State, Broken>);

impl Shared<'_> {
    /// All that may come next.
    pub(crate) fn successors(&self, state: &State) -> Vec<Next> {
        let mut all = Vec::new();
        for operator in 0..self.bounds.operators {
            match &state.minds[operator] {
                None => self.looks(state, operator, &mut all),
                Some(thought) => self.works(state, operator, thought, &mut all),
            }
        }
        self.edits(state, &mut all);
        all
    }

    fn edits(&self, state: &State, all: &mut Vec<Next>) {
        if !state.world.seen.object.exists {
            return;
        }
        for (edit, cost) in self.bounds.people {
            let mut world = *state.world;
            world.past.edits += cost;
            if world.past.edits > self.bounds.edits || !(edit.act)(&mut world) {
                continue;
            }
            let mut next = state.clone();
            if edit.is_heard {
                next.minds = [None, None];
                world.older = world.seen.object;
            }
            all.push((How::Edit(edit.name), Ok(next.with(&world, self.worlds))));
        }
    }

    /// An operator begins: it reads the Secret and Azure, and has the object from a cache.
    fn looks(&self, state: &State, operator: usize, all: &mut Vec<Next>) {
        let world = &state.world;
        if !world.seen.object.exists {
            return;
        }
        let mut begins = |at: &'static str, mind: &Mind| {
            let thought = self.thoughts.of(mind);
            let next = state.clone().thinking(operator, Some(thought));
            all.push((How::Looks { operator, at }, Ok(next)));
        };
        let now = Mind::of(&world.seen, &world.seen.azure);
        begins("", &now);
        if !self.bounds.old_views {
            return;
        }
        let mut old = world.seen;
        old.object = world.older;
        // What seems to be lost, or leaving, is looked at again.
        let looks_again =
            old.object.deleting || (old.object.metadata.finalizer && old.managed.is_none());
        let is_older = old.object != world.seen.object
            && !looks_again
            && old.object.uid == world.seen.object.uid;
        if is_older {
            begins(" at an old object", &Mind::of(&old, &world.seen.azure));
        }
        let list = Mind::of(&world.seen, &world.listed);
        if list != now {
            begins(" at an old list", &list);
        }
    }

    fn works(&self, state: &State, operator: usize, thought: &Thought, all: &mut Vec<Next>) {
        let said = self.thoughts.said(thought);
        let mut told = thought.mind;
        let mut world = *state.world;
        let step = match &said.next {
            Move::Take(step) => step,
            Move::Read(place) => {
                let goes_on = read(&world.seen, &mut told, place);
                let next = goes_on.then(|| self.thoughts.of(&told));
                let next = state.clone().thinking(operator, next);
                all.push((How::Reads(operator), Ok(next)));
                return;
            }
            Move::Rest | Move::GiveUp { .. } => {
                all.push((
                    How::Reports(operator),
                    self.reports(state, operator, thought),
                ));
                return;
            }
        };
        let how = |ends| How::Takes(operator, step.name(), ends);
        let may_stop = world.past.stops < self.bounds.stops;
        let rests = |world: &World| state.with(world, self.worlds).thinking(operator, None);
        let stops = |world: &World| {
            let mut stopped = *world;
            stopped.past.stops += 1;
            rests(&stopped)
        };
        if may_stop {
            all.push((how(Ends::StopsBefore), Ok(stops(&world))));
        }
        match take(&mut world, &mut told, step, &said.effect, self.promises) {
            Done::Broken(broken) => all.push((how(Ends::Breaks), Err(broken))),
            Done::Conflict => all.push((how(Ends::TooLate), Ok(rests(&world)))),
            Done::Refused => {
                self.thoughts.refused(&mut told, step);
                let next = state
                    .clone()
                    .thinking(operator, Some(self.thoughts.of(&told)));
                all.push((how(Ends::Refused), Ok(next)));
            }
            Done::Well => {
                if may_stop {
                    all.push((how(Ends::StopsAfter), Ok(stops(&world))));
                }
                self.thoughts.remember(&world, &mut told, step);
                // Whose object is gone has nothing left to do.
                let goes_on = world.seen.object.exists.then(|| self.thoughts.of(&told));
                let next = state.with(&world, self.worlds).thinking(operator, goes_on);
                all.push((how(Ends::Well), Ok(next)));
            }
        }
    }

    fn reports(&self, state: &State, operator: usize, thought: &Thought) -> Result<State, Broken> {
        let reported = self.thoughts.reported(thought);
        let mut world = *state.world;
        if report(&mut world, &thought.mind, &reported)
            && let Some(broken) = told::check(&thought.mind, &reported, self.promises)
        {
            return Err(broken);
        }
        Ok(state.with(&world, self.worlds).thinking(operator, None))
    }
}
