//! Whether the definitions in the cluster keep what a status must remember. With older ones the API server drops it at each
//! write, and nothing may be published.

use std::time::{Duration, Instant};

use kube::Client;
use parking_lot::Mutex;

use crate::{
    api::SshKey,
    kubernetes::definitions::{self, Kept, KeptRequests},
};

/// What is presumed of requests while it is not known.
const PRESUMED: KeptRequests = KeptRequests {
    of_keys: true,
    of_stores: true,
};

/// After a schema that could not be read, it is not asked for again for so long.
const PAUSE: Duration = Duration::from_secs(1);

/// What is known of the definitions.
#[derive(Debug, Default)]
pub(in crate::controller) struct Definitions {
    known: Mutex<Option<Known>>,
    /// Held while the schema is asked for, so that it is asked for once. When that failed last.
    asking: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    kept: Kept,
    at: Instant,
}

impl Definitions {
    /// What a write of a status has shown: what was sent came back, or it did not.
    pub(in crate::controller) fn learn(&self, written: &SshKey) {
        let status = written.status.as_ref();
        let are_current = status.is_some_and(|status| status.recorded_for.is_some());
        let mut known = self.known.lock();
        let plans = known.is_some_and(|known| known.kept.plans);
        let requests = known.map_or(PRESUMED, |known| known.kept.requests);
        let kept = Kept {
            records: are_current,
            plans,
            requests,
        };
        let at = Instant::now();
        *known = Some(Known { kept, at });
    }

    /// Whether the definitions keep the steps that wait.
    pub(in crate::controller) fn keep_plans(&self) -> bool {
        let known = self.known.lock();
        known.is_some_and(|known| known.kept.plans)
    }

    /// Whether the definitions keep the answer to a request to reconcile; presumed while that is not known.
    pub(in crate::controller) fn keep_requests(&self) -> bool {
        self.known
            .lock()
            .is_none_or(|known| known.kept.requests.of_keys)
    }

    /// Whether the definitions of both kinds of store keep such an answer; presumed while that is not known.
    pub(in crate::controller) fn keep_requests_to_stores(&self) -> bool {
        self.known
            .lock()
            .is_none_or(|known| known.kept.requests.of_stores)
    }

    /// Whether the definitions are older than the operator. They are asked for once, and again every `poll` while they are.
    pub(in crate::controller) async fn are_outdated(
        &self,
        client: &Client,
        poll: Duration,
    ) -> bool {
        if let Some(kept) = self.recent(poll) {
            return !kept.records;
        }
        let mut failed = self.asking.lock().await;
        if let Some(kept) = self.recent(poll) {
            return !kept.records;
        }
        if failed.is_none_or(|failed| failed.elapsed() > PAUSE) {
            match definitions::kept(client).await {
                Ok(kept) => {
                    let at = Instant::now();
                    *self.known.lock() = Some(Known { kept, at });
                }
                // A write will show it.
                Err(error) => {
                    tracing::debug!(%error, "the schema of SshKeys can't be read");
                    *failed = Some(Instant::now());
                }
            }
        }
        let known = self.known.lock();
        known.is_some_and(|known| !known.kept.records)
    }

    /// What need not be asked for.
    fn recent(&self, poll: Duration) -> Option<Kept> {
        let known = (*self.known.lock())?;
        (known.is_whole() || known.at.elapsed() < poll).then_some(known.kept)
    }
}

impl Known {
    /// Whether the definitions keep all that the operator writes.
    fn is_whole(&self) -> bool {
        let Kept {
            records,
            plans,
            requests,
        } = self.kept;
        records && plans && requests.of_keys && requests.of_stores
    }
}
