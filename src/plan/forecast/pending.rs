//! The steps of an object that are not being taken at this moment, and why.

use jiff::{SignedDuration, Timestamp};

use crate::{
    api::{
        ErrorClass, PlannedStep, SshKeyStatus, StepAction, Time, names::annotation,
        planned_step::PendingPlan, rotation::Activation,
    },
    plan::{
        decision::Plan,
        desired::resolve::Desired,
        effect::{outcome::effect, world::Fresh},
        failure::Failure,
        forecast::{
            answer::Forecast,
            fold::{Beginning, Foreseen, forecast},
            line::line,
            text::{Unknown, bounded},
        },
        observed::snapshot::Observed,
        step::kinds::Step,
    },
};

/// The most steps, and the longest message, as the schema has them.
const MOST: usize = 16;
const LONGEST: usize = 320;

/// A wait for Azure's turn that is no longer than this needs no report.
const UNREPORTED: SignedDuration = SignedDuration::from_secs(30);

/// The steps that are not being taken, once a pass has come as far as it could; `None` when there are none. `status` is what
/// is about to be written, with the plan that was written before; `failed` is the step that has ended the pass.
pub fn pending(
    desired: &Desired,
    observed: &Observed,
    decided: &Plan,
    failed: Option<(&Step, &Failure)>,
    status: &SshKeyStatus,
    beginning: Beginning<'_>,
) -> Option<PendingPlan> {
    let (message, steps) = if decided.deleting && desired.protected {
        let free = Desired {
            protected: false,
            ..desired.clone()
        };
        let steps = at_once(&free, observed, beginning);
        ("spec.deletionProtection is true".to_owned(), steps)
    } else if desired.suspended && !decided.deleting {
        let free = Desired {
            suspended: false,
            ..desired.clone()
        };
        let steps = at_once(&free, observed, beginning);
        ("spec.suspend is true".to_owned(), steps)
    } else if let Some(why) = held_up(observed, failed, beginning.now) {
        let until = why
            .until
            .map(|until| kept_time(status, until, beginning.now));
        (why.message, left(desired, observed, decided, until))
    } else {
        activation(desired, status)?
    };
    let count = i32::try_from(steps.len()).unwrap_or(i32::MAX);
    let steps: Vec<PlannedStep> = steps.into_iter().take(MOST).collect();
    (!steps.is_empty()).then(|| PendingPlan {
        count,
        message: bounded(&message, LONGEST),
        steps,
    })
}

/// What would be done at once if nothing stood against it. What only time brings moves with the time, and would be written
/// again and again.
fn at_once(desired: &Desired, observed: &Observed, beginning: Beginning<'_>) -> Vec<PlannedStep> {
    let beginning = Beginning {
        trusts: true,
        ..beginning
    };
    let steps = match forecast(desired, observed, beginning) {
        Foreseen::Forecast(forecast) => forecast.steps,
        Foreseen::Read(_) => Vec::new(),
    };
    let now = steps.into_iter().filter(|step| step.not_before.is_none());
    now.collect()
}

/// Why steps are left.
struct HeldUp {
    message: String,
    /// When Azure's turn is expected, if that is waited for.
    until: Option<Timestamp>,
}

/// What passes by itself within seconds is not told.
fn held_up(
    observed: &Observed,
    failed: Option<(&Step, &Failure)>,
    now: Timestamp,
) -> Option<HeldUp> {
    let refused = observed.refused.first().map(|(_, failure)| failure);
    let failure = failed.map(|(_, failure)| failure).or(refused)?;
    let until = match failure.class {
        ErrorClass::UserFixable => None,
        ErrorClass::Throttled(Some(until)) if until.duration_since(now) > UNREPORTED => Some(until),
        ErrorClass::Throttled(_) | ErrorClass::Transient => return None,
    };
    let message = match until {
        Some(_) => {
            "Azure takes no more requests at this moment; the turn comes by itself".to_owned()
        }
        None => failure.message.clone(),
    };
    Some(HeldUp { message, until })
}

/// The expected turn, in whole minutes. What was written before stays while it is still to come.
fn kept_time(status: &SshKeyStatus, until: Timestamp, now: Timestamp) -> Timestamp {
    let before = status.plan.iter().flat_map(|plan| &plan.steps);
    let mut before = before.filter_map(|step| step.not_before.as_ref().map(|time| time.0));
    before.find(|time| *time > now).unwrap_or_else(|| {
        let minute = (until.as_second() / 60 + 1) * 60;
        Timestamp::from_second(minute).unwrap_or(until)
    })
}

/// The steps of the plan that are left, from what to what.
fn left(
    desired: &Desired,
    observed: &Observed,
    decided: &Plan,
    until: Option<Timestamp>,
) -> Vec<PlannedStep> {
    let mut unknown = Unknown::default();
    let mut before = observed.clone();
    let mut lines = Vec::new();
    for step in &decided.steps {
        let fresh = Fresh {
            key: step.generates().map(|kind| unknown.key(kind)),
            uid: String::new(),
            resource_version: String::new(),
        };
        let after = before.clone();
        let after = after.after(effect(step, desired, &before, &fresh));
        lines.push(line(step, desired, &before, &after, until));
        before = after;
    }
    let mut forecast = Forecast {
        steps: lines,
        ..Forecast::default()
    };
    unknown.rename(&mut forecast);
    forecast.steps
}

/// The next key, while it waits to take over.
fn activation(desired: &Desired, status: &SshKeyStatus) -> Option<(String, Vec<PlannedStep>)> {
    let pending = status.rotation.as_ref()?.pending.as_ref()?;
    let why = match desired.rotation.activation {
        Activation::Immediate => return None,
        Activation::Delayed => "rotation.delay is not over".to_owned(),
        Activation::Manual => {
            format!(
                "rotation.activation is Manual: the key waits for the annotation {}",
                annotation::ACTIVATE
            )
        }
    };
    let name = desired.source.private_secret()?;
    let not_before: Option<Time> = pending.activation_time.clone();
    let step = PlannedStep {
        action: StepAction::Update,
        step: "ActivateKey".to_owned(),
        target: bounded(&format!("Secret {name}"), 640),
        from: status.fingerprint.clone(),
        to: Some(pending.fingerprint.clone()),
        reason: "the next key takes over: it is published wherever the spec asks for it".to_owned(),
        not_before,
    };
    Some((why, vec![step]))
}
