//! How far is looked.

use crate::people::Edit;

/// How far is looked.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// Who does what, and for how many things each of it counts.
    pub(crate) people: &'static [(Edit, u8)],
    /// How often people do something.
    pub(crate) edits: u8,
    /// How often an operator stops after a step that it does not hear of, or before one.
    pub(crate) stops: u8,
    /// How many operators work at once.
    pub(crate) operators: usize,
    /// Whether caches and lists may show what was before.
    pub(crate) old_views: bool,
}
