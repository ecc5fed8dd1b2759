//! What comes back from ARM: status, the headers that matter, and a body of bounded size.

use azure_core::http::{AsyncRawResponse, StatusCode, headers::Headers};
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use serde::Deserialize;

use super::error::{Cause, RequestIds};

/// The most that ARM answers with.
/// <https://github.com/Azure/azure-resource-manager-rpc>, `common-api-details.md`
const MAX_BODY: usize = 8 * 1024 * 1024;

/// An answer, of whatever status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) headers: AnswerHeaders,
}

/// The headers that the operator reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AnswerHeaders {
    /// When to come again, if the answer says so.
    pub(super) retry_at: Option<Timestamp>,
    /// What Azure calls the request.
    pub(super) ids: RequestIds,
    /// What is left of Compute's bucket for writes of SSH public keys.
    pub(super) remaining_compute_writes: Option<u32>,
    /// What is left of ARM's bucket for this kind of request.
    pub(super) remaining_requests: Option<u32>,
}

/// An error as ARM and Compute write it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ErrorBody {
    pub(super) code: String,
    pub(super) message: String,
    /// The policies that forbid it, by the names that people gave them.
    pub(super) policies: Vec<String>,
    /// Compute's own throttle answers without the `error` member that everything else is wrapped in.
    pub(super) wrapped: bool,
}

impl Answer {
    /// Reads an answer to its end.
    ///
    /// # Errors
    /// When the connection breaks or the body is larger than ARM's limit.
    pub(super) async fn read(response: AsyncRawResponse, now: Timestamp) -> Result<Self, Cause> {
        let (status, headers, body) = response.deconstruct();
        let body = body
            .map_err(|error| Cause::from_core(&error))
            .try_fold(Vec::new(), |mut whole, chunk| async move {
                if whole.len() + chunk.len() > MAX_BODY {
                    return Err(Cause::TooLarge);
                }
                whole.extend_from_slice(&chunk);
                Ok(whole)
            })
            .await?;
        Ok(Self {
            status: u16::from(status),
            body,
            headers: AnswerHeaders::read(&headers, now),
        })
    }

    /// Whether the status is one of success.
    pub(super) fn is_success(&self) -> bool {
        StatusCode::from(self.status).is_success()
    }

    /// The body as JSON.
    pub(super) fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Cause> {
        serde_json::from_slice(&self.body).map_err(|_| Cause::NotArm {
            status: self.status,
        })
    }

    /// The body as an error; `None` when ARM would not write such a body.
    pub(super) fn error(&self) -> Option<ErrorBody> {
        #[derive(Deserialize)]
        struct Envelope {
            error: Option<ErrorDetail>,
            #[serde(flatten)]
            bare: ErrorDetail,
        }
        let envelope: Envelope = serde_json::from_slice(&self.body).ok()?;
        let wrapped = envelope.error.is_some();
        let detail = envelope.error.unwrap_or(envelope.bare);
        let mut policies = Vec::new();
        detail.collect_policies(&mut policies, 0);
        Some(ErrorBody {
            code: detail.code?,
            message: detail.message.unwrap_or_default(),
            policies,
            wrapped,
        })
    }
}

/// An error of ARM, which may lie in another's `details`.
/// <https://github.com/Azure/azure-resource-manager-rpc>, `common-api-details.md`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorDetail {
    code: Option<String>,
    message: Option<String>,
    #[serde(default)]
    details: Option<Vec<ErrorDetail>>,
    #[serde(default)]
    additional_info: Option<Vec<serde_json::Value>>,
}

/// Deeper than any that was ever seen.
const MOST_NESTED: usize = 8;

impl ErrorDetail {
    fn collect_policies(&self, policies: &mut Vec<String>, depth: usize) {
        let infos = self.additional_info.iter().flatten();
        for info in infos.filter(|info| info["type"] == "PolicyViolation") {
            let names = [
                "policyAssignmentDisplayName",
                "policyDefinitionDisplayName",
                "policyAssignmentName",
                "policyDefinitionName",
            ];
            let mut given = names.iter().filter_map(|name| info["info"][name].as_str());
            policies.extend(given.find(|name| !name.is_empty()).map(str::to_owned));
        }
        if depth < MOST_NESTED {
            for detail in self.details.iter().flatten() {
                detail.collect_policies(policies, depth + 1);
            }
        }
    }
}

impl AnswerHeaders {
    fn read(headers: &Headers, now: Timestamp) -> Self {
        let text = |name: &'static str| {
            headers
                .get_optional_str(&azure_core::http::headers::HeaderName::from_static(name))
                .map(str::to_owned)
        };
        let number = |name: &'static str| text(name).and_then(|value| value.trim().parse().ok());
        Self {
            retry_at: text("retry-after")
                .and_then(|value| retry_at(&value, text("date").as_deref(), now)),
            ids: RequestIds {
                request: text("x-ms-request-id"),
                correlation: text("x-ms-correlation-request-id"),
            },
            remaining_compute_writes: text("x-ms-ratelimit-remaining-resource")
                .and_then(|value| compute_writes(&value)),
            remaining_requests: number("x-ms-ratelimit-remaining-subscription-writes")
                .or_else(|| number("x-ms-ratelimit-remaining-subscription-deletes"))
                .or_else(|| number("x-ms-ratelimit-remaining-subscription-reads")),
        }
    }
}

/// The shortest and the longest time that an answer is believed to mean. Nothing is gained by asking sooner, and a clock
/// that is wrong must not close Azure for years.
const RETRY_BOUNDS: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(1), SignedDuration::from_hours(1));

/// `Retry-After` is a number of seconds or an HTTP date (RFC 9110, section 10.2.3). A date is one of the answering clock,
/// which the answer's own `Date` tells: it need not be this machine's.
fn retry_at(value: &str, answered: Option<&str>, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    let wait = if let Ok(seconds) = value.parse::<u32>() {
        SignedDuration::from_secs(seconds.into())
    } else {
        let date = |text: &str| rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
        let their_now = answered.and_then(date).unwrap_or(now);
        date(value)?.duration_since(their_now)
    };
    now.checked_add(wait.clamp(RETRY_BOUNDS.0, RETRY_BOUNDS.1))
        .ok()
}

/// Several policies may stand in one header, as `Microsoft.Compute/NAME;LEFT`, with commas between.
/// <https://learn.microsoft.com/azure/virtual-machines/compute-throttling-limits>
fn compute_writes(value: &str) -> Option<u32> {
    value.split(',').find_map(|policy| {
        let (name, left) = policy.trim().split_once(';')?;
        name.eq_ignore_ascii_case("Microsoft.Compute/PutDeleteSshPublicKeysSubscriptionMaximum")
            .then(|| left.trim().parse().ok())
            .flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now: Timestamp = "2026-02-01T10:00:00Z".parse().unwrap();
        assert_eq!(
            retry_at("17", None, now),
            Some("2026-02-01T10:00:17Z".parse().unwrap())
        );
        assert_eq!(
            retry_at("Sun, 01 Feb 2026 10:05:00 GMT", None, now),
            Some("2026-02-01T10:05:00Z".parse().unwrap())
        );
        assert_eq!(retry_at("soon", None, now), None);
    }

    #[test]
    fn a_date_is_one_of_the_clock_that_answered() {
        let now: Timestamp = "2026-02-01T10:00:00Z".parse().unwrap();
        let ten_minutes_on = Some("Sun, 01 Feb 2026 10:10:00 GMT");
        assert_eq!(
            retry_at("Sun, 01 Feb 2026 10:10:30 GMT", ten_minutes_on, now),
            Some("2026-02-01T10:00:30Z".parse().unwrap())
        );
        let ten_minutes_ago = Some("Sun, 01 Feb 2026 09:50:00 GMT");
        assert_eq!(
            retry_at("Sun, 01 Feb 2026 09:50:30 GMT", ten_minutes_ago, now),
            Some("2026-02-01T10:00:30Z".parse().unwrap())
        );
    }

    #[test]
    fn a_retry_after_is_believed_within_bounds() {
        let now: Timestamp = "2026-02-01T10:00:00Z".parse().unwrap();
        let soonest = Some("2026-02-01T10:00:01Z".parse().unwrap());
        assert_eq!(retry_at("0", None, now), soonest);
        assert_eq!(
            retry_at("Sun, 01 Feb 2026 09:00:00 GMT", None, now),
            soonest
        );
        let latest = Some("2026-02-01T11:00:00Z".parse().unwrap());
        assert_eq!(retry_at("315360000", None, now), latest);
        assert_eq!(retry_at("Mon, 01 Feb 2027 09:00:00 GMT", None, now), latest);
    }

    #[test]
    fn the_compute_bucket_is_found_among_other_policies() {
        assert_eq!(
            compute_writes(
                "Microsoft.Compute/LowCostGet;23998, Microsoft.Compute/PutDeleteSshPublicKeysSubscriptionMaximum;7"
            ),
            Some(7)
        );
        assert_eq!(compute_writes("garbage"), None);
    }

    #[test]
    fn errors_are_read_with_and_without_their_wrapper() {
        let answer = |body: &str| Answer {
            status: 429,
            body: body.as_bytes().to_vec(),
            headers: AnswerHeaders::default(),
        };
        let wrapped = answer(r#"{"error":{"code":"TooManyRequests","message":"m"}}"#)
            .error()
            .unwrap();
        assert_eq!(
            (wrapped.code.as_str(), wrapped.wrapped),
            ("TooManyRequests", true)
        );
        let bare = answer(r#"{"code":"OperationNotAllowed","message":"m","details":[]}"#)
            .error()
            .unwrap();
        assert_eq!(
            (bare.code.as_str(), bare.wrapped),
            ("OperationNotAllowed", false)
        );
        let denied = r#"{"error":{"code":"RequestDisallowedByPolicy","message":"m","additionalInfo":[{"type":"PolicyViolation",
            "info":{"policyDefinitionDisplayName":"Tags","policyAssignmentDisplayName":"All teams: tags"}}],
            "details":[{"code":"c","message":"m","additionalInfo":[{"type":"PolicyViolation","info":{"policyDefinitionName":"loc"}}]}]}}"#;
        let policies = answer(denied).error().unwrap().policies;
        assert_eq!(policies, ["All teams: tags", "loc"]);
        assert_eq!(answer("<html>").error(), None);
        assert_eq!(answer("").error(), None);
    }
}
