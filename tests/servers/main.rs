//! The operator on real servers: a real API server and etcd, an emulated Azure over TLS, real OpenSSH. One binary, since
//! linking is what takes long; each test in a namespace of its own, with an operator of its own.

// A test that meets what it did not expect has failed: that is what a panic says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

// What the tests of all folders apply, make and look at.
mod made;
mod manifests;
mod seen;

mod authority;
mod azure;
mod cli;
mod cluster;
mod fairness;
mod faults;
mod isolation;
mod keys;
mod life;
mod operator;
mod outputs;
mod planned;
mod recovery;
mod requests;
mod rotation;
mod stores;
mod tenants;
