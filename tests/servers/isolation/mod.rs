//! What goes wrong for one object stops what rests on it, and nothing else.

mod poison;
mod refused_steps;
mod stuck_objects;
