//! Holds what a step has left behind to what the plan says that it leaves. The plan's tests and the model take steps by the
//! plan's word, so they are worth as much as that is true.

use crate::plan::{
    Desired, Fresh, Observed, Outcome, OutputView, RotationSecrets, RotationStep, SecretView, Step,
    effect,
};

/// Logs whether the plan foresaw an outcome, in builds with debug assertions. A change that another makes
/// at the same moment is a difference too, so that is no error; a test in which nobody else writes reads the log.
pub(in crate::controller) fn compare(
    step: &Step,
    desired: &Desired,
    before: &Observed,
    outcome: &Outcome,
) {
    let foreseen = effect(step, desired, before, &fresh(step, outcome));
    tracing::debug!(
        step = step.name(),
        is_foreseen = foreseen == *outcome,
        "compared an outcome with the plan's"
    );
}

/// What only the world could tell, as the outcome shows it.
fn fresh(step: &Step, outcome: &Outcome) -> Fresh {
    let (key, uid, resource_version) = match outcome {
        Outcome::Secret(SecretView::Present(facts)) => {
            let key = facts.key.readable();
            (key.cloned(), &facts.uid, &facts.resource_version)
        }
        Outcome::RotationSecrets(all) | Outcome::Custody(_, all) => {
            return fresh_rotation_secret(step, all);
        }
        Outcome::Output(_, OutputView::Present(facts)) => {
            (None, &facts.uid, &facts.resource_version)
        }
        _ => return nothing(),
    };
    Fresh {
        key,
        uid: uid.clone(),
        resource_version: resource_version.clone(),
    }
}

/// A step of a rotation writes one of the two Secrets.
fn fresh_rotation_secret(step: &Step, all: &RotationSecrets) -> Fresh {
    let is_staging = matches!(
        step,
        Step::Rotation(
            RotationStep::StageKey(_)
                | RotationStep::StageImportedKey(_)
                | RotationStep::BeginDelay { .. }
        )
    );
    match (all.staged(), all.previous()) {
        (Some(staged), _) if is_staging => Fresh {
            key: staged.key.readable().cloned(),
            uid: staged.uid.clone(),
            resource_version: staged.resource_version.clone(),
        },
        (_, Some(previous)) => Fresh {
            key: None,
            uid: previous.uid.clone(),
            resource_version: previous.resource_version.clone(),
        },
        _ => nothing(),
    }
}

fn nothing() -> Fresh {
    Fresh {
        key: None,
        uid: String::new(),
        resource_version: String::new(),
    }
}
