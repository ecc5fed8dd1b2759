//! Requests that were counted.

use std::collections::BTreeMap;

use arm_emulator::RequestRecord;

/// How many requests there were, by verb and resource.
pub(super) type Counts = BTreeMap<(String, String), u64>;

pub(super) fn of(asked: &Counts, verb: &str, resource: &str) -> u64 {
    let key = (verb.to_owned(), resource.to_owned());
    asked.get(&key).copied().unwrap_or_default()
}

/// Some are reconciled once more than they need, by a change that was on its way.
pub(super) fn with_a_few_more(number: usize) -> usize {
    number + number / 10
}

pub(super) fn is_read(one: &RequestRecord) -> bool {
    one.request.method == "GET" && one.request.path.contains("/sshPublicKeys/")
}
