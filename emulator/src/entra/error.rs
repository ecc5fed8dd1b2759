//! Refusals of the token endpoint, in Entra's form.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// Why no token was issued.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AadError {
    pub(crate) status: StatusCode,
    /// The OAuth 2.0 error.
    pub(crate) error: &'static str,
    /// The AADSTS number.
    pub(crate) number: u32,
    pub(crate) message: String,
}

impl AadError {
    /// A refusal with 400.
    pub(crate) fn bad(error: &'static str, number: u32, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            number,
            message: message.into(),
        }
    }

    /// `invalid_client` with 401.
    pub(crate) fn client(number: u32, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            number,
            message: message.into(),
        }
    }

    pub(crate) fn into_response(self, now: Timestamp, origin: &str) -> Response<Bytes> {
        respond(
            self.status,
            self.error,
            &self.number.to_string(),
            &self.message,
            now,
            origin,
        )
    }
}

/// The answer with any number, for faults.
pub(crate) fn respond(
    status: StatusCode,
    error: &str,
    number: &str,
    message: &str,
    now: Timestamp,
    origin: &str,
) -> Response<Bytes> {
    let (trace, correlation) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let time = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let codes: Vec<u64> = number.parse().into_iter().collect();
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{number}: {message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}"),
        "error_codes": codes,
        "timestamp": time,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("{origin}/error?code={number}"),
    });
    json_response(status, &body)
}

/// JSON with the headers of the token endpoint.
pub(crate) fn json_response(status: StatusCode, body: &serde_json::Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-store, no-cache"),
    );
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(header::EXPIRES, HeaderValue::from_static("-1"));
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert("x-ms-request-id", id);
    }
    response
}
