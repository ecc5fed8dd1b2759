//! What Azure counts together, and how much of it it is assumed to take.

use jiff::SignedDuration;

/// What is counted together. Subscriptions and locations are written in lower case and without blanks: as Azure compares
/// them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// PUT, PATCH and DELETE of SSH public keys, counted by Compute.
    ComputeWrites {
        /// The subscription.
        subscription: String,
        /// The location of the key.
        location: String,
    },
    /// GET and LIST, counted by ARM.
    ArmReads {
        /// The identity.
        principal: String,
        /// The subscription.
        subscription: String,
    },
    /// PUT and PATCH, counted by ARM.
    ArmWrites {
        /// The identity.
        principal: String,
        /// The subscription.
        subscription: String,
    },
    /// DELETE, counted by ARM.
    ArmDeletes {
        /// The identity.
        principal: String,
        /// The subscription.
        subscription: String,
    },
}

impl Bucket {
    /// Compute's bucket for writes of keys in a location.
    pub fn compute_writes(subscription: &str, location: &str) -> Self {
        Self::ComputeWrites {
            subscription: subscription.to_ascii_lowercase(),
            location: location
                .chars()
                .filter(|char| !char.is_whitespace())
                .collect::<String>()
                .to_ascii_lowercase(),
        }
    }

    /// ARM's bucket for an identity's reads.
    pub fn arm_reads(principal: &str, subscription: &str) -> Self {
        Self::ArmReads {
            principal: principal.to_owned(),
            subscription: subscription.to_ascii_lowercase(),
        }
    }

    /// ARM's bucket for an identity's writes.
    pub fn arm_writes(principal: &str, subscription: &str) -> Self {
        Self::ArmWrites {
            principal: principal.to_owned(),
            subscription: subscription.to_ascii_lowercase(),
        }
    }

    /// ARM's bucket for an identity's deletions.
    pub fn arm_deletes(principal: &str, subscription: &str) -> Self {
        Self::ArmDeletes {
            principal: principal.to_owned(),
            subscription: subscription.to_ascii_lowercase(),
        }
    }

    pub(super) fn is_compute(&self) -> bool {
        matches!(self, Self::ComputeWrites { .. })
    }

    pub(super) fn size(&self, limits: Limits) -> Size {
        match self {
            Self::ComputeWrites { .. } => Size {
                capacity: limits.compute_burst,
                refill: limits.compute_per_minute,
                period: SignedDuration::from_mins(1),
            },
            Self::ArmReads { .. } => Size {
                capacity: 250,
                refill: 25,
                period: SignedDuration::from_secs(1),
            },
            Self::ArmWrites { .. } | Self::ArmDeletes { .. } => Size {
                capacity: 200,
                refill: 10,
                period: SignedDuration::from_secs(1),
            },
        }
    }
}

/// The sizes that are assumed until an answer tells better.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Writes of SSH public keys that Compute takes at once.
    pub compute_burst: u32,
    /// Writes of SSH public keys that Compute takes a minute after that.
    pub compute_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            compute_burst: 120,
            compute_per_minute: 40,
        }
    }
}

/// How a bucket is filled: in steps, as Azure says of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// Requests that a full one allows at once.
    pub(super) capacity: u32,
    /// Requests that each step adds.
    pub(super) refill: u32,
    /// Time from step to step.
    pub(super) period: SignedDuration,
}
