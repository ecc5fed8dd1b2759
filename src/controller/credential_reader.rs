//! What credentials of stores are read with.

use std::sync::Arc;

use kube::Client;

use super::{blocking::Blocking, opened::Certificates};
use crate::azure::Transport;

/// What credentials of stores are read with, and what was opened of them.
pub(super) struct CredentialReader {
    pub(super) client: Client,
    pub(super) transport: Transport,
    pub(super) blocking: Arc<Blocking>,
    pub(super) certificates: Certificates,
    /// The `ServiceAccount` in each namespace whose tokens Entra may trust.
    pub(super) account: String,
}
