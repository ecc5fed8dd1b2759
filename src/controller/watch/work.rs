//! Whether a user waits for the reconcile of a key.

use kube::Resource;

use crate::controller::{memory::watched_key::WatchedKey, turns::calls::Work};

/// Of a key that has not changed, after another event.
pub(in crate::controller) fn of_unchanged(key: &WatchedKey) -> Work {
    match key.summary.state {
        "ready" | "suspended" | "deleting" => Work::Upkeep,
        _ => Work::Asked,
    }
}

/// Of a key that a user has created, changed or deleted.
pub(in crate::controller) fn of_changed(key: &WatchedKey) -> Work {
    match key.meta().deletion_timestamp {
        Some(_) => Work::Upkeep,
        None => Work::Asked,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(deleted: bool, ready: Option<&str>, observed: i64) -> WatchedKey {
        let conditions = ready.map(|status| {
            json!([{ "type": "Ready", "status": status, "reason": "Ready", "message": "",
                "observedGeneration": observed, "lastTransitionTime": "2026-01-01T00:00:00Z" }])
        });
        let deleted = deleted.then_some("2026-01-01T00:00:00Z");
        let key = json!({
            "metadata": { "name": "a", "namespace": "team", "generation": 2, "deletionTimestamp": deleted },
            "spec": {},
            "status": { "conditions": conditions.unwrap_or(json!([])) },
        });
        serde_json::from_value(key).unwrap()
    }

    #[test]
    fn nobody_waits_for_what_is_well_or_goes() {
        assert_eq!(of_unchanged(&key(false, Some("True"), 2)), Work::Upkeep);
        assert_eq!(of_unchanged(&key(false, Some("True"), 1)), Work::Asked);
        assert_eq!(of_unchanged(&key(false, Some("False"), 2)), Work::Asked);
        assert_eq!(of_unchanged(&key(false, None, 2)), Work::Asked);
        assert_eq!(of_unchanged(&key(true, None, 2)), Work::Upkeep);
    }

    #[test]
    fn somebody_waits_for_a_change_and_not_for_a_deletion() {
        assert_eq!(of_changed(&key(false, Some("True"), 2)), Work::Asked);
        assert_eq!(of_changed(&key(true, Some("True"), 2)), Work::Upkeep);
    }
}
