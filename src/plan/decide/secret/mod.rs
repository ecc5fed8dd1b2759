//! The managed Secret: what to make, take over, repair or leave alone.

pub(crate) mod activation;
pub(crate) mod content;
pub(crate) mod durability;
pub(crate) mod evaluate;
pub(crate) mod existing;
pub(crate) mod lost_key;
pub(crate) mod making;
pub(crate) mod replacement;
pub(crate) mod rotation_request;
pub(crate) mod situation;
pub(crate) mod soundness;
