//! What stands over resources: locks, policies, registrations of resource providers, and the states of subscriptions.

mod lock;
mod policy;
mod registration;
mod scope;

pub use lock::{Lock, LockLevel};
pub use policy::{Policy, PolicyEffect};
pub use registration::RegistrationState;

pub(crate) use lock::{Deed, Locks};
pub(crate) use policy::Written;
pub(crate) use registration::Registrations;
pub(crate) use scope::is_at_or_below;
