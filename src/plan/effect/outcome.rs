//! What a step leaves behind when it succeeds: the only copy of it. The tests of the plan and the model take steps by it,
//! and a test on real servers holds the controller's own outcomes to it.

use crate::{
    api::{
        ArmId, OutputRef,
        status::{Origin, Phase},
    },
    keys::PublicKey,
    plan::{
        desired::{
            outputs::{Entry, Shape},
            resolve::Desired,
        },
        effect::{
            secrets::{managed_secret, rotation_secrets},
            world::{Fresh, World},
        },
        observed::{
            azure::{AzureKey, Freshness, Group, KeyView},
            object::ObjectFacts,
            outputs::{Changeable, EntryFact, OutputFacts, OutputView},
            snapshot::{Observed, Outcome},
        },
        records::azure::AzureRecord,
        step::kinds::Step,
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
        Step::Record {
            records,
            outputs,
            rotation,
            recorded_uid,
        } => Outcome::Object(ObjectFacts {
            has_finalizer: true,
            hints: Ok(records.iter().map(as_hint).collect()),
            outputs: outputs.clone(),
            rotation: rotation.clone(),
            recorded_uid: Some(recorded_uid.clone()),
            ..observed.object.clone()
        }),
        Step::RecordPlaces { places } => Outcome::Object(ObjectFacts {
            places: places.clone(),
            has_status: true,
            ..observed.object.clone()
        }),
        Step::HoldStore { store, .. } => Outcome::Held(store.clone()),
        Step::RemoveFinalizer { .. } => Outcome::Released,
        Step::CreateSecret { .. }
        | Step::ImportKey { .. }
        | Step::ActivateKey { .. }
        | Step::AdoptSecret { .. }
        | Step::RepairSecret { .. }
        | Step::DeleteSecret { .. } => Outcome::Secret(managed_secret(&world, step)),
        Step::StageKey { .. } | Step::StageImportedKey { .. } => {
            Outcome::Custody(observed.secret.clone(), rotation_secrets(&world, step))
        }
        Step::KeepPreviousKey { .. }
        | Step::BeginDelay { .. }
        | Step::DropStagedKey { .. }
        | Step::DateFormerKeys { .. }
        | Step::RetireKeys { .. }
        | Step::DeletePreviousKeys { .. } => {
            Outcome::RotationSecrets(rotation_secrets(&world, step))
        }
        Step::CreateOutput {
            object,
            shape,
            public_key,
            trusted,
        } => match observed.outputs.get(object) {
            Some(there @ OutputView::Present(_)) => Outcome::Output(object.clone(), there.clone()),
            _ => output(&world, object, shape, public_key.as_ref(), trusted, None),
        },
        Step::UpdateOutput {
            object,
            shape,
            uid,
            public_key,
            trusted,
            ..
        } => output(
            &world,
            object,
            shape,
            public_key.as_ref(),
            trusted,
            Some(uid),
        ),
        Step::DeleteOutput { object, .. } => Outcome::Output(object.clone(), OutputView::Absent),
        Step::CreateResourceGroup { id, .. } => Outcome::Group(id.group_key()),
        Step::PublishKey { id, .. }
        | Step::UpdateAzureKey { id, .. }
        | Step::DeleteAzureKey { id } => Outcome::Azure(id.clone(), in_azure(&world, step, id)),
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

/// An output that holds what was written into it.
fn output(
    world: &World<'_>,
    object: &OutputRef,
    shape: &Shape,
    key: Option<&PublicKey>,
    trusted: &[PublicKey],
    uid: Option<&String>,
) -> Outcome {
    let fact = |entry: &Entry| match (entry, key) {
        (Entry::Text(_), _) => EntryFact::Text(true),
        (Entry::AuthorizedKeys, _) => EntryFact::Keys(trusted.to_vec()),
        (_, Some(key)) => EntryFact::Key(key.clone()),
        (_, None) => EntryFact::Other,
    };
    let entries = shape.entries.iter();
    let facts = OutputFacts {
        uid: uid.unwrap_or(&world.fresh.uid).clone(),
        resource_version: world.fresh.resource_version.clone(),
        is_output: true,
        owner_name: Some(world.desired.mark.object.clone()),
        owner_uid: Some(world.observed.object.uid.clone()),
        owner_namespace: Some(world.desired.mark.namespace.clone()),
        recorded: key.map(PublicKey::fingerprint),
        metadata_fits: true,
        changeable: Changeable::Everything,
        entries: entries
            .map(|(name, entry)| (name.clone(), fact(entry)))
            .collect(),
        superfluous: Vec::new(),
        held_by: None,
    };
    Outcome::Output(object.clone(), OutputView::Present(Box::new(facts)))
}

/// A place in Azure after a write to it.
fn in_azure(world: &World<'_>, step: &Step, id: &ArmId) -> KeyView {
    let freshness = Freshness::Written;
    let absent = || KeyView::Absent {
        group: Group::Exists,
        freshness,
    };
    let key = match (step, world.observed.azure.get(id)) {
        (
            Step::PublishKey {
                location,
                tags,
                public_key: Some(key),
                ..
            },
            _,
        ) => AzureKey {
            location: location.clone(),
            tags: tags.clone(),
            public_key: Ok(key.clone()),
        },
        (
            Step::UpdateAzureKey {
                public_key, tags, ..
            },
            Some(KeyView::Present { key, .. }),
        ) => AzureKey {
            location: key.location.clone(),
            tags: tags.as_ref().unwrap_or(&key.tags).clone(),
            public_key: match public_key {
                Some(key) => Ok(key.clone()),
                None => key.public_key.clone(),
            },
        },
        _ => return absent(),
    };
    KeyView::Present { key, freshness }
}
