//! What the managed Secret is to hold.

use crate::{
    keys::{Comment, PublicKey},
    plan::desired::key_requirements::KeyRequirements,
};

/// What the Secret is to hold.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    /// A key that is generated when there is none.
    Generated {
        requirements: KeyRequirements,
        comment: &'a Comment,
    },
    /// The key that the user gives, at the time.
    Imported(&'a PublicKey),
}
