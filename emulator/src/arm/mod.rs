//! Azure Resource Manager and the one resource provider behind it.

pub(crate) mod auth;
pub(crate) mod content;
pub(crate) mod envelope;
pub(crate) mod gateway;
mod generate;
pub(crate) mod group_deletion;
pub(crate) mod groups;
pub(crate) mod headers;
mod key_checks;
pub(crate) mod key_pair;
pub(crate) mod key_text;
pub(crate) mod list;
pub(crate) mod locations;
mod locks;
mod policies;
mod providers;
mod resources;
pub(crate) mod ssh_public_keys;
pub(crate) mod subscriptions;
pub(crate) mod tags;
pub(crate) mod throttle;
pub(crate) mod turn;
pub(crate) mod versions;
