//! The library of the operator that keeps SSH key pairs in Kubernetes Secrets and their public halves in Azure.
//!
//! Rooms, and what each may use; a test guards the arrows.
//!
//! | room | holds | may use |
//! |---|---|---|
//! | [`api`] | the custom resources, and every name that is written on an object | |
//! | [`keys`] | key pairs: generate, parse, prove, encode | |
//! | [`plan`] | the decision, pure | `api`, `keys` |

pub mod api;
pub mod azure;
pub mod keys;
pub mod kubernetes;
pub mod plan;
