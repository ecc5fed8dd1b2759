//! What a step leaves behind when it succeeds: the only copy of it. The tests of the plan and the model take steps by it,
//! and a test on real servers holds the controller's own outcomes to it.

use crate::{
    api::status::{Origin, Phase},
    plan::{
        desired::{outputs::Entry, resolve::Desired},
        effect::{
            secrets::{activated, managed_secret, rotation_secrets},
            world::{Fresh, World},
        },
        observed::{
            azure::{AzureKey, Freshness, Group, KeyView},
            object::ObjectFacts,
            outputs::{Changeable, EntryFact, OutputFacts, OutputView},
            snapshot::{Observed, Outcome},
        },
        records::azure::AzureRecord,
        step::{
            azure::{AzureStep, UpdateAzureKey},
            kinds::Step,
            object::ObjectStep,
            output::{OutputContent, OutputStep},
            rotation::RotationStep,
        },
    },
};

/// What a step leaves behind in a world that is as `observed`, once it has succeeded.
///
/// # Guarantees
/// Pure. An object that is created where one stands already stays as it is, and the outcome shows that one: the API
/// server refuses the create, and the controller reads what is there.
///
/// # Assumptions
/// The preconditions of the step hold: the versions and UIDs that it names are those of `observed`.
pub fn effect(step: &Step, desired: &Desired, observed: &Observed, fresh: &Fresh) -> Outcome {
    let world = World {
        desired,
        observed,
        fresh,
    };
    match step {
        Step::Object(step) => on_object(&world, step),
        Step::Secret(step) => Outcome::Secret(managed_secret(&world, step)),
        Step::Rotation(step) => of_rotation(&world, step),
        Step::Output(step) => Outcome::Output(step.object().clone(), on_output(&world, step)),
        Step::Azure(step) => in_azure(&world, step),
    }
}

fn on_object(world: &World<'_>, step: &ObjectStep) -> Outcome {
    let before = world.observed.object.clone();
    match step {
        ObjectStep::Record(record) => Outcome::Object(ObjectFacts {
            has_finalizer: true,
            hints: Ok(record.records.iter().map(as_hint).collect()),
            outputs: record.outputs.clone(),
            rotation: record.rotation.clone(),
            recorded_uid: Some(record.recorded_uid.clone()),
            ..before
        }),
        ObjectStep::RecordPlaces { places } => Outcome::Object(ObjectFacts {
            places: places.clone(),
            has_status: true,
            ..before
        }),
        ObjectStep::RemoveFinalizer { .. } => Outcome::Released,
    }
}

fn of_rotation(world: &World<'_>, step: &RotationStep) -> Outcome {
    match step {
        RotationStep::ActivateKey(next) => Outcome::Secret(activated(world, next)),
        RotationStep::StageKey(_) | RotationStep::StageImportedKey(_) => {
            Outcome::Custody(world.observed.secret.clone(), rotation_secrets(world, step))
        }
        RotationStep::KeepPreviousKey(_)
        | RotationStep::BeginDelay { .. }
        | RotationStep::DropStagedKey { .. }
        | RotationStep::DateFormerKeys { .. }
        | RotationStep::RetireKeys(_)
        | RotationStep::DeletePreviousKeys { .. } => {
            Outcome::RotationSecrets(rotation_secrets(world, step))
        }
    }
}

/// What an annotation keeps of a record.
fn as_hint(record: &AzureRecord) -> AzureRecord {
    AzureRecord {
        origin: match record.origin {
            Origin::Adopted => Origin::Adopted,
            Origin::Created | Origin::Found => Origin::Created,
        },
        phase: Phase::Published,
        ..record.clone()
    }
}

fn on_output(world: &World<'_>, step: &OutputStep) -> OutputView {
    match step {
        OutputStep::CreateOutput(content) => match world.observed.outputs.get(&content.object) {
            Some(there @ OutputView::Present(_)) => there.clone(),
            _ => written(world, content, &world.fresh.uid),
        },
        OutputStep::UpdateOutput(update) => written(world, &update.content, &update.uid),
        OutputStep::DeleteOutput { .. } => OutputView::Absent,
    }
}

/// An output that holds what was written into it.
fn written(world: &World<'_>, content: &OutputContent, uid: &str) -> OutputView {
    let key = &content.public_key;
    let fact = |entry: &Entry| match entry {
        Entry::Text(_) => EntryFact::Text(true),
        Entry::AuthorizedKeys => EntryFact::Keys(content.trusted.clone()),
        Entry::Public | Entry::PrivateOpenSsh | Entry::PrivatePem => EntryFact::Key(key.clone()),
    };
    let entries = content.shape.entries.iter();
    let facts = OutputFacts {
        uid: uid.to_owned(),
        resource_version: world.fresh.resource_version.clone(),
        is_output: true,
        owner_name: Some(world.desired.mark.object.clone()),
        owner_uid: Some(world.observed.object.uid.clone()),
        owner_namespace: Some(world.desired.mark.namespace.clone()),
        recorded: Some(key.fingerprint()),
        metadata_fits: true,
        changeable: Changeable::Everything,
        entries: entries
            .map(|(name, entry)| (name.clone(), fact(entry)))
            .collect(),
        superfluous: Vec::new(),
        held_by: None,
    };
    OutputView::Present(Box::new(facts))
}

fn in_azure(world: &World<'_>, step: &AzureStep) -> Outcome {
    let absent = || KeyView::Absent {
        group: Group::Exists,
        freshness: Freshness::Written,
    };
    match step {
        AzureStep::HoldStore { store, .. } => Outcome::Held(store.clone()),
        AzureStep::CreateResourceGroup { id, .. } => Outcome::Group(id.group_key()),
        AzureStep::PublishKey(publish) => {
            let key = AzureKey {
                location: publish.location.clone(),
                tags: publish.tags.clone(),
                public_key: Ok(publish.public_key.clone()),
            };
            Outcome::Azure(publish.id.clone(), sent(key))
        }
        AzureStep::UpdateAzureKey(update) => {
            let view = match world.observed.azure.get(&update.id) {
                Some(KeyView::Present { key, .. }) => sent(updated(key, update)),
                _ => absent(),
            };
            Outcome::Azure(update.id.clone(), view)
        }
        AzureStep::DeleteAzureKey { id } => Outcome::Azure(id.clone(), absent()),
    }
}

fn sent(key: AzureKey) -> KeyView {
    KeyView::Present {
        key,
        freshness: Freshness::Written,
    }
}

fn updated(key: &AzureKey, update: &UpdateAzureKey) -> AzureKey {
    AzureKey {
        location: key.location.clone(),
        tags: update.tags.as_ref().unwrap_or(&key.tags).clone(),
        public_key: match &update.public_key {
            Some(key) => Ok(key.clone()),
            None => key.public_key.clone(),
        },
    }
}
