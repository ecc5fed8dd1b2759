//! The library of the operator that keeps SSH key pairs in Kubernetes Secrets and their public halves in Azure.
//!
//! Rooms, and what each may use; a test guards the arrows.
//!
//! | room | holds | may use |
//! |---|---|---|
//! | [`api`] | the custom resources, and every name that is written on an object | |
//! | [`keys`] | key pairs: generate, parse, prove, encode | |
//! | [`metrics`] | what is counted, and its text | |
//! | [`packing`] | compression of objects of which many are kept in memory | |
//! | [`plan`] | the decision, pure | `api`, `keys` |
//! | [`kubernetes`] | what is read from and written to the cluster | `api`, `keys`, `metrics` |
//! | [`azure`] | identities, ARM calls, inventory, budget | `api`, `keys`, `metrics`, `packing` |
//! | [`controller`] | observe, plan, act, report; watches | all above |
//! | [`app`] | flags, logs, health and metrics server, wiring | all above |
//! | [`cli`] | the plugin of kubectl | `api`, `keys` |

pub mod api;
pub mod app;
pub mod azure;
pub mod cli;
pub mod controller;
pub mod keys;
pub mod kubernetes;
pub mod metrics;
pub mod packing;
pub mod plan;
