//! What the operator counts, for `/metrics`. Every label has few values: no name of an object and no namespace is one, so
//! that thousands of objects make no more series than one.

mod all;
mod azure;
mod catalogue;
mod controllers;
mod families;

pub use all::Metrics;
pub use azure::Azure;
pub use catalogue::Described;
pub use controllers::Controllers;
pub use families::{Counters, Durations, Gauges};
