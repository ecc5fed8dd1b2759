//! Status conditions by the Kubernetes API conventions.
//! <https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties>

use jiff::Timestamp;
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

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
    /// Azure's store holds this public key with these tags. Present only when the spec asks for it.
    AzureSynced,
    /// Work is under way or will be tried again by itself. Present only while true.
    Reconciling,
    /// Nothing will get better until a person acts. Present only while true.
    Stalled,
}

impl ConditionType {
    /// The condition's `type`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One condition as it is decided: without the time, which depends on what was written before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it speaks of.
    pub kind: ConditionType,
    /// `Some(true)`, `Some(false)`, or `None` for unknown.
    pub status: Option<bool>,
    /// Why, for machines.
    pub reason: Reason,
    /// Why and what to do, for people.
    pub message: String,
}

impl Verdict {
    /// A verdict of `status` about `kind`.
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

/// The conditions to write: the transition time moves only where the status does.
pub fn conditions(
    verdicts: &[Verdict],
    before: &[Condition],
    generation: i64,
    now: Timestamp,
) -> Vec<Condition> {
    verdicts
        .iter()
        .map(|verdict| {
            let status = match verdict.status {
                Some(true) => "True",
                Some(false) => "False",
                None => "Unknown",
            };
            let since = before
                .iter()
                .find(|condition| {
                    condition.type_ == verdict.kind.as_str() && condition.status == status
                })
                .map_or(Time(now), |condition| {
                    condition.last_transition_time.clone()
                });
            Condition {
                type_: verdict.kind.as_str().to_owned(),
                status: status.to_owned(),
                reason: verdict.reason.as_str().to_owned(),
                message: verdict.message.clone(),
                observed_generation: Some(generation),
                last_transition_time: since,
            }
        })
        .collect()
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

    fn verdict(status: bool, message: &str) -> Verdict {
        Verdict::new(
            ConditionType::Ready,
            Some(status),
            Reason::UpToDate,
            message,
        )
    }

    #[test]
    fn the_transition_time_moves_only_with_the_status() {
        let early = Timestamp::from_second(1_000).unwrap();
        let late = Timestamp::from_second(2_000).unwrap();
        let first = conditions(&[verdict(true, "a")], &[], 1, early);
        let second = conditions(&[verdict(true, "b")], &first, 2, late);
        assert_eq!(second[0].last_transition_time, Time(early));
        assert_eq!(second[0].observed_generation, Some(2));
        let third = conditions(&[verdict(false, "b")], &second, 2, late);
        assert_eq!(third[0].last_transition_time, Time(late));
    }
}
