//! What a step leaves behind when it succeeds: the only copy of it. The tests of the plan and the model take steps by it,
//! and a test on real servers holds the controller's own outcomes to it.

use super::{
    AzureKey, Changeable, Companion, Companions, Desired, Entry, EntryFact, FormerKey, Freshness,
    Group, KeyView, ObjectFacts, Observed, Outcome, OutputFacts, OutputView, PreviousFacts,
    SecretFacts, SecretKey, SecretView, Shape, StagedFacts, Step,
};
use crate::{
    api::{ArmId, OutputRef},
    keys::{KeySpec, PublicKey},
};

/// What only the world can tell of what a step makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// The public half of the key pair that a step generates; any key for other steps.
    pub key: PublicKey,
    /// The UID of an object that is created.
    pub uid: String,
    /// The version of what is written.
    pub resource_version: String,
}

impl Step {
    /// What the step generates, if it does.
    pub fn generates(&self) -> Option<KeySpec> {
        match self {
            Self::CreateSecret { key, .. } | Self::StageKey { key, .. } => Some(*key),
            _ => None,
        }
    }
}

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
        } => Outcome::Object(ObjectFacts {
            has_finalizer: true,
            records: Ok(records.clone()),
            outputs: outputs.clone(),
            rotation: rotation.clone(),
            recorded_uid: Some(observed.object.uid.clone()),
            ..observed.object.clone()
        }),
        Step::HoldStore { store, .. } => Outcome::Held(store.clone()),
        Step::RemoveFinalizer { .. } => Outcome::Released,
        Step::CreateSecret { .. }
        | Step::ImportKey { .. }
        | Step::ActivateKey { .. }
        | Step::AdoptSecret { .. }
        | Step::RepairSecret { .. }
        | Step::DeleteSecret { .. } => Outcome::Secret(world.managed_secret(step)),
        Step::StageKey { .. } | Step::StageImportedKey { .. } => {
            Outcome::Custody(observed.secret.clone(), world.rotation_secrets(step))
        }
        Step::KeepPreviousKey { .. }
        | Step::BeginDelay { .. }
        | Step::DropStagedKey { .. }
        | Step::DateFormerKeys { .. }
        | Step::RetireKeys { .. }
        | Step::DeletePreviousKeys { .. } => Outcome::Companions(world.rotation_secrets(step)),
        Step::CreateOutput {
            object,
            shape,
            public_key,
            trusted,
        } => match observed.outputs.get(object) {
            Some(there @ OutputView::Present(_)) => Outcome::Output(object.clone(), there.clone()),
            _ => world.output(object, shape, public_key.as_ref(), trusted, None),
        },
        Step::UpdateOutput {
            object,
            shape,
            uid,
            public_key,
            trusted,
            ..
        } => world.output(object, shape, public_key.as_ref(), trusted, Some(uid)),
        Step::DeleteOutput { object, .. } => Outcome::Output(object.clone(), OutputView::Absent),
        Step::CreateResourceGroup { id, .. } => Outcome::Group(id.group_key()),
        Step::PublishKey { id, .. }
        | Step::UpdateAzureKey { id, .. }
        | Step::DeleteAzureKey { id } => Outcome::Azure(id.clone(), world.in_azure(step, id)),
    }
}

/// What an effect is made from.
struct World<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    fresh: &'a Fresh,
}

impl World<'_> {
    /// The managed Secret after a step that is about it.
    fn managed_secret(&self, step: &Step) -> SecretView {
        let before = match &self.observed.secret {
            SecretView::Present(before) => Some(before.as_ref()),
            SecretView::Absent => None,
        };
        let facts = match (step, before) {
            (Step::DeleteSecret { .. }, _) => return SecretView::Absent,
            (Step::CreateSecret { .. } | Step::ImportKey { .. }, Some(there))
            | (
                Step::ActivateKey {
                    resource_version: None,
                    ..
                },
                Some(there),
            ) => there.clone(),
            (
                Step::CreateSecret {
                    revision,
                    request,
                    now,
                    ..
                },
                None,
            ) => SecretFacts {
                revision: *revision,
                request: request.clone(),
                created_at: Some(*now),
                ..self.our_secret(&self.fresh.key)
            },
            (
                Step::ImportKey {
                    public_key,
                    revision,
                    now,
                    ..
                },
                None,
            ) => SecretFacts {
                revision: *revision,
                created_at: Some(*now),
                ..self.our_secret(public_key)
            },
            (
                Step::ActivateKey {
                    public_key,
                    revision,
                    request,
                    made,
                    ..
                },
                before,
            ) => SecretFacts {
                uid: before.map_or_else(|| self.fresh.uid.clone(), |before| before.uid.clone()),
                revision: *revision,
                request: request.clone(),
                created_at: Some(*made),
                ..self.our_secret(public_key)
            },
            (Step::AdoptSecret { secret, now }, Some(before)) => SecretFacts {
                uid: before.uid.clone(),
                created_at: Some(*now),
                ..self.our_secret(&secret.public_key)
            },
            (Step::RepairSecret { secret, anew }, Some(before)) => {
                let (revision, created_at) = match anew {
                    Some((revision, made)) => (*revision, Some(*made)),
                    None => (before.revision, before.created_at),
                };
                SecretFacts {
                    uid: before.uid.clone(),
                    revision,
                    created_at,
                    request: before.request.clone(),
                    ..self.our_secret(&secret.public_key)
                }
            }
            _ => return self.observed.secret.clone(),
        };
        SecretView::Present(Box::new(facts))
    }

    /// Our Secret with a key, just written.
    fn our_secret(&self, key: &PublicKey) -> SecretFacts {
        SecretFacts {
            uid: self.fresh.uid.clone(),
            resource_version: self.fresh.resource_version.clone(),
            labelled: true,
            owner_name: Some(self.desired.mark.object.clone()),
            owner_uid: Some(self.observed.object.uid.clone()),
            recorded: Some(key.fingerprint()),
            revision: 1,
            created_at: None,
            request: None,
            key: SecretKey::Readable(key.clone()),
            public_entry_matches: true,
        }
    }

    /// What is beside the managed Secret after a step of a rotation.
    fn rotation_secrets(&self, step: &Step) -> Companions {
        let (mut staged, mut previous) = match &self.observed.companions {
            Companions::Read { staged, previous } => (staged.clone(), previous.clone()),
            Companions::Unread => (Companion::Absent, Companion::Absent),
        };
        match step {
            Step::StageKey {
                revision,
                request,
                now,
                ..
            } if staged == Companion::Absent => {
                let key = &self.fresh.key;
                staged = self.staged(key, *revision, request.clone(), *now);
            }
            Step::StageImportedKey {
                public_key,
                revision,
                now,
                ..
            } if staged == Companion::Absent => {
                staged = self.staged(public_key, *revision, None, *now);
            }
            Step::BeginDelay { now, .. } => {
                if let Companion::Ours(facts) = &mut staged {
                    facts.pending_since = Some(*now);
                    facts.resource_version.clone_from(&self.fresh.resource_version);
                }
            }
            Step::DropStagedKey { .. } => staged = Companion::Absent,
            // A create that meets a Secret of that name changes nothing.
            Step::KeepPreviousKey {
                resource_version: None,
                ..
            } if previous != Companion::Absent => {}
            Step::KeepPreviousKey {
                public_key,
                revision,
                kept,
                ..
            } => {
                let newest = FormerKey {
                    public_key: public_key.clone(),
                    revision: *revision,
                    retired_at: None,
                };
                let keys = std::iter::once(newest).chain(kept.iter().cloned());
                previous = self.previous(&previous, keys.collect());
            }
            Step::DateFormerKeys { keys, .. } => previous = self.previous(&previous, keys.clone()),
            Step::RetireKeys { whole: true, .. } | Step::DeletePreviousKeys { .. } => {
                previous = Companion::Absent;
            }
            Step::RetireKeys { kept, .. } => previous = self.previous(&previous, kept.clone()),
            _ => {}
        }
        Companions::Read { staged, previous }
    }

    fn staged(
        &self,
        key: &PublicKey,
        revision: u32,
        request: Option<String>,
        now: jiff::Timestamp,
    ) -> Companion<StagedFacts> {
        Companion::Ours(Box::new(StagedFacts {
            uid: self.fresh.uid.clone(),
            resource_version: self.fresh.resource_version.clone(),
            revision: Some(revision),
            request,
            created_at: Some(now),
            pending_since: None,
            key: SecretKey::Readable(key.clone()),
        }))
    }

    fn previous(
        &self,
        before: &Companion<PreviousFacts>,
        keys: Vec<FormerKey>,
    ) -> Companion<PreviousFacts> {
        let before = before.ours();
        Companion::Ours(Box::new(PreviousFacts {
            uid: before.map_or_else(|| self.fresh.uid.clone(), |before| before.uid.clone()),
            resource_version: self.fresh.resource_version.clone(),
            keys,
            is_damaged: before.is_some_and(|before| before.is_damaged),
        }))
    }

    /// An output that holds what was written into it.
    fn output(
        &self,
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
            uid: uid.unwrap_or(&self.fresh.uid).clone(),
            resource_version: self.fresh.resource_version.clone(),
            is_output: true,
            owner_name: Some(self.desired.mark.object.clone()),
            owner_uid: Some(self.observed.object.uid.clone()),
            recorded: key.map(PublicKey::fingerprint),
            metadata_fits: true,
            changeable: Changeable::Everything,
            entries: entries
                .map(|(name, entry)| (name.clone(), fact(entry)))
                .collect(),
            superfluous: Vec::new(),
        };
        Outcome::Output(object.clone(), OutputView::Present(Box::new(facts)))
    }

    /// A place in Azure after a write to it.
    fn in_azure(&self, step: &Step, id: &ArmId) -> KeyView {
        let freshness = Freshness::Written;
        let absent = || KeyView::Absent {
            group: Group::Exists,
            freshness,
        };
        let key = match (step, self.observed.azure.get(id)) {
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
}
