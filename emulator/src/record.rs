//! The request log: what was asked and what was answered. It never holds an `Authorization` header or a token request's form.

use std::collections::VecDeque;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;

use crate::call::RequestInfo;

/// How many requests are kept; the oldest go first. Two days of one request a second.
const KEPT: usize = 200_000;

/// One request and how it ended. Control requests are not recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRecord {
    /// What was asked.
    #[serde(flatten)]
    pub request: RequestInfo,
    /// HTTP status of the answer; absent when the connection was dropped without one.
    pub status: Option<u16>,
    /// When the request had been read, in milliseconds since 1970.
    pub time_ms: i64,
    /// From then until the answer was ready, in milliseconds.
    pub duration_ms: u64,
}

impl RequestRecord {
    pub(crate) fn new(
        request: RequestInfo,
        status: Option<u16>,
        received: Timestamp,
        duration: std::time::Duration,
    ) -> Self {
        Self {
            request,
            status,
            time_ms: received.as_millisecond(),
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

#[derive(Default)]
pub(crate) struct RequestLog(Mutex<VecDeque<RequestRecord>>);

impl RequestLog {
    pub(crate) fn push(&self, record: RequestRecord) {
        tracing::info!(
            method = record.request.method,
            path = record.request.path,
            status = record.status,
            ms = record.duration_ms,
            principal = record.request.principal,
            "request"
        );
        let mut records = self.0.lock();
        if records.len() == KEPT {
            records.pop_front();
        }
        records.push_back(record);
    }

    pub(crate) fn all(&self) -> Vec<RequestRecord> {
        self.0.lock().iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}
