//! What can go wrong between here and the API server.

use std::{future::Future, time::Duration};

use crate::api::{ErrorClass, Reason, is_object_name};

/// A request to the API server that did not do what it was for.
#[derive(Debug, thiserror::Error)]
#[error("can't {operation} {subject}: {cause}")]
pub struct KubernetesError {
    /// What was tried, as a verb.
    pub operation: &'static str,
    /// On what: kind and name.
    pub subject: String,
    /// Why it failed.
    #[source]
    pub cause: Cause,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The API server answered with an error.
    #[error("the API server answered {code} {reason}: {message}")]
    Refused {
        /// HTTP status.
        code: u16,
        /// Machine-readable reason.
        reason: String,
        /// For people. The API server quotes no Secret's content.
        message: String,
    },
    /// What should be named is nothing that an object can be called: nothing was sent.
    #[error(
        "no object can have this name: write lower-case letters, digits, '-' and '.', and begin and end with a letter or a digit"
    )]
    NoName,
    /// The object asks for what can't be put into a request: nothing was sent.
    #[error("what the object says can't be put into a request: correct the names in it")]
    NoRequest,
    /// No answer in time. A write may have been done.
    #[error("no answer in time; it will be tried again")]
    Timeout,
    /// An answer that does not come from the API server.
    #[error("the answer can't be read; it will be tried again")]
    Unreadable,
    /// The request or its answer was lost.
    #[error("{0}; it will be tried again")]
    Lost(kube::Error),
}

/// No request of the operator takes longer than this on a healthy API server.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Waits for a request, and says what it was when it fails.
pub(super) async fn attempt<T>(
    operation: &'static str,
    subject: impl FnOnce() -> String,
    request: impl Future<Output = kube::Result<T>>,
) -> Result<T, KubernetesError> {
    let cause = match tokio::time::timeout(TIMEOUT, request).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(kube::Error::Api(status))) => Cause::Refused {
            code: status.code,
            reason: status.reason,
            message: status.message,
        },
        // The error's own text quotes what could not be read, and that may be a Secret.
        Ok(Err(kube::Error::SerdeError(_))) => Cause::Unreadable,
        Ok(Err(kube::Error::BuildRequest(_))) => Cause::NoRequest,
        Ok(Err(error)) => Cause::Lost(error),
        Err(_) => Cause::Timeout,
    };
    Err(KubernetesError {
        operation,
        subject: subject(),
        cause,
    })
}

/// As [`attempt`], on an object whose name was read from another object: what is no name would leave its place in the
/// path of the request, and is never sent.
pub(super) async fn attempt_on<T>(
    name: &str,
    operation: &'static str,
    subject: impl FnOnce() -> String,
    request: impl Future<Output = kube::Result<T>>,
) -> Result<T, KubernetesError> {
    if is_object_name(name) {
        return attempt(operation, subject, request).await;
    }
    Err(KubernetesError {
        operation,
        subject: subject().escape_debug().to_string(),
        cause: Cause::NoName,
    })
}

impl KubernetesError {
    /// The HTTP status of the answer, if there was one.
    pub fn code(&self) -> Option<u16> {
        match &self.cause {
            Cause::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether something of that name exists already. Others are refused with the same code: a quota that is changing at the
    /// moment, or what a webhook denies so.
    /// <https://kubernetes.io/docs/reference/using-api/api-concepts/#generated-values>
    pub fn is_already_exists(&self) -> bool {
        matches!(&self.cause, Cause::Refused { code: 409, reason, .. } if reason == "AlreadyExists")
    }

    /// Whether what was to be changed has changed since it was read. What was to be created was not read.
    pub fn is_conflict(&self) -> bool {
        self.code() == Some(409) && self.operation != "create"
    }

    /// Whether the API server refused because the namespace is being deleted.
    pub fn is_namespace_terminating(&self) -> bool {
        matches!(&self.cause, Cause::Refused { code: 403, message, .. } if message.contains("because it is being terminated"))
    }

    /// What to do about it.
    pub fn class(&self) -> ErrorClass {
        match &self.cause {
            Cause::Refused { code: 403, .. } if self.is_namespace_terminating() => {
                ErrorClass::Transient
            }
            Cause::Refused {
                code: 400 | 403 | 413 | 422,
                ..
            }
            | Cause::NoName
            | Cause::NoRequest => ErrorClass::UserFixable,
            _ => ErrorClass::Transient,
        }
    }

    /// The reason for a condition.
    pub fn reason(&self) -> Reason {
        match &self.cause {
            _ if self.is_namespace_terminating() => Reason::NamespaceTerminating,
            Cause::NoName | Cause::NoRequest => Reason::InvalidObject,
            _ if self.class() == ErrorClass::UserFixable => Reason::KubernetesRefused,
            _ => Reason::KubernetesUnavailable,
        }
    }
}

/// `None` for what does not exist.
pub(super) fn optional<T>(
    result: Result<T, KubernetesError>,
) -> Result<Option<T>, KubernetesError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    #[tokio::test]
    async fn nothing_is_sent_for_what_no_object_can_be_called() {
        let subject = || "Secret ../x\n".to_owned();
        let request = async { panic!("it was sent") };
        let refused = attempt_on::<()>("../x\n", "read", subject, request).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.class(), ErrorClass::UserFixable);
        assert_eq!(refused.reason(), Reason::InvalidObject);
        let said = refused.to_string();
        assert!(
            said.starts_with("can't read Secret ../x\\n: no object can have"),
            "{said}"
        );
    }

    #[tokio::test]
    async fn a_creation_that_is_refused_for_another_reason_than_its_name_is_no_conflict() {
        for (operation, reason, exists, conflicts) in [
            ("create", "AlreadyExists", true, false),
            ("create", "Conflict", false, false),
            ("update", "Conflict", false, true),
            ("delete", "Conflict", false, true),
        ] {
            let status = kube::core::Status::failure("no", reason).with_code(409);
            let request = ready(Err::<(), _>(kube::Error::Api(Box::new(status))));
            let refused = attempt(operation, || "Secret x".to_owned(), request).await;
            let refused = refused.unwrap_err();
            assert_eq!(refused.is_already_exists(), exists, "{operation} {reason}");
            assert_eq!(refused.is_conflict(), conflicts, "{operation} {reason}");
            assert_eq!(refused.class(), ErrorClass::Transient);
        }
    }

    #[tokio::test]
    async fn what_can_not_be_put_into_a_request_is_for_a_person_to_correct() {
        let broken = http::Request::get("https://a b").body(()).unwrap_err();
        let broken = kube::Error::BuildRequest(kube::core::request::Error::BuildRequest(broken));
        let request = ready(Err::<(), _>(broken));
        let refused = attempt("read", || "Secret x".to_owned(), request).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.class(), ErrorClass::UserFixable);
        assert_eq!(refused.reason(), Reason::InvalidObject);
    }
}
