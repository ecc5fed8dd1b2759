//! What credentials of stores are read with.

use std::sync::Arc;

use kube::Client;

use crate::{
    azure::Transport,
    controller::{blocking::Blocking, memory::objects::Memory},
};

/// What credentials of stores are read with.
pub(in crate::controller) struct CredentialReader {
    pub(in crate::controller) client: Client,
    pub(in crate::controller) transport: Transport,
    pub(in crate::controller) blocking: Arc<Blocking>,
    /// The certificates that were opened, with all else that is remembered.
    pub(in crate::controller) memory: Arc<Memory>,
    /// The `ServiceAccount` in each namespace whose tokens Entra may trust.
    pub(in crate::controller) account: String,
}
