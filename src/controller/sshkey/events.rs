//! The events of a reconcile.

use crate::{
    api::{ConditionType, Reason, SshKeyStatus, condition},
    controller::{
        context::Context,
        sshkey::{
            audit::{Taken, log_news},
            observe::observation::Observation,
        },
    },
    plan::{AuditAction, AuditLine, ObjectStep, Report, SecretStep, Step},
};

/// One event when an object becomes ready, with all that was done for it; one for each thing that happened later; one for
/// each new obstacle; one when the key is another.
pub(in crate::controller) async fn tell(
    context: &Context,
    observation: &Observation,
    before: &SshKeyStatus,
    report: &Report,
    taken: &Taken,
) {
    let was = condition::find(&before.conditions, ConditionType::Ready);
    let was_ready = was.is_some_and(|condition| condition.status == "True");
    let is_ready = report.ready.status == Some(true);
    let reason = report.ready.reason;
    if is_ready && !was_ready {
        let stages = taken.lines.iter().map(|(_, line)| line.to_string());
        let all: Vec<String> = stages.chain([report.ready.message.clone()]).collect();
        let note = all.join("; ");
        context
            .events
            .normal(&observation.object, reason.as_str(), &note)
            .await;
    }
    // What is deleted in Azure is told whatever else there is to say.
    let is_told = |(_, line): &&(&str, AuditLine)| {
        was_ready || matches!(line.action, AuditAction::Moved | AuditAction::Deleted)
    };
    for (step, line) in taken.lines.iter().filter(is_told) {
        let note = line.to_string();
        context
            .events
            .normal(&observation.object, step, &note)
            .await;
    }
    let news = was.is_none_or(|condition| condition.reason != reason.as_str());
    let quiet = matches!(
        reason,
        Reason::Progressing | Reason::Suspended | Reason::Deleting
    );
    if !is_ready && news && !quiet {
        let mut note = report.ready.message.clone();
        if let Some(ids) = &report.request_ids {
            note = format!("{note} ({ids})");
        }
        log_news(observation, reason.as_str(), &note);
        context
            .events
            .warning(&observation.object, reason.as_str(), &note)
            .await;
    }
    tell_of_hints(context, observation, &taken.steps).await;
    tell_of_secret(context, observation, &taken.steps).await;
    tell_of_found(context, observation).await;
    tell_of_change(context, observation, before, report).await;
}

/// Annotations that were missing, old, another object's or unreadable were put back from what is known.
async fn tell_of_hints(context: &Context, observation: &Observation, taken: &[Step]) {
    let is_put_back = taken
        .iter()
        .any(|step| matches!(step, Step::Object(ObjectStep::Record(_))));
    if let Some(what) = observation.strange_hints.as_ref().filter(|_| is_put_back) {
        let note = format!("{what}: it was put back from what the status and Azure say");
        log_news(observation, "HintsReplaced", &note);
        context
            .events
            .normal(&observation.object, "HintsReplaced", &note)
            .await;
    }
}

/// A Secret of an object of this name that is gone is this one's from now on: so that nobody is surprised by its key.
async fn tell_of_secret(context: &Context, observation: &Observation, taken: &[Step]) {
    let taken_up = taken.iter().find_map(|step| match step {
        Step::Secret(SecretStep::RepairSecret { secret, .. }) if observation.takes_up_secret => {
            Some(secret)
        }
        _ => None,
    });
    if let Some(secret) = taken_up {
        let mark = &observation.desired.mark;
        let note = format!(
            "Secret {} records an SshKey {}/{} that is gone, and was taken up with its key {}",
            secret.name, mark.namespace, mark.object, secret.fingerprint
        );
        context
            .events
            .warning(&observation.object, "SecretTakenUp", &note)
            .await;
    }
}

/// Keys of this object that only a list of Azure has shown: they stay until the object goes.
async fn tell_of_found(context: &Context, observation: &Observation) {
    for id in &observation.finds {
        let note = format!(
            "{id} carries the mark of this SshKey and its key, and only a list of Azure names it: it stays while this SshKey has another place, and goes with it"
        );
        log_news(observation, "KeyFound", &note);
        context
            .events
            .warning(&observation.object, "KeyFound", &note)
            .await;
    }
}

/// The key that the user gives, or that is followed, is another one now.
async fn tell_of_change(
    context: &Context,
    observation: &Observation,
    before: &SshKeyStatus,
    report: &Report,
) {
    if let (Some(was), Some(is)) = (&before.fingerprint, &report.status.fingerprint)
        && was != is
    {
        let note = format!("the key is {is} now; it was {was}");
        context
            .events
            .normal(&observation.object, "KeyChanged", &note)
            .await;
    }
}

/// One event for all keys of a store that wait.
pub(in crate::controller) async fn tell_store(
    context: &Context,
    observation: &Observation,
    report: &Report,
) {
    let azure = observation.desired.azure.as_ref();
    let session = azure.and_then(|azure| observation.sessions.get(&azure.store));
    if report.ready.reason == Reason::Throttled
        && let Some(session) = session.filter(|session| session.is_newly_throttled())
    {
        let note = "Azure takes no more requests through this store for now; each SshKey that waits says when its turn is expected";
        let reason = Reason::Throttled.as_str();
        context.events.about(&session.store, reason, note).await;
    }
}

/// One event for each thing that was done for a deletion, and one for each key that nothing deletes any more.
pub(in crate::controller) async fn tell_of_deletion(
    context: &Context,
    observation: &Observation,
    lines: &[(&'static str, AuditLine)],
) {
    let (object, events) = (&observation.object, &context.events);
    for (step, line) in lines {
        match (line.action, &line.id) {
            (AuditAction::Released, _) => {}
            (AuditAction::Orphaned, Some(id)) => {
                context.metrics.azure.orphans.count::<&str>([]);
                let note = format!(
                    "{id} was left behind: nothing deletes it any more. Delete it in Azure once you know that nobody needs it"
                );
                events.warning(object, "Orphaned", &note).await;
            }
            _ => events.normal(object, step, &line.to_string()).await,
        }
    }
}
