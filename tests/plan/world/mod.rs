//! A world of values: what there is, what is seen of it, and facts to begin with.

mod facts;
mod lists;
mod look;
mod state;

pub(crate) use facts::{
    at, azure_key, fingerprint, foreign_secret, id, key, mark, output, pair, secret, tags,
    transient,
};
pub(crate) use state::{ORPHAN_AFTER, World};
