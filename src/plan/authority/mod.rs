//! Whose things are: which of what is there is this object's, and what it may do with that.

pub(super) mod azure;
pub(super) mod outputs;
pub(super) mod own_keys;
pub(super) mod places;
pub(super) mod secret;
