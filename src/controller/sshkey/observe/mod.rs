//! What is observed before a decision.

pub(in crate::controller) mod at_rest;
pub(in crate::controller) mod azure;
pub(in crate::controller) mod azure_views;
pub(in crate::controller) mod beside_secret;
pub(in crate::controller) mod error;
pub(in crate::controller) mod look;
pub(in crate::controller) mod look_request;
pub(in crate::controller) mod marks;
pub(in crate::controller) mod new_object;
pub(in crate::controller) mod object;
pub(in crate::controller) mod observation;
pub(in crate::controller) mod outputs;
pub(in crate::controller) mod purpose;
pub(in crate::controller) mod rotation_secrets;
pub(in crate::controller) mod secret;
pub(in crate::controller) mod stores;
