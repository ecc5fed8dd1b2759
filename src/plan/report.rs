//! What is said of an object: its status and conditions, from the plan and from what stopped it.

use jiff::{SignedDuration, Timestamp};

use super::{
    AzureRecord, Concern, Desired, Failure, KeyView, Observed, OutputView, SecretView, Step,
    Wanted, azure,
    decide::{Finding, Plan},
    deletion::with_way_out,
    rotation_status::{requests_note, rotation_status},
    secret,
    standing::{Standing, failure_of, key_standing, standing},
};
use crate::{
    api::{
        Condition, ConditionType, ErrorClass, Reason, SshKeyStatus,
        condition::{Verdict, conditions, find},
        status::{AzureStatus, OutputStatus, PlaceStatus},
    },
    keys::PublicKey,
};

/// What is to be written as the status.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The whole status.
    pub status: SshKeyStatus,
    /// The Ready condition's reason and message, for an event.
    pub ready: Verdict,
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
    let observed = &observed.clone().with_places(desired);
    let refused = observed
        .refused
        .iter()
        .map(|(step, failure)| (step, failure));
    let failures: Vec<(&Step, &Failure)> = failed.into_iter().chain(refused).collect();
    let failed = failures.first().copied();
    let of = |concern| failure_of(&failures, concern);
    let key = key_standing(plan, observed, of(Concern::Secret));
    let azure = plan.azure.as_ref();
    let azure = azure.map(|finding| standing(finding, of(Concern::Azure)));
    let outputs = plan.outputs.as_ref();
    let outputs = outputs.map(|finding| standing(finding, of(Concern::Outputs)));
    let ready = if plan.deleting {
        deleting(desired, plan, failed)
    } else {
        let rotation = plan.rotation.as_ref().or_else(|| of(Concern::Rotation));
        let rotation = rotation.map(Standing::failed);
        let others = [outputs.as_ref(), azure.as_ref(), rotation.as_ref()];
        let verdict = ready(desired, plan, &key, others, failed);
        match requests_note(desired, observed).filter(|_| verdict.status == Some(true)) {
            Some(note) => Verdict {
                message: format!("{}; {note}", verdict.message),
                ..verdict
            },
            None => verdict,
        }
    };

    let mut verdicts = vec![ready.clone()];
    if !plan.deleting {
        verdicts.push(key.about(ConditionType::KeyAvailable));
        verdicts.extend(
            outputs
                .as_ref()
                .map(|outputs| outputs.about(ConditionType::OutputsSynced)),
        );
        verdicts.extend(
            azure
                .as_ref()
                .map(|azure| azure.about(ConditionType::AzureSynced)),
        );
    }
    let propagates = may_propagate(&before.conditions, &ready, now);
    verdicts.extend(progress(desired, plan, &ready, failed, propagates));

    let mut status = SshKeyStatus {
        observed_generation: Some(generation),
        recorded_for: Some(observed.object.uid.clone()),
        conditions: conditions(&verdicts, &before.conditions, generation, now),
        ..before.clone()
    };
    if !matches!(plan.secret, Finding::Blocked(_))
        && !is_yet_to_be_adopted(observed)
        // What is there is not the key, and another is on its way.
        && !secret::is_being_replaced(desired, observed)
        && let Some(key) = observed.key(desired)
    {
        describe_key(&mut status, desired.source.private_secret(), key);
        status.rotation = rotation_status(desired, observed);
    }
    if !plan.deleting {
        status.outputs = outputs_there(desired, observed);
        status.azure = in_azure(desired, observed, plan, before);
    }
    let failure = failed.map(|(_, failure)| failure);
    let request_ids = failure
        .or_else(|| plan.failure())
        .and_then(|failure| failure.request_ids.clone());
    Report {
        status,
        ready,
        request_ids,
    }
}

/// Where the key is in Azure: what is shown of the place that is wanted, and every place that is this object's.
fn in_azure(
    desired: &Desired,
    observed: &Observed,
    plan: &Plan,
    before: &SshKeyStatus,
) -> Option<AzureStatus> {
    let shown = match (&desired.azure, &plan.azure) {
        (None, _) => None,
        (Some(wanted), Some(Finding::Good { .. })) => {
            wanted.target.as_ref().ok().map(|target| AzureStatus {
                resource_id: target.id().to_string(),
                location: location(target, observed),
                store_kind: Some(wanted.store.kind),
                store: wanted.store.name.clone(),
                places: Vec::new(),
            })
        }
        (Some(_), _) => before.azure.clone().filter(|_| observed.object.has_status),
    };
    let published = observed.key(desired);
    let places = azure::places_to_report(desired, observed, published);
    let places: Vec<PlaceStatus> = places.iter().map(AzureRecord::to_status).collect();
    if shown.is_none() && places.is_empty() {
        return None;
    }
    Some(AzureStatus {
        places,
        ..shown.unwrap_or_default()
    })
}

/// A Secret without records is known by the key that was reported. One that somebody else has made must not be, before it
/// was adopted.
fn is_yet_to_be_adopted(observed: &Observed) -> bool {
    matches!(&observed.secret, SecretView::Present(facts) if facts.owner_name.is_none())
}

/// The outputs that are this object's, those that are to go included until they are gone.
fn outputs_there(desired: &Desired, observed: &Observed) -> Vec<OutputStatus> {
    let there = observed.outputs.iter().filter_map(|(object, view)| {
        let wanted = desired
            .outputs
            .iter()
            .find(|output| output.object == *object);
        let kind: &str = object.kind.into();
        let status = |uid: Option<String>, shape: &str| OutputStatus {
            name: object.name.clone(),
            kind: kind.to_owned(),
            shape: shape.to_owned(),
            uid,
            leaving: wanted.is_none(),
        };
        match view {
            OutputView::Present(facts)
                if facts.is_output
                    && facts.owner_uid.as_deref() == Some(observed.object.uid.as_str()) =>
            {
                let shape = match wanted {
                    Some(wanted) => wanted.shape.as_ref().ok()?.preset,
                    None => "",
                };
                Some(status(Some(facts.uid.clone()), shape))
            }
            // What could not be looked at may still be there.
            OutputView::Unknown(_) if observed.object.reported_outputs.contains(object) => {
                Some(status(None, ""))
            }
            _ => None,
        }
    });
    there.collect()
}

/// Where the key was asked to be stored; of a key that is followed, where it is.
fn location(target: &Wanted, observed: &Observed) -> String {
    match (target, observed.azure.get(target.id())) {
        (Wanted::Published(target), _) => target.location.clone(),
        (Wanted::Followed(_), Some(KeyView::Present { key, .. })) => key.location.clone(),
        (Wanted::Followed(_), _) => String::new(),
    }
}

fn describe_key(status: &mut SshKeyStatus, secret: Option<&str>, key: &PublicKey) {
    status.public_key = Some(key.to_line());
    status.fingerprint = Some(key.fingerprint().to_string());
    status.algorithm = Some(key.algorithm().to_string());
    status.size = Some(key.bits());
    status.secret_name = secret.map(str::to_owned);
}

fn ready(
    desired: &Desired,
    plan: &Plan,
    key: &Standing,
    others: [Option<&Standing>; 3],
    failed: Option<(&Step, &Failure)>,
) -> Verdict {
    let kind = ConditionType::Ready;
    if desired.suspended && !plan.steps.is_empty() {
        let bookkeeping = |step: &&Step| matches!(step, Step::Record { .. });
        let (records, changes): (Vec<&Step>, Vec<&Step>) = plan.steps.iter().partition(bookkeeping);
        let shown = if changes.is_empty() { records } else { changes };
        let steps: Vec<String> = shown.into_iter().map(Step::describe).collect();
        return Verdict::new(
            kind,
            Some(false),
            Reason::Suspended,
            format!(
                "spec.suspend is true; without it this would be done: {}",
                steps.join("; ")
            ),
        );
    }
    let stands_true = key.status == Some(true);
    let bookkeeping = failed
        .filter(|(step, _)| {
            step.concern() == Concern::Object || (step.concern() == Concern::Secret && stands_true)
        })
        .map(|(_, failure)| Standing::failed(failure));
    let first_bad = bookkeeping
        .as_ref()
        .into_iter()
        .chain([key])
        .chain(others.into_iter().flatten())
        .find(|standing| standing.status != Some(true));
    match first_bad {
        Some(bad) => bad.about(kind),
        None if plan.steps.is_empty() => {
            let mut message = up_to_date(key, others);
            // `azure:` without braces is null, which the API server drops.
            if desired.azure.is_none() {
                message.push_str("; not published: spec.azure is absent");
            }
            Verdict::new(kind, Some(true), Reason::UpToDate, message)
        }
        None => Verdict::new(kind, Some(false), Reason::Progressing, "under way"),
    }
}

fn up_to_date(key: &Standing, others: [Option<&Standing>; 3]) -> String {
    let mut parts = vec![key.message.as_str()];
    for other in others.into_iter().flatten() {
        // A key that is followed stands in Azure alone.
        if !parts.contains(&other.message.as_str()) {
            parts.push(&other.message);
        }
    }
    parts.join("; ")
}

fn deleting(desired: &Desired, plan: &Plan, failed: Option<(&Step, &Failure)>) -> Verdict {
    let kind = ConditionType::Ready;
    match (failed, &plan.secret) {
        (Some((Step::DeleteAzureKey { .. }, failure)), _) => {
            let failure = with_way_out(desired, failure);
            Verdict::new(kind, Some(false), failure.reason, failure.message)
        }
        (Some((_, failure)), _) | (None, Finding::Blocked(failure)) => {
            Verdict::new(kind, Some(false), failure.reason, failure.message.clone())
        }
        (None, _) => Verdict::new(
            kind,
            Some(false),
            Reason::Deleting,
            "the deletion policies are being carried out",
        ),
    }
}

/// How long a new role assignment may take to work.
/// <https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---role-assignment-changes-are-not-being-detected>
const PROPAGATION: SignedDuration = SignedDuration::from_mins(10);

/// Whether a right that is missing may only be one that Azure does not know of yet: for the first ten minutes it is looked
/// at again without calling a person.
fn may_propagate(before: &[Condition], ready: &Verdict, now: Timestamp) -> bool {
    let told = |kind| find(before, kind).filter(|condition| condition.status == "True");
    let given_up = told(ConditionType::Stalled)
        .is_some_and(|stalled| stalled.reason == Reason::AccessDenied.as_str());
    let since = told(ConditionType::Reconciling)
        .map_or(now, |reconciling| reconciling.last_transition_time.0);
    ready.reason == Reason::AccessDenied && !given_up && now.duration_since(since) < PROPAGATION
}

/// `Reconciling` while it will get better by itself, `Stalled` while a person must act, neither when all is well.
fn progress(
    desired: &Desired,
    plan: &Plan,
    ready: &Verdict,
    failed: Option<(&Step, &Failure)>,
    propagates: bool,
) -> Option<Verdict> {
    if ready.status == Some(true) || ready.reason == Reason::Suspended {
        return None;
    }
    let acts = match failed {
        Some((_, failure)) => failure.is_to_fix(),
        None => plan.steps.is_empty() && plan.obstacle() == Some(ErrorClass::UserFixable),
    };
    // A suspended object that is held stays held; one that would go on by itself is not going on.
    if desired.suspended && !acts && !plan.deleting {
        return None;
    }
    let kind = if acts && !propagates {
        ConditionType::Stalled
    } else {
        ConditionType::Reconciling
    };
    Some(Verdict::new(
        kind,
        Some(true),
        ready.reason,
        ready.message.clone(),
    ))
}
