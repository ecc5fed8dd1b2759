//! A world that is small enough to be counted: one object, its three Secrets, its places in Azure.

pub(crate) mod azure;
pub(crate) mod everything;
pub(crate) mod few;
pub(crate) mod object;
pub(crate) mod past;
pub(crate) mod secrets;

pub(crate) use azure::{Azure, By, FOREIGN, Marked, NEVER_WANTED, PLACES, Slot};
pub(crate) use everything::{Refusal, Seen, World};
pub(crate) use few::Few;
pub(crate) use object::{
    Came, Hinted, Key, Listed, Metadata, Object, Spec, Status, Store, TWIN, Uid,
};
pub(crate) use past::{Keys, Past};
pub(crate) use secrets::{Fate, Former, Kept, Managed, Owner, Previous, Staged};
