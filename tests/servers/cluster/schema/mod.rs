//! What the API server refuses of an object, with what to write instead, and what it lets be changed.

mod apply;
mod changes;
mod cluster_stores;
mod key_cases;
mod keys;
mod kubectl;
mod place_and_output_cases;
mod plans;
mod stores;
