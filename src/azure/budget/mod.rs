//! How much may be sent to Azure, when, and whose turn it is: nothing goes there that would be refused for being too
//! much.
//!
//! Compute takes about 120 writes of SSH public keys at once per subscription and location and then, it is assumed, 40
//! more each minute, over all identities; ARM counts by identity, subscription and kind of request. Both are starting
//! points that each answer's headers correct.
//! <https://learn.microsoft.com/azure/virtual-machines/compute-throttling-limits>,
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>

mod bucket;
mod ledger;
mod line;
mod meter;

pub use bucket::{Bucket, Limits};
pub use ledger::{Budget, Level};
pub use line::{Caller, Urgency};
