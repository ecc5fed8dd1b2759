//! A local stand-in for Azure Resource Manager and Entra ID.
//!
//! It serves, over TLS and on one origin, what a client of SSH public keys and resource groups needs: the metadata document, the token
//! endpoint, subscriptions, resource groups and `Microsoft.Compute/sshPublicKeys`. Answers follow recorded traffic of the real service;
//! what could not be confirmed is named in the README. Start one with [`Emulator::start`].

mod admin;
mod arm;
mod ca;
mod call;
mod clock;
mod config;
mod control;
mod emulator;
mod entra;
mod faults;
mod governance;
mod interceptor;
mod metadata;
mod record;
mod route;
mod server;
mod service;
mod shared;
mod state_file;
mod stored;
mod tenant;
mod world;

pub use arm::throttle::{BucketSize, Limits, Throttle};
pub use ca::CaError;
pub use call::RequestInfo;
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{Config, ConfigError, Subscription, TrustedIssuer};
pub use emulator::{Emulator, StartError};
pub use faults::{AnswerShape, Effect, Fault, FaultAnswer, FaultId, Faults};
pub use governance::{Lock, LockLevel, Policy, PolicyEffect, RegistrationState};
pub use interceptor::{Interceptor, Verdict, VerdictAnswer, VerdictFuture};
pub use record::RequestRecord;
pub use state_file::StateFileError;
pub use stored::{StoredGroup, StoredKey};
pub use tenant::{
    Application, ClientSecret, FederatedCredential, RoleAssignment, SecretText, Tenant,
};
