//! What is wanted: the spec, with everything filled in that it leaves to stores, to records and to defaults.

pub(super) mod azure;
pub(super) mod key_requirements;
pub(super) mod name_template;
pub(super) mod outputs;
pub(super) mod permits;
pub(super) mod resolve;
pub(super) mod rotation;
pub(super) mod source;
pub(super) mod stores;
pub(super) mod tenants;
