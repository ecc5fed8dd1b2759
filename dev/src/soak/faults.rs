//! Requests that fail, so many of a thousand, on the way to the API server and at Azure.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arm_emulator::{RequestInfo, Verdict, VerdictAnswer};

use super::{dice::Dice, tally::Tally};
use crate::proxy::{Access, Fault};

/// Chooses which requests fail, and how.
pub(super) struct Faults {
    dice: Mutex<Option<Dice>>,
    per_mille: u64,
    pub(super) done: Tally,
}

impl Faults {
    pub(super) fn new(dice: Dice, per_mille: u64) -> Arc<Self> {
        Arc::new(Self {
            dice: Mutex::new(Some(dice)),
            per_mille,
            done: Tally::default(),
        })
    }

    /// From now on nothing fails any more.
    pub(super) fn end(&self) {
        *self.dice.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A throw of so many sides, for those that are struck.
    fn strike(&self, per_mille: u64, sides: u64) -> Option<(u64, Duration)> {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let dice = dice.as_mut()?;
        let struck = dice.strikes(per_mille);
        struck.then(|| (dice.below(sides), dice.time(20, 500)))
    }

    /// What becomes of a request to the API server.
    pub(super) fn of_cluster(&self, _: &Access) -> Option<Fault> {
        let (side, time) = self.strike(self.per_mille, 6)?;
        let answer = |status, retry_after| Fault::Answer {
            status,
            retry_after,
        };
        let soon = Some(Duration::from_secs(1));
        let (what, fault) = match side {
            0 => ("answered 500", answer(500, None)),
            1 => ("answered 503", answer(503, soon)),
            2 => ("answered 429", answer(429, soon)),
            3 => ("dropped before", Fault::DropRequest),
            4 => ("dropped after", Fault::DropAnswer),
            _ => ("delayed", Fault::Delay(time)),
        };
        self.done.count(what);
        Some(fault)
    }

    /// What becomes of a request to Azure before it is handled; a half of all faults.
    pub(super) async fn before(&self, _: &RequestInfo) -> Verdict {
        let Some((side, time)) = self.strike(self.per_mille / 2, 5) else {
            return Verdict::Continue;
        };
        let (what, verdict) = match side {
            0 => ("answered 500", answer(500, "InternalServerError")),
            1 => ("answered 503", answer(503, "ServiceUnavailable")),
            2 => ("answered 429", answer(429, "TooManyRequests")),
            3 => ("dropped before", Verdict::DropConnection),
            _ => {
                tokio::time::sleep(time).await;
                ("delayed", Verdict::Continue)
            }
        };
        self.done.count(what);
        verdict
    }

    /// And after it was handled.
    pub(super) fn after(&self, _: &RequestInfo) -> Verdict {
        let Some((side, _)) = self.strike(self.per_mille.div_ceil(2), 3) else {
            return Verdict::Continue;
        };
        let (what, verdict) = match side {
            0 => ("done and answered 500", answer(500, "InternalServerError")),
            1 => ("done and answered 504", answer(504, "GatewayTimeout")),
            _ => ("dropped after", Verdict::DropConnection),
        };
        self.done.count(what);
        verdict
    }
}

fn answer(status: u16, code: &str) -> Verdict {
    let body = serde_json::json!({ "error": { "code": code, "message": "by chance" } });
    let mut headers = std::collections::BTreeMap::new();
    headers.insert("content-type".to_owned(), "application/json".to_owned());
    if status == 429 {
        headers.insert("retry-after".to_owned(), "1".to_owned());
    }
    Verdict::Answer(VerdictAnswer {
        status,
        headers,
        body: body.to_string(),
    })
}
