//! The audit log: one line at info for each thing that happened to a key, with fields that stay as docs/operations.md has them;
//! and lines at warn for what stands in a key's way and what did not work.

use kube::ResourceExt;

use crate::{
    api::{ErrorClass, Reason},
    controller::sshkey::observe::observation::Observation,
    kubernetes::cut::last_manager,
    plan::{AuditAction, AuditLine, Failure, Observed, Step, audit},
};

/// The steps of a pass that were taken, and what they did.
#[derive(Default)]
pub(in crate::controller) struct Taken {
    pub(in crate::controller) steps: Vec<Step>,
    /// Each with the name of its step.
    pub(in crate::controller) lines: Vec<(&'static str, AuditLine)>,
}

impl Taken {
    /// A step was taken: its outcome is laid over what was observed, which was `before` until then.
    pub(in crate::controller) fn push(
        &mut self,
        observation: &Observation,
        before: &Observed,
        step: Step,
    ) {
        let lines = audit(
            &step,
            &observation.desired,
            before,
            &observation.observed,
            observation.takes_up_secret,
        );
        for line in lines {
            log(observation, &line);
            self.lines.push((step.name(), line));
        }
        self.steps.push(step);
    }
}

/// Writes a line to the log.
fn log(observation: &Observation, line: &AuditLine) {
    let object = &observation.object;
    let fingerprint = line.fingerprint.as_ref().map(ToString::to_string);
    let id = line.id.as_ref().map(ToString::to_string);
    // Only what happened in Azure has a counterpart in Azure's own log.
    let correlation = id.as_ref().map(|_| observation.caller.correlation.as_str());
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "sshkey_operator::audit",
                audit = <&str>::from(line.action),
                namespace = object.namespace(),
                name = object.name_any(),
                uid = observation.observed.object.uid,
                fingerprint,
                revision = line.revision,
                replaced = line.replaced.as_ref().map(ToString::to_string),
                written = line.written,
                azure_id = id,
                correlation_id = correlation,
                claimed_manager = last_manager(&object.metadata),
                "{line}"
            )
        };
    }
    if line.action == AuditAction::Orphaned {
        line!(warn);
    } else {
        line!(info);
    }
}

/// Logs what a person may want to know of, once it is new: what stands in a key's way, and what was found that no step did.
/// A wait for Azure's turn is information only.
pub(in crate::controller) fn log_news(observation: &Observation, reason: &str, note: &str) {
    let object = &observation.object;
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "sshkey_operator::audit",
                namespace = object.namespace(),
                name = object.name_any(),
                uid = observation.observed.object.uid,
                reason,
                claimed_manager = last_manager(&object.metadata),
                "{note}"
            )
        };
    }
    if reason == Reason::Throttled.as_str() {
        line!(info);
    } else {
        line!(warn);
    }
}

/// Logs why a step, or the read before one, did not work. A wait for Azure's turn is no failure.
pub(in crate::controller) fn log_failure(
    observation: &Observation,
    step: Option<&Step>,
    failure: &Failure,
) {
    macro_rules! line {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                namespace = observation.object.namespace(),
                name = observation.object.name_any(),
                step = step.map(Step::name),
                reason = failure.reason.as_str(),
                cause = failure.message,
                request_ids = failure.request_ids,
                $message
            )
        };
    }
    if matches!(failure.class, ErrorClass::Throttled(_)) {
        line!(info, "a step waits for its turn");
    } else {
        line!(warn, "a step failed");
    }
}
