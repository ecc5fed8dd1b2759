//! What stands over resources: locks, policies, registrations of resource providers, and the states of subscriptions.

mod lock;
mod policy;
mod registration;

pub use lock::{Lock, LockLevel};
pub use policy::{Policy, PolicyEffect};
pub use registration::RegistrationState;

pub(crate) use lock::{Deed, Locks};
pub(crate) use policy::Written;
pub(crate) use registration::Registrations;

/// Whether `scope` is `root` or lies below it, compared without case.
pub(crate) fn is_at_or_below(root: &str, scope: &str) -> bool {
    let root = root.trim_end_matches('/').to_lowercase();
    let scope = scope.to_lowercase();
    scope
        .strip_prefix(&root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
