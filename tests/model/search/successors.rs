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
        pool::{Pool, place_of},
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
    /// What may come next of one operator or of people in a world, asked once: another operator's mind changes nothing.
    pub(crate) known: &'a Pool<[usize; 2], Arc<Vec<Turn>>>,
}

/// What comes next, and how.
pub(crate) type Next = (How, Result<State, Broken>);

/// The same apart from what the other operator has in mind: the world, and what this one has in mind then.
type Turn = (How, Result<(Arc<World>, Option<Arc<Thought>>), Broken>);

/// Where there is no thought to be asked about: an operator that is idle, and people.
const IDLE: usize = 0;
const PEOPLE: usize = 1;

impl Shared<'_> {
    /// All that may come next.
    pub(crate) fn successors(&self, state: &State) -> Vec<Next> {
        let mut all = Vec::new();
        for operator in 0..self.bounds.operators {
            let thought = state.minds[operator].as_ref();
            let key = [place_of(&state.world), thought.map_or(IDLE, place_of)];
            let turns = if self.bounds.operators > 1 {
                let ask = || Arc::new(self.turns(&state.world, thought));
                self.known.get(&key, ask).0
            } else {
                Arc::new(self.turns(&state.world, thought))
            };
            all.extend(turns.iter().map(|(how, turn)| {
                let next = turn.clone().map(|(world, thought)| {
                    let minds = state.minds.clone();
                    State { world, minds }.thinking(operator, thought)
                });
                (how.of(operator), next)
            }));
        }
        let key = [place_of(&state.world), PEOPLE];
        let edits = self.known.get(&key, || Arc::new(self.edits(&state.world)));
        all.extend(edits.0.iter().map(|(how, turn)| {
            let is_heard = matches!(how, How::Edit { is_heard: true, .. });
            let next = turn.clone().map(|(world, _)| State {
                world,
                minds: if is_heard {
                    [None, None]
                } else {
                    state.minds.clone()
                },
            });
            (*how, next)
        }));
        all
    }

    fn turns(&self, world: &Arc<World>, thought: Option<&Arc<Thought>>) -> Vec<Turn> {
        match thought {
            None => self.looks(world),
            Some(thought) => self.works(world, thought),
        }
    }

    fn world(&self, world: &World) -> Arc<World> {
        self.worlds.get(world, || Arc::new(*world)).0
    }

    fn edits(&self, before: &World) -> Vec<Turn> {
        if !before.seen.object.exists {
            return Vec::new();
        }
        let edits = self.bounds.people.iter().filter_map(|(edit, cost)| {
            let mut world = *before;
            world.past.edits += cost;
            if world.past.edits > self.bounds.edits || !(edit.act)(&mut world) {
                return None;
            }
            let is_heard = edit.is_heard;
            if is_heard {
                world.older = world.seen.object;
            }
            let name = edit.name;
            Some((How::Edit { name, is_heard }, Ok((self.world(&world), None))))
        });
        edits.collect()
    }

    /// An operator begins: it reads the Secret and Azure, and has the object from a cache.
    fn looks(&self, world: &Arc<World>) -> Vec<Turn> {
        let mut all = Vec::new();
        if !world.seen.object.exists {
            return all;
        }
        let mut begins = |at: &'static str, mind: &Mind| {
            let thought = self.thoughts.of(mind);
            let how = How::Looks { operator: 0, at };
            all.push((how, Ok((Arc::clone(world), Some(thought)))));
        };
        let now = Mind::of(&world.seen, &world.seen.azure);
        begins("", &now);
        if !self.bounds.old_views {
            return all;
        }
        let mut old = world.seen;
        old.object = world.older;
        // What seems to be lost, or leaving, is looked at again.
        let is_held = old.object.metadata.finalizer && old.managed.is_none();
        let looks_again = old.object.deleting || is_held;
        let is_same = old.object.uid == world.seen.object.uid;
        if old.object != world.seen.object && is_same && !looks_again {
            begins(" at an old object", &Mind::of(&old, &world.seen.azure));
        }
        if world.listed != world.seen.azure {
            let list = Mind::of(&world.seen, &world.listed);
            if list != now {
                begins(" at an old list", &list);
            }
        }
        all
    }

    fn works(&self, before: &Arc<World>, thought: &Thought) -> Vec<Turn> {
        let said = self.thoughts.said(thought);
        let mut told = thought.mind;
        let mut world = **before;
        let step = match &said.next {
            Move::Take(step) => step,
            Move::Read(place) => {
                let goes_on = read(&world.seen, &mut told, place);
                let next = goes_on.then(|| self.thoughts.of(&told));
                return vec![(How::Reads(0), Ok((Arc::clone(before), next)))];
            }
            Move::Rest | Move::GiveUp { .. } => {
                return vec![(How::Reports(0), self.reports(before, thought))];
            }
        };
        let how = |ends| How::Takes(0, step.name(), ends);
        let may_stop = world.past.stops < self.bounds.stops;
        let stops = |world: &World| {
            let mut stopped = *world;
            stopped.past.stops += 1;
            Ok((self.world(&stopped), None))
        };
        let mut all = Vec::new();
        if may_stop {
            all.push((how(Ends::StopsBefore), stops(&world)));
        }
        match take(&mut world, &mut told, step, &said.effect, self.promises) {
            Done::Broken(broken) => all.push((how(Ends::Breaks), Err(broken))),
            Done::Conflict => all.push((how(Ends::TooLate), Ok((self.world(&world), None)))),
            Done::Refused => {
                self.thoughts.refused(&mut told, step);
                let next = Some(self.thoughts.of(&told));
                all.push((how(Ends::Refused), Ok((Arc::clone(before), next))));
            }
            Done::Well => {
                if may_stop {
                    all.push((how(Ends::StopsAfter), stops(&world)));
                }
                self.thoughts.remember(&world, &mut told, step);
                // Whose object is gone has nothing left to do.
                let goes_on = world.seen.object.exists;
                let next = goes_on.then(|| self.thoughts.of(&told));
                all.push((how(Ends::Well), Ok((self.world(&world), next))));
            }
        }
        all
    }

    fn reports(
        &self,
        before: &World,
        thought: &Thought,
    ) -> Result<(Arc<World>, Option<Arc<Thought>>), Broken> {
        let reported = self.thoughts.reported(thought);
        let mut world = *before;
        if report(&mut world, &thought.mind, &reported)
            && let Some(broken) = told::check(&thought.mind, &reported, self.promises)
        {
            return Err(broken);
        }
        Ok((self.world(&world), None))
    }
}
