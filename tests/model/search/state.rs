//! A state of the search: a world, and what each of two operators has in mind.

use std::sync::Arc;

use crate::{
    search::{pool::place_of, thoughts::Thought},
    world::World,
};

/// A state of the search.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) world: Arc<World>,
    /// What each operator has in mind while it works.
    pub(crate) minds: [Option<Arc<Thought>>; 2],
}

/// By which two states are one.
pub(crate) type Key = [usize; 3];

impl State {
    /// By which it is told from others. Who of both operators has what in mind makes no difference.
    pub(crate) fn key(&self) -> Key {
        let mind = |mind: &Option<Arc<Thought>>| mind.as_ref().map_or(0, place_of);
        let (one, other) = (mind(&self.minds[0]), mind(&self.minds[1]));
        [place_of(&self.world), one.min(other), one.max(other)]
    }

    /// The same where an operator has something else in mind, or nothing.
    pub(crate) fn thinking(mut self, operator: usize, thought: Option<Arc<Thought>>) -> Self {
        self.minds[operator] = thought;
        self
    }
}
