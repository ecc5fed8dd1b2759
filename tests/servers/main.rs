//! The operator on real servers: a real API server and etcd, an emulated Azure over TLS, real OpenSSH. One binary, since
//! linking is what takes long; each test in a namespace of its own, with an operator of its own.

mod azure_faults;
mod kills;
mod login;
mod main_job;
mod namespaces;
mod outages;
mod rights;
mod schema;
mod stores;
mod takeover;
