//! Headers of every answer of Resource Manager, as in the azure-cli recordings and the trace in Azure/azure-powershell#29168.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use jiff::Timestamp;
use uuid::Uuid;

use crate::call::Call;

const RETURN_CLIENT_REQUEST_ID: HeaderName =
    HeaderName::from_static("x-ms-return-client-request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");
const ROUTING_ID: HeaderName = HeaderName::from_static("x-ms-routing-request-id");
/// The front door named in the routing id.
const FRONT_DOOR: &str = "LOCALHOST";

pub(crate) fn add(
    response: &mut Response<Bytes>,
    call: &Call,
    now: Timestamp,
    limits: Vec<(HeaderName, String)>,
) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(header::EXPIRES, HeaderValue::from_static("-1"));
    headers.insert(
        header::STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000; includeSubDomains"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    put(headers, REQUEST_ID, &Uuid::new_v4().to_string());
    put(headers, CORRELATION_ID, &call.info.correlation_id);
    put(
        headers,
        ROUTING_ID,
        &format!(
            "{FRONT_DOOR}:{}:{}",
            now.strftime("%Y%m%dT%H%M%SZ"),
            call.info.correlation_id
        ),
    );
    if call
        .header(&RETURN_CLIENT_REQUEST_ID)
        .is_some_and(|wanted| wanted.eq_ignore_ascii_case("true"))
        && let Some(id) = call.headers.get(CLIENT_REQUEST_ID)
    {
        headers.insert(CLIENT_REQUEST_ID, id.clone());
    }
    for (name, value) in limits {
        put(headers, name, &value);
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
