//! What to do about an error, whatever it came from.

use jiff::Timestamp;

/// What an error asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Try again, each time later.
    Transient,
    /// Try again, not before the time that was given; without one, as [`ErrorClass::Transient`].
    Throttled(Option<Timestamp>),
    /// A person must change something; look from time to time whether it was done.
    UserFixable,
}

impl ErrorClass {
    /// The value of the metrics' label `outcome` of what failed so.
    pub fn outcome(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Throttled(_) => "throttled",
            Self::UserFixable => "user_fixable",
        }
    }
}
