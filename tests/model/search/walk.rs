//! Visits every state that can be reached, level by level, on all cores.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    promises::kinds::{Broken, Promises},
    search::{
        Bounds,
        how::How,
        pool::Pool,
        rest::Rest,
        state::{Key, State},
        successors::Shared,
        thoughts::Thoughts,
    },
    world::World,
};

/// What a search came to.
pub(crate) enum Outcome {
    Kept(Found),
    Broken(Way),
}

/// What was looked at.
#[derive(Clone, Copy, Default)]
pub(crate) struct Found {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    pub(crate) worlds: usize,
    pub(crate) minds: usize,
}

/// A broken promise, and how it came to that.
pub(crate) struct Way {
    pub(crate) broken: Broken,
    steps: Vec<How>,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.broken)?;
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "  {}. {step}", number + 1)?;
        }
        Ok(())
    }
}

/// A state, and whence it came.
struct Node {
    state: State,
    from: usize,
    how: How,
}

/// What one thread found in a level.
#[derive(Default)]
struct Level {
    nodes: Vec<Node>,
    transitions: usize,
    /// Where a promise was broken, and by what.
    broken: Option<(usize, Broken, Option<How>)>,
}

/// How many states a thread takes at once.
const CHUNK: usize = 64;

/// What several searches with one planner know together.
pub(crate) struct Known<'a> {
    rest: Rest<'a>,
    worlds: Pool<World, Arc<World>>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(thoughts: &'a Thoughts, promises: &'a Promises) -> Self {
        Self {
            rest: Rest::new(thoughts, promises),
            worlds: Pool::new(),
        }
    }
}

/// Visits every state that can be reached.
pub(crate) fn search(start: &World, bounds: Bounds, known: &Known<'_>, threads: usize) -> Outcome {
    let Known { rest, worlds } = known;
    let shared = Shared {
        bounds,
        thoughts: rest.thoughts,
        worlds,
        promises: rest.promises,
        known: &Pool::new(),
    };
    let first = State {
        world: worlds.get(start, || Arc::new(*start)).0,
        minds: [None, None],
    };
    let known: Pool<Key, ()> = Pool::new();
    known.get(&first.key(), || ());
    let before = [rest.len(), rest.thoughts.len()];
    let mut nodes = vec![Node {
        state: first,
        from: 0,
        how: How::Begins,
    }];
    let mut done = 0;
    let mut found = Found::default();
    while done < nodes.len() {
        let level = walk_level(&nodes, done, threads, |place, level| {
            visit(&shared, rest, &known, &nodes[place].state, place, level);
        });
        done = nodes.len();
        found.transitions += level.transitions;
        if let Some((place, broken, last)) = level.broken {
            return Outcome::Broken(way(&nodes, place, broken, last));
        }
        nodes.extend(level.nodes);
    }
    Outcome::Kept(Found {
        states: nodes.len(),
        worlds: rest.len() - before[0],
        minds: rest.thoughts.len() - before[1],
        ..found
    })
}

/// Visits all states from `done` on.
fn walk_level(
    nodes: &[Node],
    done: usize,
    threads: usize,
    visit: impl Fn(usize, &mut Level) + Sync,
) -> Level {
    let next = AtomicUsize::new(done);
    let all = Mutex::new(Level::default());
    let work = || {
        let mut level = Level::default();
        loop {
            let first = next.fetch_add(CHUNK, Ordering::Relaxed);
            if first >= nodes.len() || level.broken.is_some() {
                break;
            }
            for place in first..nodes.len().min(first + CHUNK) {
                visit(place, &mut level);
            }
        }
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.nodes.extend(level.nodes);
        all.transitions += level.transitions;
        all.broken = all.broken.take().or(level.broken);
    };
    if nodes.len() - done <= CHUNK || threads == 1 {
        work();
    } else {
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    }
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn visit(
    shared: &Shared<'_>,
    rest: &Rest<'_>,
    known: &Pool<Key, ()>,
    state: &State,
    place: usize,
    level: &mut Level,
) {
    if level.broken.is_some() {
        return;
    }
    if let Some(broken) = rest.check(&state.world) {
        level.broken = Some((place, broken, None));
        return;
    }
    for (how, next) in shared.successors(state) {
        level.transitions += 1;
        match next {
            Ok(state) if known.get(&state.key(), || ()).1 => level.nodes.push(Node {
                state,
                from: place,
                how,
            }),
            Ok(_) => {}
            Err(broken) => {
                level.broken = Some((place, broken, Some(how)));
                return;
            }
        }
    }
}

fn way(nodes: &[Node], place: usize, broken: Broken, last: Option<How>) -> Way {
    let mut steps: Vec<How> = last.into_iter().collect();
    let mut at = place;
    while at != 0 {
        steps.push(nodes[at].how);
        at = nodes[at].from;
    }
    steps.reverse();
    Way { broken, steps }
}
