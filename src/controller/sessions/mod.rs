//! Stores at work: their credentials, and one session with Azure for each.

pub(in crate::controller) mod all;
pub(in crate::controller) mod checked_store;
pub(in crate::controller) mod client_certificate;
pub(in crate::controller) mod credential;
pub(in crate::controller) mod credential_reader;
pub(in crate::controller) mod no_credential;
pub(in crate::controller) mod session;
pub(in crate::controller) mod store_object;
