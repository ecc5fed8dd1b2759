//! What a step is about, in the few words that the promises use.

use sshkey_operator::plan::{AzureStep, KeptFrom, ObjectStep, RotationStep, SecretStep, Step};

use crate::{
    view::keys::{number, place_number},
    world::Key,
};

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// It writes hints and the finalizer.
    Hints,
    /// It writes places into the status.
    Places,
    /// It generates the first key and makes the Secret.
    MakesSecret,
    /// It writes records on a Secret that is there.
    Claims,
    /// It generates the next key.
    Stages,
    /// It keeps a key among the former ones.
    Keeps(KeptFrom),
    /// It lets the next key take over.
    Activates,
    /// It deletes the Secret of the next key.
    Drops,
    /// It dates former keys.
    Dates,
    /// It lets former keys go in their time, and whether any is left.
    Retires { all: bool },
    /// It deletes a Secret with its object.
    Ends,
    /// It writes to a place in Azure: a key, if it does.
    Writes(usize, Option<Key>),
    /// It deletes what is at a place in Azure.
    Deletes(usize),
    /// It lets the object go.
    Releases,
    /// Nothing of these worlds.
    Other,
}

impl Deed {
    /// What a step is about.
    pub(crate) fn of(step: &Step) -> Self {
        match step {
            Step::Object(ObjectStep::Record(_)) => Self::Hints,
            Step::Object(ObjectStep::RecordPlaces { .. }) => Self::Places,
            Step::Object(ObjectStep::RemoveFinalizer { .. }) => Self::Releases,
            Step::Secret(SecretStep::CreateSecret(_)) => Self::MakesSecret,
            Step::Secret(SecretStep::AdoptSecret { .. } | SecretStep::RepairSecret { .. }) => {
                Self::Claims
            }
            Step::Rotation(RotationStep::StageKey(_)) => Self::Stages,
            Step::Rotation(RotationStep::KeepPreviousKey(keep)) => Self::Keeps(keep.from),
            Step::Rotation(RotationStep::ActivateKey(_)) => Self::Activates,
            Step::Rotation(RotationStep::DropStagedKey { .. }) => Self::Drops,
            Step::Rotation(RotationStep::DateFormerKeys { .. }) => Self::Dates,
            Step::Rotation(RotationStep::RetireKeys(retire)) => Self::Retires {
                all: retire.kept.is_empty(),
            },
            Step::Rotation(RotationStep::DeletePreviousKeys { .. })
            | Step::Secret(SecretStep::DeleteSecret { .. }) => Self::Ends,
            Step::Azure(AzureStep::PublishKey(publish)) => {
                Self::Writes(place_number(&publish.id), Some(number(&publish.public_key)))
            }
            Step::Azure(AzureStep::UpdateAzureKey(update)) => Self::Writes(
                place_number(&update.id),
                update.public_key.as_ref().map(number),
            ),
            Step::Azure(AzureStep::DeleteAzureKey { id }) => Self::Deletes(place_number(id)),
            _ => Self::Other,
        }
    }

    /// The place in Azure that is written to.
    pub(crate) fn place(self) -> Option<usize> {
        match self {
            Self::Writes(place, _) | Self::Deletes(place) => Some(place),
            _ => None,
        }
    }

    /// The key that is published, and where.
    pub(crate) fn publishes(self) -> Option<(usize, Key)> {
        match self {
            Self::Writes(place, Some(key)) => Some((place, key)),
            _ => None,
        }
    }
}
