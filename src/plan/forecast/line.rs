//! One step as people see it: what is done to what, from what to what, and why.

use jiff::Timestamp;

use crate::{
    api::{ArmId, PlannedStep, StepAction, Time},
    keys::PublicKey,
    plan::{
        decide::azure::difference::listed,
        desired::resolve::Desired,
        forecast::{
            reasons::reason,
            text::{bounded, fingerprint},
        },
        observed::{azure::KeyView, outputs::OutputView, snapshot::Observed},
        records::former_key::FormerKey,
        step::{
            azure::{AzureStep, UpdateAzureKey},
            kinds::Step,
            object::ObjectStep,
            output::OutputStep,
            rotation::RotationStep,
            secret::SecretStep,
        },
    },
};

/// A step, from what was there before it and after it. `at` is when it is taken, if only time brings it.
pub(crate) fn line(
    step: &Step,
    desired: &Desired,
    before: &Observed,
    after: &Observed,
    at: Option<Timestamp>,
) -> PlannedStep {
    let Change {
        action,
        target,
        from,
        to,
    } = match step {
        Step::Object(step) => of_object(step, desired),
        Step::Secret(step) => of_secret(step, before, after),
        Step::Rotation(step) => of_rotation(step, before, after),
        Step::Output(step) => of_output(step, before),
        Step::Azure(step) => in_azure(step, before),
    };
    PlannedStep {
        action,
        step: step.name().to_owned(),
        target: bounded(&target, 640),
        from: from.map(|text| bounded(&text, 256)),
        to: to.map(|text| bounded(&text, 256)),
        reason: bounded(&reason(step, desired, before), 320),
        not_before: at.map(whole_seconds),
    }
}

/// The API server keeps times in whole seconds.
fn whole_seconds(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}

/// What a step does to its target.
struct Change {
    action: StepAction,
    target: String,
    from: Option<String>,
    to: Option<String>,
}

impl Change {
    fn new(action: StepAction, target: impl Into<String>) -> Self {
        Self {
            action,
            target: target.into(),
            from: None,
            to: None,
        }
    }

    fn from(self, from: Option<String>) -> Self {
        Self { from, ..self }
    }

    fn to(self, to: Option<String>) -> Self {
        Self { to, ..self }
    }
}

fn secret(action: StepAction, name: &str) -> Change {
    Change::new(action, format!("Secret {name}"))
}

fn of_object(step: &ObjectStep, desired: &Desired) -> Change {
    let action = match step {
        ObjectStep::Record(_) | ObjectStep::RecordPlaces { .. } => StepAction::Update,
        ObjectStep::RemoveFinalizer { .. } => StepAction::Delete,
    };
    Change::new(action, format!("SshKey {}", desired.mark.object))
}

/// The key in the managed Secret.
fn managed(observed: &Observed) -> Option<String> {
    observed.stored_key().map(fingerprint)
}

fn of_secret(step: &SecretStep, before: &Observed, after: &Observed) -> Change {
    match step {
        SecretStep::CreateSecret(new) => secret(StepAction::Create, &new.name).to(managed(after)),
        SecretStep::ImportKey(new) => {
            secret(StepAction::Create, &new.name).to(Some(fingerprint(&new.public_key)))
        }
        // The key stays.
        SecretStep::AdoptSecret { secret: record, .. }
        | SecretStep::RepairSecret { secret: record, .. } => {
            secret(StepAction::Update, &record.name)
        }
        SecretStep::DeleteSecret { name, .. } => {
            secret(StepAction::Delete, name).from(managed(before))
        }
    }
}

fn of_rotation(step: &RotationStep, before: &Observed, after: &Observed) -> Change {
    let creates = |version: &Option<String>| match version {
        None => StepAction::Create,
        Some(_) => StepAction::Update,
    };
    let staged = |observed: &Observed| observed.rotation_secrets.staged_key().map(fingerprint);
    match step {
        RotationStep::StageKey(new) => secret(StepAction::Create, &new.name).to(staged(after)),
        RotationStep::StageImportedKey(new) => {
            secret(StepAction::Create, &new.name).to(Some(fingerprint(&new.public_key)))
        }
        RotationStep::KeepPreviousKey(keep) => {
            secret(creates(&keep.resource_version), &keep.previous)
                .to(Some(fingerprint(&keep.public_key)))
        }
        RotationStep::BeginDelay { name, .. } | RotationStep::DateFormerKeys { name, .. } => {
            secret(StepAction::Update, name)
        }
        RotationStep::ActivateKey(next) => secret(creates(&next.resource_version), &next.name)
            .from(managed(before))
            .to(Some(fingerprint(&next.public_key))),
        RotationStep::DropStagedKey { name, .. } => {
            secret(StepAction::Delete, name).from(staged(before))
        }
        RotationStep::RetireKeys(retire) => {
            let action = if retire.whole {
                StepAction::Delete
            } else {
                StepAction::Update
            };
            secret(action, &retire.name).from(keys(&retire.retired))
        }
        RotationStep::DeletePreviousKeys { name, .. } => {
            let former = keys(before.rotation_secrets.former_keys());
            secret(StepAction::Delete, name).from(former)
        }
    }
}

fn keys(former: &[FormerKey]) -> Option<String> {
    let keys = former.iter().map(|key| fingerprint(&key.public_key));
    let keys: Vec<String> = keys.collect();
    (!keys.is_empty()).then(|| keys.join(", "))
}

fn of_output(step: &OutputStep, before: &Observed) -> Change {
    let object = step.object();
    let recorded = match before.outputs.get(object) {
        Some(OutputView::Present(facts)) => facts.recorded.map(|recorded| recorded.to_string()),
        _ => None,
    };
    let change = |action| Change::new(action, object.to_string());
    match step {
        OutputStep::CreateOutput(content) => {
            change(StepAction::Create).to(Some(fingerprint(&content.public_key)))
        }
        OutputStep::UpdateOutput(update) => {
            let next = fingerprint(&update.content.public_key);
            let is_same = recorded.as_deref() == Some(next.as_str());
            let change = change(StepAction::Update);
            if is_same {
                return change;
            }
            change.from(recorded).to(Some(next))
        }
        OutputStep::DeleteOutput { .. } => change(StepAction::Delete).from(recorded),
    }
}

fn in_azure(step: &AzureStep, before: &Observed) -> Change {
    match step {
        AzureStep::HoldStore { store, .. } => Change::new(StepAction::Update, store.to_string()),
        AzureStep::CreateResourceGroup { id, location } => {
            let ArmId {
                subscription,
                resource_group,
                ..
            } = id;
            let group = format!("/subscriptions/{subscription}/resourceGroups/{resource_group}");
            Change::new(StepAction::Create, group).to(Some(location.clone()))
        }
        AzureStep::PublishKey(publish) => Change::new(StepAction::Create, publish.id.to_string())
            .to(Some(fingerprint(&publish.public_key))),
        AzureStep::UpdateAzureKey(update) => update_of(update, before),
        AzureStep::DeleteAzureKey { id } => Change::new(StepAction::Delete, id.to_string())
            .from(published(before, id).map(fingerprint)),
    }
}

/// The key that is in Azure at a place.
pub(crate) fn published<'a>(observed: &'a Observed, id: &ArmId) -> Option<&'a PublicKey> {
    match observed.azure.get(id)? {
        KeyView::Present { key, .. } => key.public_key.as_ref().ok(),
        KeyView::Absent { .. } | KeyView::Unknown(_) => None,
    }
}

fn update_of(update: &UpdateAzureKey, before: &Observed) -> Change {
    let change = Change::new(StepAction::Update, update.id.to_string());
    match (&update.public_key, &update.tags) {
        (Some(key), _) => change
            .from(published(before, &update.id).map(fingerprint))
            .to(Some(fingerprint(key))),
        (None, Some(tags)) => {
            let names: Vec<String> = tags.keys().cloned().collect();
            change.to(Some(format!("tags {}", listed(&names))))
        }
        (None, None) => change,
    }
}
