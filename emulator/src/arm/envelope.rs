//! Bodies of answers: compact JSON from Resource Manager itself, indented JSON with CRLF from Compute (azure-cli recordings
//! `test_resource_group.yaml` and `test_vm_ssh_key.yaml`), and the error envelope of both.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::Value;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
/// Marks errors made by Resource Manager, not by a resource provider (Azure/azure-powershell#29168).
const FAILURE_CAUSE: HeaderName = HeaderName::from_static("x-ms-failure-cause");

/// An answer of Resource Manager itself.
pub(crate) fn gateway_json<T: Serialize>(status: StatusCode, value: &T) -> Response<Bytes> {
    with_json(status, serde_json::to_vec(value).unwrap_or_default())
}

/// An answer of Compute.
pub(crate) fn compute_json<T: Serialize>(status: StatusCode, value: &T) -> Response<Bytes> {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    // Line ends inside JSON strings are escaped, so each one here is the printer's.
    with_json(status, text.replace('\n', "\r\n").into_bytes())
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

fn with_json(status: StatusCode, body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// Who found the error, which decides how its body looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    Gateway,
    Compute,
    /// Compute without the `error` wrapper, as its throttling answers are documented.
    ComputeBare,
}

#[derive(Debug, Serialize)]
struct ErrorBody {
    code: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<ErrorBody>,
    #[serde(rename = "additionalInfo", skip_serializing_if = "Vec::is_empty")]
    additional_info: Vec<AdditionalInfo>,
}

#[derive(Debug, Serialize)]
struct AdditionalInfo {
    r#type: &'static str,
    info: Value,
}

#[derive(Serialize)]
struct Wrapped<'a> {
    error: &'a ErrorBody,
}

/// A refusal.
#[derive(Debug)]
pub(crate) struct ArmError {
    status: StatusCode,
    author: Author,
    body: Box<ErrorBody>,
    headers: Vec<(HeaderName, String)>,
}

impl ArmError {
    fn new(author: Author, status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let body = ErrorBody {
            code: code.to_owned(),
            message: message.into(),
            target: None,
            details: Vec::new(),
            additional_info: Vec::new(),
        };
        Self {
            status,
            author,
            body: Box::new(body),
            headers: Vec::new(),
        }
    }

    /// Made by Resource Manager.
    pub(crate) fn gateway(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self::new(Author::Gateway, status, code, message)
    }

    /// Made by Compute.
    pub(crate) fn compute(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self::new(Author::Compute, status, code, message)
    }

    /// Made by Compute, without the wrapper.
    pub(crate) fn compute_bare(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self::new(Author::ComputeBare, status, code, message)
    }

    pub(crate) fn target(mut self, target: &str) -> Self {
        self.body.target = Some(target.to_owned());
        self
    }

    pub(crate) fn detail(mut self, code: &str, target: &str, message: String) -> Self {
        self.body.details.push(ErrorBody {
            code: code.to_owned(),
            message,
            target: Some(target.to_owned()),
            details: Vec::new(),
            additional_info: Vec::new(),
        });
        self
    }

    /// Says more, in the form of its type.
    pub(crate) fn additional_info(mut self, r#type: &'static str, info: Value) -> Self {
        self.body
            .additional_info
            .push(AdditionalInfo { r#type, info });
        self
    }

    /// This error in the `details` of another.
    pub(crate) fn within(self, code: &str, message: &str) -> Self {
        let mut outer = Self::new(self.author, self.status, code, message);
        outer.body.details.push(*self.body);
        outer.headers = self.headers;
        outer
    }

    pub(crate) fn header(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        let wrapped = Wrapped { error: &self.body };
        let mut response = match self.author {
            Author::Gateway => gateway_json(self.status, &wrapped),
            Author::Compute => compute_json(self.status, &wrapped),
            Author::ComputeBare => compute_json(self.status, &self.body),
        };
        if self.author == Author::Gateway {
            response
                .headers_mut()
                .insert(FAILURE_CAUSE, HeaderValue::from_static("gateway"));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
