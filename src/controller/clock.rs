//! The clock, read at the edge and handed in as a value.

use jiff::Timestamp;

/// The clock, read at the edge and handed in as a value.
pub(in crate::controller) fn now() -> Timestamp {
    Timestamp::now()
}
