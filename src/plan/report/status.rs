//! What is said of an object: its status and conditions, from the plan and from what stopped it.

use jiff::Timestamp;

use crate::{
    api::{
        SshKeyStatus,
        condition::{ConditionDraft, conditions},
    },
    keys::PublicKey,
    plan::{
        authority::{own_keys::current_key, places::with_places},
        decide::secret::replacement::is_being_replaced,
        decision::{Finding, Plan},
        desired::resolve::Desired,
        failure::Failure,
        observed::{secret::SecretView, snapshot::Observed},
        report::{
            progress::{may_propagate, progress},
            ready::{deleting, ready},
            rotation::{requests_note, rotation_status},
            standing::Standings,
            there::{in_azure, outputs_there},
        },
        step::kinds::Step,
    },
};

/// What is to be written as the status.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The whole status.
    pub status: SshKeyStatus,
    /// The Ready condition's reason and message, for an event.
    pub ready: ConditionDraft,
    /// What Azure calls the request that it refused, where that is why.
    pub request_ids: Option<String>,
}

/// The status of an object after a plan was carried out as far as it went: `failed` is the step that did not work.
pub fn report(
    desired: &Desired,
    observed: &Observed,
    plan: &Plan,
    failed: Option<(&Step, &Failure)>,
    before: &SshKeyStatus,
    generation: i64,
    now: Timestamp,
) -> Report {
    let observed = &with_places(observed.clone(), desired);
    let refused = observed
        .refused
        .iter()
        .map(|(step, failure)| (step, failure));
    let failures: Vec<(&Step, &Failure)> = failed.into_iter().chain(refused).collect();
    let failed = failures.first().copied();
    let standings = Standings::of(plan, observed, &failures);
    let ready = if plan.deleting {
        deleting(desired, plan, failed)
    } else {
        with_note(ready(desired, plan, &standings, failed), desired, observed)
    };
    let mut drafts = vec![ready.clone()];
    if !plan.deleting {
        drafts.extend(standings.drafts());
    }
    let propagates = may_propagate(&before.conditions, &ready, now);
    drafts.extend(progress(desired, plan, &ready, failed, propagates));
    let status = SshKeyStatus {
        observed_generation: Some(generation),
        recorded_for: Some(observed.object.uid.clone()),
        conditions: conditions(&drafts, &before.conditions, generation, now),
        ..before.clone()
    };
    let failure = failed.map(|(_, failure)| failure);
    let request_ids = failure
        .or_else(|| plan.failure())
        .and_then(|failure| failure.request_ids.clone());
    Report {
        status: with_facts(status, desired, observed, plan),
        ready,
        request_ids,
    }
}

/// A Ready condition that is true, with what a person should know all the same.
fn with_note(draft: ConditionDraft, desired: &Desired, observed: &Observed) -> ConditionDraft {
    match requests_note(desired, observed).filter(|_| draft.status == Some(true)) {
        Some(note) => ConditionDraft {
            message: format!("{}; {note}", draft.message),
            ..draft
        },
        None => draft,
    }
}

/// The status with what is there: key, rotation, outputs and places in Azure. What can't be told stays as it was.
fn with_facts(
    mut status: SshKeyStatus,
    desired: &Desired,
    observed: &Observed,
    plan: &Plan,
) -> SshKeyStatus {
    if !matches!(plan.secret, Finding::Blocked(_))
        && !is_yet_to_be_adopted(observed)
        // What is there is not the key, and another is on its way.
        && !is_being_replaced(desired, observed)
        && let Some(key) = current_key(desired, observed)
    {
        describe_key(&mut status, desired.source.private_secret(), key);
        status.rotation = rotation_status(desired, observed);
    }
    if !plan.deleting {
        status.outputs = outputs_there(desired, observed);
        status.azure = in_azure(desired, observed, plan, status.azure.as_ref());
    }
    status
}

/// A Secret without records is known by the key that was reported. One that another has made must not be, before it
/// was adopted.
fn is_yet_to_be_adopted(observed: &Observed) -> bool {
    matches!(&observed.secret, SecretView::Present(facts) if facts.owner_name.is_none())
}

fn describe_key(status: &mut SshKeyStatus, secret: Option<&str>, key: &PublicKey) {
    status.public_key = Some(key.to_line());
    status.fingerprint = Some(key.fingerprint().to_string());
    status.algorithm = Some(key.algorithm().to_string());
    status.size = Some(key.bits());
    status.secret_name = secret.map(str::to_owned);
}
