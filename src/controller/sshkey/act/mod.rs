//! The steps of the plan, as requests.

pub(in crate::controller) mod azure;
pub(in crate::controller) mod dispatch;
pub(in crate::controller) mod error;
pub(in crate::controller) mod hold_store;
pub(in crate::controller) mod key_pair;
pub(in crate::controller) mod object;
pub(in crate::controller) mod outcome_check;
pub(in crate::controller) mod outputs;
pub(in crate::controller) mod read;
pub(in crate::controller) mod read_azure;
pub(in crate::controller) mod rotation;
pub(in crate::controller) mod secret;
