//! What is recorded of a key that was the current one once.

use jiff::Timestamp;

use crate::keys::PublicKey;

/// A former key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerKey {
    /// Its public half, which belongs to the private half in the Secret.
    pub public_key: PublicKey,
    /// Which one it was, from 1; 0 when that is not recorded any more.
    pub revision: u32,
    /// Since when it is a former one; `None` when that is not recorded any more: it is kept then.
    pub retired_at: Option<Timestamp>,
}
