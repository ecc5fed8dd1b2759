//! Breadth first, so that the shortest way to a broken promise is the one that is shown.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    rc::Rc,
};

use sshkey_operator::plan::{
    Desired, Freshness, Move, Observed, Outcome as Effect, Place, Plan, Step, next_move,
};

use crate::{
    act::{Done, act},
    edits::{EDITS, RARE_EDITS},
    invariants::{Reported, at_rest, report},
    view::{Mind, place_number},
    world::{Seen, World},
};

/// How far is looked.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// How often people do something.
    pub(crate) edits: u8,
    /// For how many of these one of the rare edits counts.
    pub(crate) rare: u8,
    /// Whether a list may show an older Azure.
    pub(crate) old_lists: bool,
    /// How often an operator stops after a step that it does not hear of, or before one.
    pub(crate) stops: u8,
    /// More states than these are a fault of the model.
    pub(crate) states: usize,
}

/// A planner that may be wrong: in its plan, or in what it makes of it next.
#[derive(Clone, Copy)]
pub(crate) struct Planner {
    pub(crate) plan: fn(&Desired, &Observed, Plan) -> Plan,
    pub(crate) next: fn(&Plan, Move) -> Move,
}

impl Planner {
    /// The planner as it is.
    pub(crate) const RIGHT: Self = Self {
        plan: |_, _, plan| plan,
        next: |_, next| next,
    };
}

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
    known: HashMap<Mind, Rc<Said>>,
    /// The steps that minds remember, by number.
    steps: Vec<Step>,
}

/// What a planner says of one mind, and what follows from it where the world is as that mind sees it.
pub(crate) struct Said {
    pub(crate) plan: Plan,
    pub(crate) next: Move,
    pub(crate) effect: OnceCell<Effect>,
    pub(crate) status: OnceCell<Reported>,
}

impl Plans {
    fn next(&mut self, mind: &Mind) -> Rc<Said> {
        if let Some(known) = self.known.get(mind) {
            return Rc::clone(known);
        }
        let (desired, observed) = (mind.desired(), mind.observed());
        let plan = (self.planner.plan)(desired, &observed, mind.plan());
        let taken: Vec<Step> = mind
            .taken
            .iter()
            .map(|number| self.steps[usize::from(*number)].clone())
            .collect();
        let next = next_move(desired, &observed, &plan, &taken);
        let next = (self.planner.next)(&plan, next);
        let said = Rc::new(Said {
            plan,
            next,
            effect: OnceCell::new(),
            status: OnceCell::new(),
        });
        self.known.insert(mind.clone(), Rc::clone(&said));
        said
    }

    /// What is taken while something turns it back is remembered for the rest of the pass.
    fn remember(&mut self, world: &World, mind: &mut Mind, step: &Step) {
        if !world.policy {
            return;
        }
        let known = self.steps.iter().position(|known| known == step);
        let number = known.unwrap_or_else(|| {
            self.steps.push(step.clone());
            self.steps.len() - 1
        });
        mind.taken.push(number.try_into().unwrap());
    }
}

/// An operator reads what its next step rests on; `false` when the object is another than it saw, so that it begins again.
fn read(seen: &Seen, mind: &mut Mind, place: &Place) -> bool {
    match place {
        Place::Object => {
            let (is, was) = (&seen.object, &mind.seen.object);
            if is.wanted != was.wanted || is.deleting != was.deleting || !is.exists {
                return false;
            }
            mind.seen.object = seen.object.clone();
            mind.live = true;
        }
        Place::Azure(id) => {
            let number = place_number(id);
            mind.seen.azure[number] = seen.azure[number];
            mind.known[number] = Freshness::Live;
        }
        Place::RotationSecrets => {
            mind.looked = true;
            mind.seen.staged.clone_from(&seen.staged);
            mind.seen.previous.clone_from(&seen.previous);
        }
    }
    true
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
        steps: Vec::new(),
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
            None => looks(state, operator, bounds, &mut all),
            Some(mind) => works(state, operator, mind, bounds, plans, &mut all),
        }
    }
    let often = EDITS.iter().map(|edit| (edit, 1));
    let rare = RARE_EDITS.iter().map(|edit| (edit, bounds.rare));
    if state.world.seen.object.exists {
        for ((name, edit), cost) in often.chain(rare) {
            let mut next = state.clone();
            next.world.past.edits += cost;
            if next.world.past.edits <= bounds.edits && edit(&mut next.world) {
                // Nothing can stop an operator that has not heard of a deletion or of a move from finishing what it is at:
                // the Lease keeps that to one operator, and this to one that has heard.
                let (was, is) = (&state.world.seen.object, &next.world.seen.object);
                if was.deleting != is.deleting || was.wanted != is.wanted {
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
fn looks(state: &State, operator: usize, bounds: Bounds, all: &mut Vec<Next>) {
    let world = &state.world;
    if !world.seen.object.exists {
        return;
    }
    let mut old = world.seen.clone();
    old.object = world.older.clone();
    // What seems to be lost, or leaving, is looked at again.
    let looks_again = old.object.deleting || (old.object.finalizer && old.managed.is_none());
    let is_older = old.object != world.seen.object && !looks_again;
    let objects = [("", world.seen.clone())]
        .into_iter()
        .chain(is_older.then_some((" at an old object", old)));
    for (how, seen) in objects {
        let mut begins = |how: String, seen: &Seen| {
            let mut next = state.clone();
            next.minds[operator] = Some(Mind::of(seen));
            all.push((format!("operator {operator} looks{how}"), Ok(next)));
        };
        begins(how.to_owned(), &seen);
        let listed = seen.object.shown.filter(|_| !seen.object.deleting);
        if let Some(place) = listed.map(usize::from)
            && bounds.old_lists
            && world.listed[place] != seen.azure[place]
        {
            let mut old_list = seen.clone();
            old_list.azure[place] = world.listed[place];
            begins(format!("{how} at an old list"), &old_list);
        }
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
    let said = plans.next(mind);
    let mut next = state.clone();
    let mut told = mind.clone();
    let step = match &said.next {
        Move::Take(step) => step,
        Move::Read(place) => {
            let goes_on = read(&state.world.seen, &mut told, place);
            next.minds[operator] = Some(told).filter(|_| goes_on);
            all.push((
                format!("operator {operator} reads what it rests on"),
                Ok(next),
            ));
            return;
        }
        Move::Rest | Move::GiveUp { .. } => {
            report(&mut next.world, mind, &said);
            next.minds[operator] = None;
            all.push((format!("operator {operator} reports"), Ok(next)));
            return;
        }
    };
    let name = format!("operator {operator}: {}", step.name());
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
    match act(&mut next.world, &mut told, step, &said.effect) {
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
            plans.remember(&next.world, &mut told, step);
            // Whose object is gone has nothing left to do.
            next.minds[operator] = Some(told).filter(|_| next.world.seen.object.exists);
            all.push((name, Ok(next)));
        }
    }
}

/// Worlds from which one operator, undisturbed, was seen to come to rest.
#[derive(Default)]
struct Rest {
    known: HashSet<World>,
}

impl Rest {
    /// Lets one operator go on from a world alone, until it has nothing left to do. It looks again after every step, so
    /// that each world is asked about once; but for a policy that turns back what it writes, of which it learns in a pass.
    fn check(&mut self, world: &World, plans: &mut Plans) -> Option<String> {
        const ENOUGH: usize = 96;
        let mut world = plain(world);
        if self.known.contains(&world) {
            return None;
        }
        let mut way = vec![world.clone()];
        let mut mind = Mind::of(&world.seen);
        for _ in 0..ENOUGH {
            let said = plans.next(&mind);
            let mut looks = true;
            match &said.next {
                Move::Read(place) => {
                    read(&world.seen, &mut mind, place);
                    continue;
                }
                Move::Take(step) => {
                    match act(&mut world, &mut mind, step, &said.effect) {
                        Done::Broken(promise) => return Some(promise),
                        Done::Conflict => {
                            return Some(format!("{} conflicts with nobody", step.name()));
                        }
                        Done::Well => {}
                    }
                    plans.remember(&world, &mut mind, step);
                    world = plain(&world);
                    looks = !world.policy;
                }
                Move::Rest | Move::GiveUp { .. } => {
                    let before = world.seen.clone();
                    report(&mut world, &mind, &said);
                    world = plain(&world);
                    if world.seen == before {
                        return self.rests(&world, &said.plan, way);
                    }
                }
            }
            if !world.seen.object.exists {
                return self.rests(&world, &said.plan, way);
            }
            if !looks {
                continue;
            }
            mind = Mind {
                looked: mind.looked || Mind::of(&world.seen).looked,
                ..Mind::of(&world.seen)
            };
            if self.known.contains(&world) {
                self.known.extend(way);
                return None;
            }
            way.push(world.clone());
        }
        Some("promise 4: it does not come to rest".to_owned())
    }

    fn rests(&mut self, world: &World, plan: &Plan, way: Vec<World>) -> Option<String> {
        let broken = at_rest(world, plan);
        if broken.is_none() {
            self.known.extend(way);
        }
        broken
    }
}

/// A world without what only a cache or an old list shows.
fn plain(world: &World) -> World {
    let mut world = world.clone();
    world.older = world.seen.object.clone();
    world.listed = world.seen.azure;
    world
}
