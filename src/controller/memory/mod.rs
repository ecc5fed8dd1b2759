//! What is kept of objects between their reconciles.

pub(in crate::controller) mod backoff;
pub(in crate::controller) mod caches;
pub(in crate::controller) mod cluster_stores;
pub(in crate::controller) mod deferred_steps;
pub(in crate::controller) mod definitions;
pub(in crate::controller) mod due;
pub(in crate::controller) mod echoes;
pub(in crate::controller) mod entry;
pub(in crate::controller) mod hearing;
pub(in crate::controller) mod identity;
pub(in crate::controller) mod listed_secrets;
pub(in crate::controller) mod managed_secrets;
pub(in crate::controller) mod objects;
pub(in crate::controller) mod opened;
pub(in crate::controller) mod own_writes;
pub(in crate::controller) mod patience;
pub(in crate::controller) mod settled_secret;
pub(in crate::controller) mod shown_secrets;
pub(in crate::controller) mod status_residues;
pub(in crate::controller) mod store_holds;
pub(in crate::controller) mod store_state;
pub(in crate::controller) mod store_uses;
pub(in crate::controller) mod summary;
pub(in crate::controller) mod tag_repairs;
pub(in crate::controller) mod waits;
pub(in crate::controller) mod watched_key;
