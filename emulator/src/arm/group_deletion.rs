//! The deletion of a resource group, which takes its time, and the result of it that a client polls.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use jiff::SignedDuration;

use super::{
    auth,
    envelope::{ArmError, empty},
    groups::{authorize, not_found},
    turn::Turn,
};

/// The longest that a client is told to wait between looks at a deletion, in seconds: the pace of the recording.
const LONGEST_POLL: i64 = 15;

/// Starts the deletion of a group with all its keys.
pub(crate) fn delete(
    turn: &Turn<'_>,
    name: &str,
    writable: impl Fn() -> Result<(), ArmError>,
) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, name, "delete")?;
    writable()?;
    let now = turn.shared.clock.now();
    let ends = now
        .checked_add(SignedDuration::from_secs(i64::from(
            turn.shared.group_deletion_seconds,
        )))
        .unwrap_or(now);
    let mut world = turn.world();
    let job = world
        .delete_group(turn.subscription, name, ends)
        .ok_or_else(|| not_found(name))?;
    let left = world
        .seconds_left(turn.subscription, &job, now)
        .unwrap_or_default();
    Ok(accepted(turn, &job, left))
}

/// How a deletion stands: 202 with the place to look again, then 200.
pub(crate) fn operation_result(turn: &Turn<'_>, job: &str) -> Result<Response<Bytes>, ArmError> {
    let scope = format!("/subscriptions/{}", turn.subscription);
    auth::authorize(
        turn.shared,
        &turn.principal,
        "Microsoft.Resources/subscriptions/operationresults/read",
        &scope,
    )?;
    let left = turn
        .world()
        .seconds_left(turn.subscription, job, turn.shared.clock.now());
    match left {
        Some(0) => Ok(empty(StatusCode::OK)),
        Some(left) => Ok(accepted(turn, job, left)),
        // Text unverified.
        None => Err(ArmError::gateway(
            StatusCode::NOT_FOUND,
            "JobNotFound",
            format!("The job '{job}' could not be found."),
        )),
    }
}

/// `left`: seconds until the deletion ends.
fn accepted(turn: &Turn<'_>, job: &str, left: i64) -> Response<Bytes> {
    let location = format!(
        "{}/subscriptions/{}/operationresults/{job}?api-version={}",
        turn.call.origin, turn.subscription, turn.api_version
    );
    let mut response = empty(StatusCode::ACCEPTED);
    response.headers_mut().insert(
        header::RETRY_AFTER,
        HeaderValue::from(left.clamp(1, LONGEST_POLL)),
    );
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
