//! The way of a request: read, shown to the interceptor, struck by faults, handled, shown again, logged, answered.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;

use crate::{
    arm::{
        auth,
        envelope::{ArmError, empty},
        gateway, headers,
    },
    call::Call,
    control,
    entra::{self, Principal, discovery, token},
    faults::{AnswerShape, Effect, Fault, FaultAnswer},
    interceptor::{Verdict, VerdictAnswer},
    metadata,
    record::RequestRecord,
    route::{Route, route},
    shared::Shared,
};

/// ARM's limit for a request's body: 4 MB (Azure/azure-resource-manager-rpc `common-api-details.md`).
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("connection dropped on purpose")]
pub(crate) struct Dropped;

/// Answers one request; an error makes the server close the connection.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = request.into_parts();
    let (body, fits) = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => (body.to_bytes(), true),
        Err(error) if error.is::<LengthLimitError>() => (Bytes::new(), false),
        // The client went away while it was sending.
        Err(_) => return Err(Dropped),
    };
    let mut call = Call::new(parts, body, shared.clock.now(), &shared.endpoint);
    let target = route(&call.info.path);
    if let Route::Control(segments) = &target {
        return Ok(control::answer(&shared, &call, segments).map(Full::new));
    }
    let started = Instant::now();
    let identity = matches!(target, Route::Arm(_)).then(|| auth::authenticate(&shared, &call));
    call.info.principal = match &identity {
        Some(Ok(principal)) => Some(principal.client_id.clone()),
        _ => None,
    };
    let outcome = if fits {
        let outcome = run(&shared, &call, &target, identity).await;
        if call.info.is_arm_write() {
            shared.touch();
        }
        outcome
    } else {
        Ok(too_large(&shared, &call))
    };
    let status = outcome
        .as_ref()
        .ok()
        .map(|response| response.status().as_u16());
    shared.log.push(RequestRecord::new(
        call.info,
        status,
        call.received,
        started.elapsed(),
    ));
    outcome.map(|response| response.map(Full::new))
}

async fn run(
    shared: &Shared,
    call: &Call,
    target: &Route,
    identity: Option<Result<Principal, ArmError>>,
) -> Result<Response<Bytes>, Dropped> {
    let interceptor = shared.interceptor.read().clone();
    if let Some(interceptor) = &interceptor {
        match interceptor.before(&call.info).await {
            Verdict::Continue => {}
            Verdict::Answer(answer) => return Ok(verdict_response(answer)),
            Verdict::DropConnection => return Err(Dropped),
        }
    }
    let fault = shared.faults.strike(&call.info).unwrap_or_default();
    wait(fault.delay_ms).await;
    let response = match &fault.effect {
        Effect::DropBeforeStore => return Err(Dropped),
        Effect::Answer(answer) => return Ok(fault_response(shared, call, target, answer)),
        Effect::Proceed | Effect::AnswerAfterStore(_) | Effect::DropAfterStore => {
            handle(shared, call, target, identity).await
        }
    };
    if let Some(interceptor) = &interceptor {
        match interceptor
            .after(&call.info, response.status().as_u16())
            .await
        {
            Verdict::Continue => {}
            Verdict::Answer(answer) => return Ok(verdict_response(answer)),
            Verdict::DropConnection => return Err(Dropped),
        }
    }
    finish(shared, call, target, &fault, response).await
}

async fn finish(
    shared: &Shared,
    call: &Call,
    target: &Route,
    fault: &Fault,
    response: Response<Bytes>,
) -> Result<Response<Bytes>, Dropped> {
    wait(fault.hold_answer_ms).await;
    match &fault.effect {
        Effect::DropAfterStore => Err(Dropped),
        Effect::AnswerAfterStore(answer) => Ok(fault_response(shared, call, target, answer)),
        Effect::Proceed | Effect::Answer(_) | Effect::DropBeforeStore => Ok(response),
    }
}

async fn handle(
    shared: &Shared,
    call: &Call,
    target: &Route,
    identity: Option<Result<Principal, ArmError>>,
) -> Response<Bytes> {
    match (target, identity) {
        (Route::Arm(route), Some(identity)) => gateway::handle(shared, call, route, identity).await,
        (Route::Token { tenant }, _) => token::answer(shared, call, tenant).await,
        (Route::OpenIdConfiguration { tenant }, _) => {
            discovery::configuration(shared, call, tenant)
        }
        (Route::SigningKeys, _) => discovery::signing_keys(shared),
        (Route::Metadata, _) => metadata::answer(call),
        (Route::Arm(_) | Route::Control(_) | Route::Unknown, _) => gateway::nowhere(),
    }
}

async fn wait(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

fn too_large(shared: &Shared, call: &Call) -> Response<Bytes> {
    let message =
        format!("The request content size exceeds the maximum size of '{LARGEST_BODY}' bytes.");
    let mut response = ArmError::gateway(
        StatusCode::PAYLOAD_TOO_LARGE,
        "RequestContentTooLarge",
        message,
    )
    .into_response();
    headers::add(&mut response, call, shared.clock.now(), Vec::new());
    response
}

fn verdict_response(answer: VerdictAnswer) -> Response<Bytes> {
    let mut response =
        empty(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    *response.body_mut() = Bytes::from(answer.body);
    add_headers(&mut response, &answer.headers);
    response
}

fn fault_response(
    shared: &Shared,
    call: &Call,
    target: &Route,
    answer: &FaultAnswer,
) -> Response<Bytes> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match (&answer.body, answer.shape, target) {
        (Some(body), ..) => {
            let mut response = empty(status);
            *response.body_mut() = Bytes::from(body.clone());
            let content_type = answer.content_type.as_deref().unwrap_or("text/html");
            if let Ok(content_type) = HeaderValue::from_str(content_type) {
                response
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, content_type);
            }
            response
        }
        (None, AnswerShape::Bare, _) => {
            ArmError::compute_bare(status, &answer.code, answer.message.clone()).into_response()
        }
        (None, AnswerShape::Endpoint, Route::Token { .. }) => {
            let error = if status.is_server_error() {
                "temporarily_unavailable"
            } else {
                "invalid_client"
            };
            entra::error::respond(
                status,
                error,
                &answer.code,
                &answer.message,
                shared.clock.now(),
                &call.origin,
            )
        }
        (None, AnswerShape::Endpoint, _) => {
            ArmError::gateway(status, &answer.code, answer.message.clone()).into_response()
        }
    };
    if matches!(target, Route::Arm(_)) {
        headers::add(&mut response, call, shared.clock.now(), Vec::new());
    }
    if let Some(seconds) = answer.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    add_headers(&mut response, &answer.headers);
    response
}

fn add_headers(
    response: &mut Response<Bytes>,
    headers: &std::collections::BTreeMap<String, String>,
) {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
}
