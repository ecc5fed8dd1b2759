//! What an `SshKey` records of its rotations: whether there may be Secrets with other keys than the current one, and
//! which requests were acted upon. Like all records it is written before the first thing that it speaks of.

use serde::{Deserialize, Serialize};

use crate::api::names::annotation;

/// How many requests are remembered: a manifest from history must not rotate a key again.
const REMEMBERED: usize = 16;

/// The annotation's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationRecord {
    /// Whether there may be Secrets beside the managed one.
    #[serde(
        rename = "companions",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub may_have_secrets: bool,
    /// The requests that were acted upon, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handled: Vec<String>,
}

impl RotationRecord {
    /// What an annotation says. One that somebody has made unreadable says only that there may be something.
    pub fn parse(text: Option<&str>) -> Self {
        let Some(text) = text else {
            return Self::default();
        };
        let is_too_long = annotation::is_too_long(annotation::ROTATION, text);
        let read = (!is_too_long).then(|| serde_json::from_str(text).ok());
        read.flatten().unwrap_or(Self {
            may_have_secrets: true,
            handled: Vec::new(),
        })
    }

    /// The annotation's text; `None` when there is nothing to say.
    pub fn text(&self) -> Option<String> {
        (*self != Self::default()).then(|| serde_json::json!(self).to_string())
    }

    /// The same, with one more request.
    #[must_use]
    pub fn with(mut self, request: Option<&str>) -> Self {
        if let Some(request) = request
            && !self.handled.iter().any(|handled| handled == request)
        {
            self.handled.push(request.to_owned());
            let superfluous = self.handled.len().saturating_sub(REMEMBERED);
            self.handled.drain(..superfluous);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_being_written_and_read() {
        let record = RotationRecord {
            may_have_secrets: true,
            ..RotationRecord::default()
        }
        .with(Some("one"))
        .with(Some("two"))
        .with(Some("one"))
        .with(None);
        assert_eq!(record.handled, ["one", "two"]);
        assert_eq!(RotationRecord::parse(record.text().as_deref()), record);
        assert_eq!(RotationRecord::default().text(), None);
        assert_eq!(RotationRecord::parse(None), RotationRecord::default());
    }

    #[test]
    fn what_cannot_be_read_may_hide_something() {
        assert!(RotationRecord::parse(Some("rubbish")).may_have_secrets);
        let padded = format!("{{}}{}", " ".repeat(256 * 1_024 - 2));
        assert!(RotationRecord::parse(Some(&padded)).may_have_secrets);
    }

    #[test]
    fn as_many_of_the_longest_requests_as_are_remembered_can_be_read_again() {
        let record = (0..REMEMBERED).fold(RotationRecord::default(), |record, number| {
            record.with(Some(&format!("{number:02}{}", "\u{1}".repeat(254))))
        });
        assert_eq!(record.handled.len(), REMEMBERED);
        assert_eq!(RotationRecord::parse(record.text().as_deref()), record);
    }

    #[test]
    fn old_requests_are_forgotten_in_the_end() {
        let record = (0..40).fold(RotationRecord::default(), |record, number| {
            record.with(Some(&number.to_string()))
        });
        assert_eq!(record.handled.len(), REMEMBERED);
        assert_eq!(record.handled.last().map(String::as_str), Some("39"));
    }
}
