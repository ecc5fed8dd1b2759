//! The steps: what each is, what it is about, and what it writes.

pub(super) mod azure;
pub(super) mod kinds;
pub(super) mod new_key;
pub(super) mod object;
pub(super) mod output;
pub(super) mod planned;
pub(super) mod rotation;
pub(super) mod secret;
