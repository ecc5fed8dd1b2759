//! From every world one operator goes on alone, undisturbed, and comes to rest.

use std::sync::Arc;

use sshkey_operator::plan::{Move, Plan};

use crate::{
    act::{
        report::report,
        take::{Done, take},
        tell::read,
    },
    promises::{
        kinds::{Broken, Promise, Promises},
        rest, told,
    },
    search::{
        pool::{Pool, place_of},
        thoughts::Thoughts,
    },
    view::Mind,
    world::World,
};

/// More moves than any way to rest takes.
const ENOUGH: usize = 64;

/// Worlds from which one operator, undisturbed, was seen to come to rest.
pub(crate) struct Rest<'a> {
    known: Pool<World, ()>,
    asked: Pool<usize, ()>,
    pub(crate) thoughts: &'a Thoughts,
    pub(crate) promises: &'a Promises,
}

impl<'a> Rest<'a> {
    pub(crate) fn new(thoughts: &'a Thoughts, promises: &'a Promises) -> Self {
        Self {
            known: Pool::new(),
            asked: Pool::new(),
            thoughts,
            promises,
        }
    }

    /// How many worlds there are.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// From a world, and from the same once nobody refuses anything; each is asked about once.
    pub(crate) fn check(&self, world: &Arc<World>) -> Option<Broken> {
        if !self.asked.get(&place_of(world), || ()).1 {
            return None;
        }
        self.comes_to_rest(world).or_else(|| {
            let refuses = world.refuses.is_some();
            refuses.then(|| self.comes_to_rest(&world.relented()))?
        })
    }

    /// Lets one operator go on from a world alone, until it has nothing left to do. It looks again after every step, so
    /// that each world is asked about once; but for a policy that turns back what it writes and for what is refused, of
    /// which it learns in a pass.
    fn comes_to_rest(&self, world: &World) -> Option<Broken> {
        let mut world = plain(world);
        if self.known.has(&world) {
            return None;
        }
        let mut way = vec![world];
        let mut moves = Vec::new();
        let mut mind = Mind::of(&world.seen, &world.seen.azure);
        for _ in 0..ENOUGH {
            if !world.seen.object.exists {
                return self.rests(&world, None, &way, &moves);
            }
            let thought = self.thoughts.of(&mind);
            let said = self.thoughts.said(&thought);
            match &said.next {
                Move::Read(place) => {
                    read(&world.seen, &mut mind, place);
                    continue;
                }
                Move::Take(step) => {
                    moves.push(step.name());
                    match take(&mut world, &mut mind, step, &said.effect, self.promises) {
                        Done::Broken(broken) => return Some(broken.after(&moves)),
                        Done::Conflict => {
                            return self.never(&format!("{} conflicts with nobody", step.name()));
                        }
                        Done::Refused => {
                            self.thoughts.refused(&mut mind, step);
                            continue;
                        }
                        Done::Well => {}
                    }
                    self.thoughts.remember(&world, &mut mind, step);
                    world = plain(&world);
                    if (world.policy || world.refuses.is_some()) && world.seen.object.exists {
                        continue;
                    }
                }
                Move::Rest | Move::GiveUp { .. } => {
                    let before = world.seen;
                    let reported = self.thoughts.reported(&thought);
                    if report(&mut world, &mind, &reported)
                        && let Some(broken) = told::check(&mind, &reported, self.promises)
                    {
                        return Some(broken.after(&moves));
                    }
                    world = plain(&world);
                    if world.seen == before {
                        return self.rests(&world, Some(&said.plan), &way, &moves);
                    }
                }
            }
            let looked = mind.looked;
            mind = Mind::of(&world.seen, &world.seen.azure);
            if looked {
                mind.looked = true;
                mind.seen.staged = world.seen.staged;
                mind.seen.previous = world.seen.previous;
            }
            if self.known.has(&world) {
                self.remember(&way);
                return None;
            }
            way.push(world);
        }
        self.never("it goes on and on")
            .map(|broken| broken.after(&moves))
    }

    fn never(&self, what: &str) -> Option<Broken> {
        let promise = Promise::ComesToRest;
        let asked = self.promises.ask(promise, || Some(Err("")));
        asked.map(|_| Broken {
            promise,
            what: what.to_owned(),
        })
    }

    fn rests(
        &self,
        world: &World,
        plan: Option<&Plan>,
        way: &[World],
        moves: &[&str],
    ) -> Option<Broken> {
        self.promises.ask(Promise::ComesToRest, || Some(Ok(())));
        let broken = rest::check(world, plan, self.promises);
        if broken.is_none() {
            self.remember(way);
        }
        broken.map(|broken| broken.after(moves))
    }

    fn remember(&self, way: &[World]) {
        for world in way {
            self.known.get(world, || ());
        }
    }
}

/// A world without what only a cache or an old list shows, and without what only counts.
fn plain(world: &World) -> World {
    let mut world = world.settled();
    world.past.edits = 0;
    world.past.stops = 0;
    world
}
