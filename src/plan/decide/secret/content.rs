//! What the managed Secret is to hold.

use crate::{
    keys::{Comment, PublicKey},
    plan::desired::key_requirements::KeyWish,
};

/// What the Secret shall hold.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    /// A key that is generated when there is none.
    Generated { wish: KeyWish, comment: &'a Comment },
    /// The key that the user gives, at the time.
    Imported(&'a PublicKey),
}
