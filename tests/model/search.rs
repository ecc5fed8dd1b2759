//! Breadth first, so that the shortest way to a broken promise is the one that is shown.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    rc::Rc,
};

use sshkey_operator::plan::{Desired, Observed, Plan, Step};

use crate::{
    act::{Done, act},
    edits::EDITS,
    invariants::{at_rest, report},
    view::Mind,
    world::World,
};

/// How far is looked.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// How often people do something.
    pub(crate) edits: u8,
    /// How often an operator stops after a step that it does not hear of, or before one.
    pub(crate) stops: u8,
    /// More states than these are a fault of the model.
    pub(crate) states: usize,
}

/// A planner that may be wrong.
pub(crate) type Planner = fn(&Desired, &Observed, Plan) -> Plan;

/// What a search came to.
pub(crate) enum Outcome {
    Kept(Found),
    Broken(Broken),
}

/// What was looked at.
pub(crate) struct Found {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    pub(crate) worlds: usize,
}

/// A broken promise, and how it came to that.
pub(crate) struct Broken {
    pub(crate) promise: String,
    way: Vec<String>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.promise)?;
        for (number, step) in self.way.iter().enumerate() {
            writeln!(f, "  {}. {step}", number + 1)?;
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    world: World,
    /// Two operators: what each has in mind while it works.
    minds: [Option<Mind>; 2],
}

struct Node {
    state: State,
    from: Option<usize>,
    how: String,
}

/// What a planner says, asked once for each mind.
struct Plans {
    planner: Planner,
    known: HashMap<Mind, Rc<Plan>>,
}

impl Plans {
    fn plan(&mut self, mind: &Mind) -> Rc<Plan> {
        if let Some(known) = self.known.get(mind) {
            return Rc::clone(known);
        }
        let plan = Rc::new((self.planner)(
            mind.desired(),
            &mind.observed(),
            mind.plan(),
        ));
        self.known.insert(mind.clone(), Rc::clone(&plan));
        plan
    }
}

/// Visits every state that can be reached.
pub(crate) fn search(start: &World, bounds: Bounds, planner: Planner) -> Outcome {
    let first = State {
        world: start.clone(),
        minds: [None, None],
    };
    let mut known: HashSet<State> = HashSet::from([first.clone()]);
    let mut nodes = vec![Node {
        state: first,
        from: None,
        how: String::new(),
    }];
    let mut rest = Rest::default();
    let plans = &mut Plans {
        planner,
        known: HashMap::new(),
    };
    let mut queue = VecDeque::from([0]);
    let mut transitions = 0;
    while let Some(place) = queue.pop_front() {
        let state = nodes[place].state.clone();
        if let Some(promise) = rest.check(&state.world, plans) {
            return broken(&nodes, place, promise, None);
        }
        for (how, next) in successors(&state, bounds, plans) {
            transitions += 1;
            let next = match next {
                Ok(next) => next,
                Err(promise) => return broken(&nodes, place, promise, Some(how)),
            };
            if known.insert(next.clone()) {
                nodes.push(Node {
                    state: next,
                    from: Some(place),
                    how,
                });
                assert!(nodes.len() < bounds.states, "more states than expected");
                queue.push_back(nodes.len() - 1);
            }
        }
    }
    Outcome::Kept(Found {
        states: nodes.len(),
        transitions,
        worlds: rest.known.len(),
    })
}

fn broken(nodes: &[Node], place: usize, promise: String, last: Option<String>) -> Outcome {
    let mut way: Vec<String> = last.into_iter().collect();
    let mut at = Some(place);
    while let Some(place) = at {
        let node = &nodes[place];
        way.push(node.how.clone());
        at = node.from;
    }
    way.pop();
    way.reverse();
    Outcome::Broken(Broken { promise, way })
}

type Next = (String, Result<State, String>);

fn successors(state: &State, bounds: Bounds, plans: &mut Plans) -> Vec<Next> {
    let mut all = Vec::new();
    for operator in 0..2 {
        match &state.minds[operator] {
            None => looks(state, operator, &mut all),
            Some(mind) => works(state, operator, mind, bounds, plans, &mut all),
        }
    }
    if state.world.past.edits < bounds.edits && state.world.seen.object.exists {
        for (name, edit) in EDITS {
            let mut next = state.clone();
            if edit(&mut next.world) {
                next.world.past.edits += 1;
                // Nothing can stop an operator that has not heard of a deletion from finishing what it is at: the Lease
                // keeps that to one operator, and this to one that has heard.
                if next.world.seen.object.deleting && !state.world.seen.object.deleting {
                    next.minds = [None, None];
                    next.world.older = next.world.seen.object.clone();
                }
                all.push(((*name).to_owned(), Ok(next)));
            }
        }
    }
    all
}

/// An operator begins: it reads the Secret and Azure, and has the object from a cache.
fn looks(state: &State, operator: usize, all: &mut Vec<Next>) {
    let world = &state.world;
    if !world.seen.object.exists {
        return;
    }
    let mut views = vec![world.seen.clone()];
    let mut old = world.seen.clone();
    old.object = world.older.clone();
    // What seems to be lost, or leaving, is looked at anew.
    let looks_again = old.object.deleting || (old.object.finalizer && old.managed.is_none());
    if old.object != world.seen.object && !looks_again {
        views.push(old);
    }
    for seen in views {
        let is_old = seen.object != world.seen.object;
        let mut next = state.clone();
        next.minds[operator] = Some(Mind::of(&seen));
        let how = if is_old { " at an old object" } else { "" };
        all.push((format!("operator {operator} looks{how}"), Ok(next)));
    }
}

fn works(
    state: &State,
    operator: usize,
    mind: &Mind,
    bounds: Bounds,
    plans: &mut Plans,
    all: &mut Vec<Next>,
) {
    let decided = plans.plan(mind);
    let Some(step) = decided.steps.first() else {
        let mut next = state.clone();
        report(&mut next.world, mind, &decided);
        next.minds[operator] = None;
        all.push((format!("operator {operator} reports"), Ok(next)));
        return;
    };
    let name = format!("operator {operator}: {} ({})", step.name(), step.describe());
    let mut next = state.clone();
    let mut told = mind.clone();
    if is_unseen(mind, step) {
        told.looked = true;
        told.seen.staged.clone_from(&state.world.seen.staged);
        told.seen.previous.clone_from(&state.world.seen.previous);
        next.minds[operator] = Some(told);
        all.push((
            format!("operator {operator} looks beside the Secret"),
            Ok(next),
        ));
        return;
    }
    let may_stop = state.world.past.stops < bounds.stops;
    if may_stop {
        let mut stopped = state.clone();
        stopped.minds[operator] = None;
        stopped.world.past.stops += 1;
        all.push((
            format!("operator {operator} stops before {}", step.name()),
            Ok(stopped),
        ));
    }
    match act(&mut next.world, &mut told, step) {
        Done::Broken(promise) => all.push((name, Err(promise))),
        Done::Conflict => {
            next.minds[operator] = None;
            all.push((format!("{name}, too late"), Ok(next)));
        }
        Done::Well => {
            if may_stop {
                let mut lost = next.clone();
                lost.minds[operator] = None;
                lost.world.past.stops += 1;
                all.push((format!("{name}, and stops"), Ok(lost)));
            }
            // Whose object is gone has nothing left to do.
            next.minds[operator] = Some(told).filter(|_| next.world.seen.object.exists);
            all.push((name, Ok(next)));
        }
    }
}

/// Nothing is staged before it was looked whether something is.
fn is_unseen(mind: &Mind, step: &Step) -> bool {
    matches!(step, Step::StageKey { .. }) && !mind.looked
}

/// Worlds from which one operator, undisturbed, was seen to come to rest.
#[derive(Default)]
struct Rest {
    known: HashSet<World>,
}

impl Rest {
    /// Lets one operator go on from a world alone, until it has nothing left to do.
    fn check(&mut self, world: &World, plans: &mut Plans) -> Option<String> {
        const ENOUGH: usize = 64;
        let mut world = plain(world);
        if self.known.contains(&world) {
            return None;
        }
        let mut way = vec![world.clone()];
        let mut mind = Mind::of(&world.seen);
        for _ in 0..ENOUGH {
            let decided = plans.plan(&mind);
            match decided.steps.first() {
                Some(step) if is_unseen(&mind, step) => mind.looked = true,
                Some(step) => {
                    match act(&mut world, &mut mind, step) {
                        Done::Broken(promise) => return Some(promise),
                        Done::Conflict => {
                            return Some(format!("{} conflicts with nobody", step.name()));
                        }
                        Done::Well => {}
                    }
                    world = plain(&world);
                }
                None => {
                    let before = world.seen.clone();
                    report(&mut world, &mind, &decided);
                    world = plain(&world);
                    if world.seen == before {
                        let broken = at_rest(&world, &decided);
                        if broken.is_none() {
                            self.known.extend(way);
                        }
                        return broken;
                    }
                }
            }
            if !world.seen.object.exists {
                let broken = at_rest(&world, &decided);
                if broken.is_none() {
                    self.known.extend(way);
                }
                return broken;
            }
            // Every pass begins with a look; each world is asked about once.
            mind = Mind {
                looked: mind.looked || Mind::of(&world.seen).looked,
                seen: world.seen.clone(),
            };
            if self.known.contains(&world) {
                self.known.extend(way);
                return None;
            }
            way.push(world.clone());
        }
        Some("promise 4: it does not come to rest".to_owned())
    }
}

/// A world without what only the cache shows.
fn plain(world: &World) -> World {
    let mut world = world.clone();
    world.older = world.seen.object.clone();
    world
}
