//! Objects that wait for work which is done outside of their reconcile. They are woken when it is done.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

use crate::{
    api::{ErrorClass, Reason, SshKey},
    controller::{
        action::Action,
        clock::now,
        context::Context,
        sshkey::{invalid::write_blocked, observe::error::WaitsFor},
    },
    kubernetes::KubernetesError,
    plan::Failure,
};

/// What takes no longer than this needs no report.
const UNREPORTED: SignedDuration = SignedDuration::from_secs(5);

/// Lets an object wait. A new one that has waited for some time says what for; all others are as they were last reported.
pub(in crate::controller) async fn wait(
    context: &Context,
    object: &SshKey,
    waits_for: WaitsFor,
) -> Result<Action, KubernetesError> {
    let sweep = context.options.intervals.sweep;
    if is_reported(object) {
        return Ok(Action::requeue(sweep));
    }
    if let Some(soon) = unreported_for(object, now()) {
        return Ok(Action::requeue(soon));
    }
    let message: &str = waits_for.into();
    let failure = Failure::new(ErrorClass::Transient, Reason::Progressing, message);
    write_blocked(context, object, &failure).await?;
    Ok(Action::requeue(sweep))
}

/// The status says -1 until it is written for the first time.
fn is_reported(object: &SshKey) -> bool {
    let status = object.status.as_ref();
    status
        .and_then(|status| status.observed_generation)
        .is_some_and(|generation| generation >= 0)
}

/// How long a new object may wait yet without a word.
fn unreported_for(object: &SshKey, now: Timestamp) -> Option<Duration> {
    let created = object.creation_timestamp()?.0;
    let left = UNREPORTED.checked_sub(now.duration_since(created))?;
    Duration::try_from(left)
        .ok()
        .filter(|left| !left.is_zero())
        .map(|left| left.min(Duration::from_secs(5)))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;
    use crate::api::SshKeyStatus;

    #[test]
    fn only_a_new_object_that_has_waited_for_long_says_so() {
        let at = |second: i64| Timestamp::from_second(1_000 + second).unwrap();
        let mut object = SshKey::new("a", Default::default());
        object.metadata.creation_timestamp = Some(Time(at(0)));
        assert_eq!(unreported_for(&object, at(2)), Some(Duration::from_secs(3)));
        assert_eq!(unreported_for(&object, at(5)), None);
        assert_eq!(unreported_for(&object, at(500)), None);
        // The API server's clock may be ahead.
        assert_eq!(
            unreported_for(&object, at(-60)),
            Some(Duration::from_secs(5))
        );
        assert!(!is_reported(&object));
        for (generation, reported) in [(-1, false), (0, true), (3, true)] {
            object.status = Some(SshKeyStatus {
                observed_generation: Some(generation),
                ..SshKeyStatus::default()
            });
            assert_eq!(is_reported(&object), reported, "{generation}");
        }
    }
}
