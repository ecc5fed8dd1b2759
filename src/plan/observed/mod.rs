//! What exists, as far as it was read, and where else to look.

pub(super) mod azure;
pub(super) mod durability;
pub(super) mod object;
pub(super) mod outputs;
pub(super) mod reported;
pub(super) mod rotation_secrets;
pub(super) mod search;
pub(super) mod secret;
pub(super) mod snapshot;
