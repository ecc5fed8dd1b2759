//! One request of Resource Manager on its way through: who asks, of which subscription, and what the limits leave.

use http::{HeaderName, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use parking_lot::MutexGuard;

use super::{
    envelope::ArmError,
    throttle::{ArmLeft, Kind, Policy},
};
use crate::{call::Call, entra::Principal, shared::Shared, world::World};

pub(crate) struct Turn<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) call: &'a Call,
    pub(crate) principal: Principal,
    pub(crate) subscription: &'a str,
    pub(crate) api_version: &'a str,
    /// `x-ms-ratelimit-remaining-*` for the answer.
    pub(crate) limits: Vec<(HeaderName, String)>,
}

impl Turn<'_> {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }

    /// Charges Compute's bucket for this kind of call.
    pub(crate) fn charge_compute(
        &mut self,
        policy: Policy,
        location: &str,
    ) -> Result<(), ArmError> {
        let now = self.shared.clock.now();
        let mut meters = self.shared.meters.lock();
        let result = meters.charge_compute(self.subscription, location, policy, now);
        let size = meters.compute_size(policy);
        drop(meters);
        let left = *result.as_ref().unwrap_or(&0);
        self.limits.push((
            HeaderName::from_static("x-ms-ratelimit-remaining-resource"),
            format!("Microsoft.Compute/{};{left}", policy.name()),
        ));
        result
            .map(|_| ())
            .map_err(|wait| compute_throttled(policy, size.capacity, wait, now))
    }
}

/// Charges Resource Manager's buckets; the headers that say what is left.
pub(crate) fn charge_arm(
    shared: &Shared,
    call: &Call,
    principal: &Principal,
    subscription: Option<&str>,
) -> Result<Vec<(HeaderName, String)>, ArmError> {
    let kind = match call.method.as_str() {
        "GET" | "HEAD" => Kind::Reads,
        "DELETE" => Kind::Deletes,
        _ => Kind::Writes,
    };
    // Requests above subscriptions are counted per tenant.
    let place = subscription.unwrap_or(&principal.tenant);
    match shared
        .meters
        .lock()
        .charge_arm(&principal.client_id, place, kind, shared.clock.now())
    {
        Ok(left) => Ok(remaining(kind, subscription.is_some(), left)),
        Err(wait) => Err(arm_throttled(place, call, wait)),
    }
}

fn remaining(kind: Kind, in_subscription: bool, left: ArmLeft) -> Vec<(HeaderName, String)> {
    let (own, global) = match (kind, in_subscription) {
        (Kind::Reads, true) => (
            "x-ms-ratelimit-remaining-subscription-reads",
            "x-ms-ratelimit-remaining-subscription-global-reads",
        ),
        (Kind::Writes, true) => (
            "x-ms-ratelimit-remaining-subscription-writes",
            "x-ms-ratelimit-remaining-subscription-global-writes",
        ),
        (Kind::Deletes, true) => (
            "x-ms-ratelimit-remaining-subscription-deletes",
            "x-ms-ratelimit-remaining-subscription-global-deletes",
        ),
        (Kind::Reads, false) => (
            "x-ms-ratelimit-remaining-tenant-reads",
            "x-ms-ratelimit-remaining-tenant-global-reads",
        ),
        (Kind::Writes | Kind::Deletes, false) => (
            "x-ms-ratelimit-remaining-tenant-writes",
            "x-ms-ratelimit-remaining-tenant-global-writes",
        ),
    };
    vec![
        (HeaderName::from_static(own), left.principal.to_string()),
        (
            HeaderName::from_static(global),
            left.subscription.to_string(),
        ),
    ]
}

fn arm_throttled(place: &str, call: &Call, wait: std::time::Duration) -> ArmError {
    let seconds = whole_seconds(wait);
    let operation = format!("{} {}", call.method, call.info.path);
    let message = format!(
        "Number of requests for subscription '{place}' and operation '{operation}' exceeded the backend storage limit. \
         Please try again after '{seconds}' seconds."
    );
    ArmError::gateway(
        StatusCode::TOO_MANY_REQUESTS,
        "SubscriptionRequestsThrottled",
        message,
    )
    .header(header::RETRY_AFTER, seconds.to_string())
}

/// The form of MicrosoftDocs/azure-compute-docs `compute-throttling-limits.md`.
fn compute_throttled(
    policy: Policy,
    allowed: u32,
    wait: std::time::Duration,
    now: Timestamp,
) -> ArmError {
    let seconds = whole_seconds(wait);
    let end = now
        .checked_add(SignedDuration::try_from(wait).unwrap_or_default())
        .unwrap_or(now);
    let window = serde_json::json!({
        "operationGroup": policy.name(),
        "startTime": now.to_string(),
        "endTime": end.to_string(),
        "allowedRequestCount": allowed,
        "measuredRequestCount": u64::from(allowed) + 1,
    });
    ArmError::compute_bare(
        StatusCode::TOO_MANY_REQUESTS,
        "OperationNotAllowed",
        "The server rejected the request because too many requests have been received for this subscription.",
    )
    .detail("TooManyRequests", policy.name(), window.to_string())
    .header(header::RETRY_AFTER, seconds.to_string())
}

fn whole_seconds(wait: std::time::Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000))
        .unwrap_or(u64::MAX)
        .max(1)
}
