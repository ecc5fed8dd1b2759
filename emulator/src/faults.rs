//! Faults on demand: which requests they strike, how often, and what happens to them.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::call::RequestInfo;

/// Names a fault for its removal.
pub type FaultId = u64;

/// A rule: the requests that match are struck from the `nth` on, `times` times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Fault {
    /// HTTP method, compared without case; absent: any.
    pub method: Option<String>,
    /// Part of the path, compared without case; with `*` in it, a pattern for the whole path in which `*` is any text. Absent: any.
    pub path: Option<String>,
    /// The first matching request that is struck; 1 is the next one.
    pub nth: u32,
    /// How many matching requests are struck; 0: all, until the fault is removed.
    pub times: u32,
    /// How long a struck request waits before it is handled, in milliseconds.
    pub delay_ms: u64,
    /// How long its answer waits after the change is stored, in milliseconds.
    pub hold_answer_ms: u64,
    /// What becomes of it then.
    pub effect: Effect,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            method: None,
            path: None,
            nth: 1,
            times: 1,
            delay_ms: 0,
            hold_answer_ms: 0,
            effect: Effect::Proceed,
        }
    }
}

impl Fault {
    /// Strikes requests with this method and path once.
    pub fn on(method: &str, path: &str, effect: Effect) -> Self {
        Self {
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            effect,
            ..Self::default()
        }
    }

    /// Strikes `times` matching requests; 0: all.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Lets `nth - 1` matching requests pass first.
    #[must_use]
    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = nth;
        self
    }

    fn matches(&self, request: &RequestInfo) -> bool {
        self.method
            .as_ref()
            .is_none_or(|method| method.eq_ignore_ascii_case(&request.method))
            && self
                .path
                .as_ref()
                .is_none_or(|pattern| path_matches(pattern, &request.path))
    }
}

/// What becomes of a struck request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// Handled as ever; for faults that only delay.
    Proceed,
    /// This answer; the request is not handled.
    Answer(FaultAnswer),
    /// The request is handled and its change stored; then this answer.
    AnswerAfterStore(FaultAnswer),
    /// The connection is closed; the request is not handled.
    DropBeforeStore,
    /// The request is handled and its change stored; then the connection is closed without an answer.
    DropAfterStore,
}

/// The answer of a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct FaultAnswer {
    /// HTTP status.
    pub status: u16,
    /// The error's code; for the token endpoint the AADSTS number.
    pub code: String,
    /// The error's message.
    pub message: String,
    /// The form of the error.
    pub shape: AnswerShape,
    /// Seconds, sent as `Retry-After`.
    pub retry_after: Option<u64>,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// Sent in place of the error's JSON, byte for byte; may be empty.
    pub body: Option<String>,
    /// Goes with `body`. Default `text/html`.
    pub content_type: Option<String>,
}

impl Default for FaultAnswer {
    fn default() -> Self {
        Self {
            status: 500,
            code: "InternalServerError".to_owned(),
            message: "Encountered internal server error.".to_owned(),
            shape: AnswerShape::default(),
            retry_after: None,
            headers: BTreeMap::new(),
            body: None,
            content_type: None,
        }
    }
}

impl FaultAnswer {
    /// An error with this status, code and message.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
            ..Self::default()
        }
    }

    /// A body that is not ARM's, as proxies and gateways send.
    pub fn raw(status: u16, content_type: &str, body: &str) -> Self {
        Self {
            status,
            body: Some(body.to_owned()),
            content_type: Some(content_type.to_owned()),
            ..Self::default()
        }
    }

    /// Sets `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

/// How an error's JSON is wrapped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AnswerShape {
    /// As the endpoint does it: `{"error": {...}}` from ARM, Entra's own form from the token endpoint.
    #[default]
    Endpoint,
    /// `code` and `message` at the top level, as in Microsoft's example of a Compute 429.
    Bare,
}

/// The faults in force.
#[derive(Default)]
pub struct Faults(Mutex<Table>);

#[derive(Default)]
struct Table {
    last: FaultId,
    entries: BTreeMap<FaultId, Entry>,
}

struct Entry {
    fault: Fault,
    seen: u32,
}

impl Faults {
    /// Adds a fault. When several match a request, the oldest that still has strikes left strikes it; all that match count it.
    pub fn add(&self, fault: Fault) -> FaultId {
        let mut table = self.0.lock();
        table.last += 1;
        let id = table.last;
        table.entries.insert(id, Entry { fault, seen: 0 });
        id
    }

    /// Every fault with its id and how many requests it has matched so far. A fault stays listed after its last strike.
    pub fn list(&self) -> Vec<(FaultId, Fault, u32)> {
        self.0
            .lock()
            .entries
            .iter()
            .map(|(id, entry)| (*id, entry.fault.clone(), entry.seen))
            .collect()
    }

    /// Removes one; whether it was there.
    pub fn remove(&self, id: FaultId) -> bool {
        self.0.lock().entries.remove(&id).is_some()
    }

    /// Removes all.
    pub fn clear(&self) {
        self.0.lock().entries.clear();
    }

    /// The fault that strikes this request.
    pub(crate) fn strike(&self, request: &RequestInfo) -> Option<Fault> {
        let mut struck = None;
        for entry in self
            .0
            .lock()
            .entries
            .values_mut()
            .filter(|entry| entry.fault.matches(request))
        {
            entry.seen = entry.seen.saturating_add(1);
            let first = entry.fault.nth.max(1);
            let in_force = entry.seen >= first
                && (entry.fault.times == 0 || entry.seen - first < entry.fault.times);
            if in_force && struck.is_none() {
                struck = Some(entry.fault.clone());
            }
        }
        struck
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.to_lowercase(), path.to_lowercase());
    if pattern.contains('*') {
        wildcard(&pattern, &path)
    } else {
        path.contains(&pattern)
    }
}

/// Whether `text` is `pattern`, in which `*` stands for any text.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts: Vec<&str> = tail.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, path: &str) -> RequestInfo {
        RequestInfo {
            method: method.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            api_version: None,
            principal: None,
            correlation_id: String::new(),
            body: None,
        }
    }

    #[test]
    fn a_fault_strikes_from_the_nth_matching_request_on_as_often_as_told() {
        let faults = Faults::default();
        faults.add(
            Fault::on("put", "/sshpublickeys/", Effect::DropBeforeStore)
                .nth(2)
                .times(2),
        );
        let put = request("PUT", "/subscriptions/s/x/sshPublicKeys/k");
        let strikes: Vec<bool> = (0..5).map(|_| faults.strike(&put).is_some()).collect();
        assert_eq!(strikes, [false, true, true, false, false]);
        assert!(
            faults
                .strike(&request("GET", "/subscriptions/s/x/sshPublicKeys/k"))
                .is_none()
        );
    }

    #[test]
    fn a_star_in_a_pattern_is_any_text_and_the_pattern_is_the_whole_path() {
        for (pattern, path, expected) in [
            ("/a/*/c", "/A/b/C", true),
            ("/a/*/c", "/a/b/c/d", false),
            ("*", "/anything", true),
            ("*/keys/*", "/x/keys/y", true),
            ("a*a", "a", false),
            ("/keys/", "/x/Keys/y", true),
        ] {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
