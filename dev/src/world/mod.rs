//! Everything one test needs, and nothing that another test sees: a namespace, an emulated Azure, an operator.

mod azure;
mod inside;
mod kubectl;
mod options;
mod snapshot;
mod start;
mod tenant;
mod waits;

pub use azure::{
    CLIENT, CLIENT_SECRET, CREDENTIALS, LOCATION, RESOURCE_GROUP, SUBSCRIPTION, TENANT, resource_id,
};
pub use options::{Part, WorldOptions};
pub use snapshot::Snapshot;
pub use start::World;
pub use waits::HasConditions;
