//! The pure plan, without a server: decisions one by one, and whole lives of an object with a crash at every point.

// A test that meets what it did not expect has failed: that is what a panic says.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod adoption;
mod audit;
mod authority;
mod azure_decisions;
mod crashes;
mod decisions;
mod deletion;
mod drift;
mod durability;
mod forecast;
mod former_keys;
mod holds;
mod life;
mod moves;
mod next_move;
mod output_conflicts;
mod outputs;
mod pending;
mod promises;
mod recovery;
mod refusals;
mod reporting;
mod rotation;
mod rotation_waits;
mod rotation_world;
mod search;
mod secret_decisions;
mod sources;
mod tenant_limits;
mod tenants;
mod world;
