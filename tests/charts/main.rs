//! The charts, rendered by Helm itself.

// A test that meets what it did not expect has failed: that is what a panic says.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admission;
mod around_pod;
mod cluster;
mod contradictions;
mod default_store;
mod definitions;
mod helm;
mod helm_test;
mod new_team;
mod openshift;
mod pod;
mod refused;
mod rights;
mod server;
mod tenants;
mod values;
mod values_around_pod;
mod values_for_operator;
mod values_for_pod;
