//! The operator on real servers: a real API server and etcd, an emulated Azure over TLS, real OpenSSH. One binary, since
//! linking is what takes long; each test in a namespace of its own, with an operator of its own.

// A test that meets what it did not expect has failed: that is what a panic says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
// Tables of what is refused are long, and read best in one piece.
#![allow(clippy::too_many_lines)]

mod authority;
mod azure_errors;
mod azure_faults;
mod azure_lists;
mod bad_keys;
mod certificates;
mod cluster_schema;
mod cluster_stores;
mod drift;
mod durability;
mod effects;
mod ending;
mod fairness;
mod faults;
mod governed;
mod imports;
mod leader;
mod leaks;
mod login;
mod made;
mod main_job;
mod manifests;
mod metrics;
mod moves;
mod namespaces;
mod openmetrics;
mod outages;
mod output_changes;
mod outputs;
mod own_identity;
mod poison;
mod protection;
mod recovery;
mod refused_steps;
mod rights;
mod rotation;
mod schema;
mod seen;
mod soak;
mod store_deletion;
mod stores;
mod successors;
mod takeover;
mod tenants;
mod throttle;
mod two_operators;
mod uploads;
mod vanished;
mod watches;
