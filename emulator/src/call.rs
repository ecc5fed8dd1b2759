//! One request, read whole.

use bytes::Bytes;
use form_urlencoded::parse;
use http::{HeaderMap, HeaderName, Method, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// What is said of a request to an [`Interceptor`](crate::Interceptor) and in the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestInfo {
    /// Upper-case HTTP method.
    pub method: String,
    /// The path as it was sent, percent-encoded.
    pub path: String,
    /// The query string without the question mark; empty when there is none.
    pub query: String,
    /// The value of `api-version`.
    pub api_version: Option<String>,
    /// Client id of the application whose token came with the request, if the token is good.
    pub principal: Option<String>,
    /// The value of `x-ms-correlation-request-id`, the client's own or made here.
    pub correlation_id: String,
    /// The body of a PUT or PATCH of ARM: JSON, or the text as a JSON string when it is not JSON.
    pub body: Option<Value>,
}

impl RequestInfo {
    /// Whether the request changes something in ARM: PUT, PATCH, DELETE, or a POST outside the token endpoint.
    pub fn is_arm_write(&self) -> bool {
        let arm = self
            .path
            .get(..15)
            .is_some_and(|start| start.eq_ignore_ascii_case("/subscriptions/"));
        arm && matches!(self.method.as_str(), "PUT" | "PATCH" | "DELETE" | "POST")
    }
}

/// A request with everything a handler needs of it.
pub(crate) struct Call {
    pub(crate) info: RequestInfo,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) received: Timestamp,
    /// `https://host:port` as the client named it, for absolute links in answers.
    pub(crate) origin: String,
}

/// Clients may choose the correlation id, if it is a GUID.
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");

impl Call {
    pub(crate) fn new(
        parts: http::request::Parts,
        body: Bytes,
        received: Timestamp,
        own_origin: &str,
    ) -> Self {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let api_version = parse(query.as_bytes())
            .find(|(name, _)| name.eq_ignore_ascii_case("api-version"))
            .map(|(_, value)| value.into_owned());
        let correlation_id = text(&parts.headers, &CORRELATION_ID)
            .and_then(|id| Uuid::try_parse(id).ok())
            .unwrap_or_else(Uuid::new_v4)
            .to_string();
        let origin = text(&parts.headers, &header::HOST)
            .map_or_else(|| own_origin.to_owned(), |host| format!("https://{host}"));
        let recorded = matches!(parts.method, Method::PUT | Method::PATCH) && !body.is_empty();
        let info = RequestInfo {
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query,
            api_version,
            principal: None,
            correlation_id,
            body: recorded.then(|| json_or_text(&body)),
        };
        Self {
            info,
            method: parts.method,
            headers: parts.headers,
            body,
            received,
            origin,
        }
    }

    /// The first value of a query parameter; names are compared without case.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        parse(self.info.query.as_bytes())
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }

    /// A header's value, if it is there and is text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        text(&self.headers, name)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn json_or_text(body: &[u8]) -> Value {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}
