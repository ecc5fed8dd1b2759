//! What credentials of stores are read with.

use std::sync::Arc;

use kube::Client;

use crate::{
    azure::Transport,
    controller::{blocking::Blocking, sessions::opened_certificates::Certificates},
};

/// What credentials of stores are read with, and what was opened of them.
pub(in crate::controller) struct CredentialReader {
    pub(in crate::controller) client: Client,
    pub(in crate::controller) transport: Transport,
    pub(in crate::controller) blocking: Arc<Blocking>,
    pub(in crate::controller) certificates: Certificates,
    /// The `ServiceAccount` in each namespace whose tokens Entra may trust.
    pub(in crate::controller) account: String,
}
