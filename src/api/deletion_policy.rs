//! What becomes of something when its object goes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of something when its object goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum DeletionPolicy {
    /// It is deleted.
    Delete,
    /// It stays.
    Retain,
}
