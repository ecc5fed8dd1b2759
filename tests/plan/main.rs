//! The pure plan, without a server: decisions one by one, and whole lives of an object with a crash at every point.

mod crashes;
mod decisions;
mod deletion;
mod reporting;
mod world;
