//! Status conditions by the Kubernetes API conventions.
//! <https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties>

use std::borrow::Cow;

use jiff::Timestamp;
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use strum::IntoEnumIterator;

use super::Reason;

/// The types of condition that the operator writes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter,
)]
pub enum ConditionType {
    /// Everything that the spec asks for is so.
    Ready,
    /// The Secret holds a key pair that was proven by a signature, and it is the recorded one.
    KeyAvailable,
    /// Every output holds the key. Present only while outputs are wanted, or left to be removed.
    OutputsSynced,
    /// Azure's store holds this public key with these tags. Present only when the spec asks for it.
    AzureSynced,
    /// Work is under way or will be tried again by itself. Present only while true.
    Reconciling,
    /// Nothing will get better until a person acts. Present only while true.
    Stalled,
    /// Of an `SshKeyPlan`: the answer is in its status.
    Complete,
}

impl ConditionType {
    /// The condition's `type`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Whether the operator writes conditions of this type into the statuses of keys and stores. Of others it knows nothing.
pub fn is_own(type_: &str) -> bool {
    ConditionType::iter().any(|kind| kind != ConditionType::Complete && kind.as_str() == type_)
}

/// The longest message of a condition, in bytes. Messages name what users wrote, and that may be long.
pub(super) const MESSAGE_MAX: usize = 1_536;

/// One condition as it is decided: without the time, which depends on what was written before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionDraft {
    /// What it speaks of.
    pub kind: ConditionType,
    /// `Some(true)`, `Some(false)`, or `None` for unknown.
    pub status: Option<bool>,
    /// Why, for machines.
    pub reason: Reason,
    /// Why and what to do, for people.
    pub message: String,
}

impl ConditionDraft {
    /// A draft of `status` about `kind`.
    pub fn new(
        kind: ConditionType,
        status: Option<bool>,
        reason: Reason,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            status,
            reason,
            message: message.into(),
        }
    }
}

/// The message, cut where it is too long.
fn shortened(message: &str) -> Cow<'_, str> {
    const CUT: &str = " […]";
    if message.len() <= MESSAGE_MAX {
        return Cow::Borrowed(message);
    }
    let end = message.floor_char_boundary(MESSAGE_MAX - CUT.len());
    Cow::Owned(format!("{}{CUT}", &message[..end]))
}

/// The conditions to write: the transition time moves only where the status does.
pub fn conditions(
    drafts: &[ConditionDraft],
    before: &[Condition],
    generation: i64,
    now: Timestamp,
) -> Vec<Condition> {
    drafts
        .iter()
        .map(|draft| {
            let status = match draft.status {
                Some(true) => "True",
                Some(false) => "False",
                None => "Unknown",
            };
            let same = before.iter().find(|condition| {
                condition.type_ == draft.kind.as_str() && condition.status == status
            });
            let since = same.map_or(Time(now), |condition| {
                condition.last_transition_time.clone()
            });
            let message = shortened(&draft.message);
            let told = same
                .filter(|condition| condition.reason == draft.reason.as_str())
                .filter(|condition| says_the_same(&condition.message, &message));
            Condition {
                type_: draft.kind.as_str().to_owned(),
                status: status.to_owned(),
                reason: draft.reason.as_str().to_owned(),
                message: told.map_or_else(|| message.into_owned(), |told| told.message.clone()),
                observed_generation: Some(generation),
                last_transition_time: since,
            }
        })
        .collect()
}

/// Whether two messages differ only in words with digits: ids and times of single requests. To write the status for those
/// would be to write it for every request.
fn says_the_same(one: &str, other: &str) -> bool {
    let telling = |text: &'_ str| {
        let words = text.split_whitespace().map(str::to_owned);
        words
            .filter(|word| !looks_like_an_id(word))
            .collect::<Vec<_>>()
    };
    telling(one) == telling(other)
}

/// A GUID, or a time to the second. A time to the minute was rounded for being told.
fn looks_like_an_id(word: &str) -> bool {
    let word = word.trim_matches(|char: char| !char.is_ascii_alphanumeric());
    let hex = word
        .chars()
        .all(|char| char.is_ascii_hexdigit() || char == '-');
    let time = word
        .chars()
        .all(|char| char.is_ascii_digit() || "-:.TZ".contains(char));
    (hex && word.len() == 36) || (time && word.matches(':').count() > 1)
}

/// The condition of a type among those of a status.
pub fn find(conditions: &[Condition], kind: ConditionType) -> Option<&Condition> {
    conditions
        .iter()
        .find(|condition| condition.type_ == kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(status: bool, message: &str) -> ConditionDraft {
        ConditionDraft::new(
            ConditionType::Ready,
            Some(status),
            Reason::UpToDate,
            message,
        )
    }

    #[test]
    fn a_message_that_is_too_long_is_cut_between_two_characters_and_says_so() {
        for (char, count) in [("x", 5_000), ("é", 768), ("🔑", 3_000)] {
            let long = draft(true, &char.repeat(count));
            let written = conditions(std::slice::from_ref(&long), &[], 1, Timestamp::UNIX_EPOCH);
            let message = &written[0].message;
            assert!(message.len() <= MESSAGE_MAX, "{}", message.len());
            assert_eq!(message.ends_with(" […]"), count != 768);
            let again = conditions(&[long], &written, 1, Timestamp::UNIX_EPOCH);
            assert_eq!(again, written, "nothing is written for it again");
        }
    }

    #[test]
    fn an_id_of_a_single_request_does_not_change_what_is_told() {
        let time = Timestamp::from_second(1_000).unwrap();
        let told = |id: &str| format!("Azure answered no (request {id}, at 10:11:12Z)");
        let first_id = "11111111-2222-3333-4444-555555555555";
        let other_id = "99999999-2222-3333-4444-aaaaaaaaaaaa";
        let first = conditions(&[draft(false, &told(first_id))], &[], 1, time);
        let second = conditions(&[draft(false, &told(other_id))], &first, 1, time);
        assert_eq!(first, second);
        let other = conditions(&[draft(false, "Azure answered yes")], &first, 1, time);
        assert_ne!(first, other);
        let at_ten = conditions(&[draft(false, "by 10:11 UTC")], &[], 1, time);
        let at_eleven = conditions(&[draft(false, "by 11:11 UTC")], &at_ten, 1, time);
        assert_ne!(at_ten, at_eleven);
    }

    #[test]
    fn the_transition_time_moves_only_with_the_status() {
        let early = Timestamp::from_second(1_000).unwrap();
        let late = Timestamp::from_second(2_000).unwrap();
        let first = conditions(&[draft(true, "a")], &[], 1, early);
        let second = conditions(&[draft(true, "b")], &first, 2, late);
        assert_eq!(second[0].last_transition_time, Time(early));
        assert_eq!(second[0].observed_generation, Some(2));
        let third = conditions(&[draft(false, "b")], &second, 2, late);
        assert_eq!(third[0].last_transition_time, Time(late));
    }
}
