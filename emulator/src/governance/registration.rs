//! Whether a subscription is registered for Microsoft.Compute.
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types>

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a registration stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegistrationState {
    /// Keys can be written.
    #[default]
    Registered,
    /// Writes of keys are refused.
    NotRegistered,
    /// It will be Registered soon; writes are refused until then.
    Registering,
}

impl RegistrationState {
    /// As Resource Manager writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "Registered",
            Self::NotRegistered => "NotRegistered",
            Self::Registering => "Registering",
        }
    }
}

/// The registrations that are not as the configuration has them, by subscription in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Registrations(BTreeMap<String, Registration>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Registration {
    state: RegistrationState,
    /// When a registration that is under way ends.
    #[serde(default)]
    ends: Option<Timestamp>,
}

impl Registrations {
    pub(crate) fn set(&mut self, subscription: &str, state: RegistrationState) {
        let registration = Registration { state, ends: None };
        self.0.insert(subscription.to_lowercase(), registration);
    }

    /// Starts one that ends at `ends`.
    pub(crate) fn start(&mut self, subscription: &str, ends: Timestamp) {
        let registration = Registration {
            state: RegistrationState::Registering,
            ends: Some(ends),
        };
        self.0.insert(subscription.to_lowercase(), registration);
    }

    pub(crate) fn get(&self, subscription: &str, now: Timestamp) -> Option<RegistrationState> {
        let registration = self.0.get(&subscription.to_lowercase())?;
        let is_over = registration.ends.is_some_and(|ends| ends <= now);
        Some(if is_over {
            RegistrationState::Registered
        } else {
            registration.state
        })
    }
}
