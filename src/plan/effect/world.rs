//! What an effect is made from.

use crate::{
    keys::PublicKey,
    plan::{desired::resolve::Desired, observed::snapshot::Observed},
};

/// What only the world can tell of what a step makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// The public half of the key pair that a step generates; `None` for other steps.
    pub key: Option<PublicKey>,
    /// The UID of an object that is created.
    pub uid: String,
    /// The version of what is written.
    pub resource_version: String,
}

/// What an effect is made from.
pub(crate) struct World<'a> {
    pub(crate) desired: &'a Desired,
    pub(crate) observed: &'a Observed,
    pub(crate) fresh: &'a Fresh,
}
