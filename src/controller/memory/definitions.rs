//! Whether the definitions in the cluster keep what a status must remember. With older ones the API server drops it at each
//! write, and nothing may be published.

use std::time::{Duration, Instant};

use kube::Client;
use parking_lot::Mutex;

use crate::{api::SshKey, kubernetes::definitions};

/// What is known of the definitions.
#[derive(Debug, Default)]
pub(in crate::controller) struct Definitions(Mutex<Option<Known>>);

#[derive(Clone, Copy, Debug)]
struct Known {
    are_current: bool,
    at: Instant,
}

impl Definitions {
    /// What a write of a status has shown: what was sent came back, or it did not.
    pub(in crate::controller) fn learn(&self, written: &SshKey) {
        let status = written.status.as_ref();
        let are_current = status.is_some_and(|status| status.recorded_for.is_some());
        self.know(are_current);
    }

    /// Whether the definitions are older than the operator. They are asked for once, and again every `poll` while they are.
    pub(in crate::controller) async fn are_outdated(
        &self,
        client: &Client,
        poll: Duration,
    ) -> bool {
        let known = *self.0.lock();
        match known {
            Some(known) if known.are_current || known.at.elapsed() < poll => !known.are_current,
            _ => match definitions::are_current(client).await {
                Ok(are_current) => {
                    self.know(are_current);
                    !are_current
                }
                // A write will show it.
                Err(error) => {
                    tracing::debug!(%error, "the schema of SshKeys can't be read");
                    known.is_some_and(|known| !known.are_current)
                }
            },
        }
    }

    fn know(&self, are_current: bool) {
        let at = Instant::now();
        let known = Known { are_current, at };
        *self.0.lock() = Some(known);
    }
}
