//! An HTTPS proxy between the operator and the API server: it counts, and it fails on demand.

mod classify;
mod connection;
mod faults;
mod log;
mod rules;
mod server;
mod shared;
mod watches;

pub use classify::Access;
pub use faults::Fault;
pub use log::Entry;
pub use rules::{Chooser, Rule};
pub use server::Proxy;
