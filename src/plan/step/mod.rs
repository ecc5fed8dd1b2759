//! The steps: what each is, what it is about, and what it writes.

pub(super) mod describe;
pub(super) mod kinds;
pub(super) mod written;
