//! What a step did to a key, for the audit log and the events.

use jiff::Timestamp;

use crate::{
    api::{ArmId, rotation::Activation, status::Origin},
    keys::PublicKey,
    plan::{
        desired::resolve::Desired,
        observed::{azure::KeyView, outputs::OutputView, secret::SecretView, snapshot::Observed},
        records::former_key::FormerKey,
        report::audit_line::{AuditAction, AuditLine},
        step::{
            azure::AzureStep,
            kinds::Step,
            new_key::{GeneratedKey, ImportedKey},
            object::ObjectStep,
            output::OutputStep,
            rotation::{KeepKey, RetireKeys, RotationStep},
            secret::SecretStep,
        },
    },
};

/// What a step did, from what was observed before it and after it. What stood where something was to be created was not
/// made by the step: nothing is said of that. `takes_up_secret` is what
/// [`takes_up_secret`](crate::plan::takes_up_secret) said when the pass began: the object records its predecessor first.
pub fn audit(
    step: &Step,
    desired: &Desired,
    before: &Observed,
    after: &Observed,
    takes_up_secret: bool,
) -> Vec<AuditLine> {
    match step {
        Step::Object(step) => of_object(step, before),
        Step::Secret(step) => of_secret(step, before, after, takes_up_secret),
        Step::Rotation(step) => of_rotation(step, desired, before, after),
        Step::Output(step) => of_output(step, after).into_iter().collect(),
        Step::Azure(step) => of_azure(step, desired, before).into_iter().collect(),
    }
}

fn of_object(step: &ObjectStep, before: &Observed) -> Vec<AuditLine> {
    match step {
        ObjectStep::Record(_) => Vec::new(),
        ObjectStep::RecordPlaces { places } => {
            let is_new = |id: &ArmId| {
                before
                    .record(id)
                    .is_none_or(|known| known.origin != Origin::Adopted)
            };
            let adopted = places
                .iter()
                .filter(|place| place.origin == Origin::Adopted);
            let adopted = adopted.filter(|place| is_new(&place.id));
            adopted
                .map(|place| AuditLine::new(AuditAction::Adopted).at(&place.id))
                .collect()
        }
        ObjectStep::RemoveFinalizer { orphans } => {
            let left = orphans.iter();
            let left = left.map(|id| AuditLine::new(AuditAction::Orphaned).at(id));
            left.chain([AuditLine::new(AuditAction::Released)])
                .collect()
        }
    }
}

fn of_secret(
    step: &SecretStep,
    before: &Observed,
    after: &Observed,
    takes_up_secret: bool,
) -> Vec<AuditLine> {
    let (key, revision) = managed(after);
    let is_new = |new: &Timestamp| {
        let SecretView::Present(facts) = &after.secret else {
            return false;
        };
        facts.owner_uid.as_ref() == Some(&after.object.uid)
            && facts.created_at.as_ref() == Some(new)
    };
    let line = match step {
        SecretStep::CreateSecret(GeneratedKey { now, .. })
        | SecretStep::ImportKey(ImportedKey { now, .. })
            if !is_new(now) =>
        {
            return Vec::new();
        }
        SecretStep::CreateSecret(new) => AuditLine::new(AuditAction::Generated)
            .key(key, Some(new.revision))
            .secret(&new.name),
        SecretStep::ImportKey(new) => AuditLine::new(AuditAction::Imported)
            .key(Some(&new.public_key), Some(new.revision))
            .secret(&new.name),
        SecretStep::AdoptSecret { secret, .. } => AuditLine::new(AuditAction::Adopted)
            .key(Some(&secret.public_key), revision)
            .secret(&secret.name),
        SecretStep::RepairSecret { secret, .. } => {
            let action = if takes_up_secret {
                AuditAction::TakenUp
            } else {
                AuditAction::Repaired
            };
            AuditLine::new(action)
                .key(Some(&secret.public_key), revision)
                .secret(&secret.name)
        }
        SecretStep::DeleteSecret { name, .. } => {
            let (key, revision) = managed(before);
            AuditLine::new(AuditAction::Deleted)
                .key(key, revision)
                .secret(name)
        }
    };
    vec![line]
}

/// The key in the managed Secret, and how often it was changed with it.
fn managed(observed: &Observed) -> (Option<&PublicKey>, Option<u32>) {
    match &observed.secret {
        SecretView::Present(facts) => (facts.key.readable(), Some(facts.revision)),
        SecretView::Absent => (None, None),
    }
}

fn of_rotation(
    step: &RotationStep,
    desired: &Desired,
    before: &Observed,
    after: &Observed,
) -> Vec<AuditLine> {
    let staged_at = after
        .rotation_secrets
        .staged()
        .and_then(|facts| facts.created_at);
    match step {
        RotationStep::StageKey(GeneratedKey { now, .. })
        | RotationStep::StageImportedKey(ImportedKey { now, .. })
            if staged_at != Some(*now) =>
        {
            Vec::new()
        }
        RotationStep::KeepPreviousKey(keep)
            if !after
                .rotation_secrets
                .former_keys()
                .iter()
                .any(|key| key.public_key == keep.public_key) =>
        {
            Vec::new()
        }
        RotationStep::ActivateKey(next)
            if managed(after) != (Some(&next.public_key), Some(next.revision)) =>
        {
            Vec::new()
        }
        RotationStep::StageKey(new) => {
            let key = after.rotation_secrets.staged_key();
            let line = AuditLine::new(AuditAction::Generated).key(key, Some(new.revision));
            vec![line.secret(&new.name)]
        }
        RotationStep::StageImportedKey(new) => {
            let key = Some(&new.public_key);
            let line = AuditLine::new(AuditAction::Imported).key(key, Some(new.revision));
            vec![line.secret(&new.name)]
        }
        RotationStep::KeepPreviousKey(KeepKey {
            public_key,
            revision,
            previous,
            ..
        }) => {
            let line = AuditLine::new(AuditAction::Kept).key(Some(public_key), Some(*revision));
            vec![line.secret(previous)]
        }
        RotationStep::ActivateKey(next) => {
            let action = match desired.rotation.activation {
                Activation::Immediate => AuditAction::Rotated,
                Activation::Delayed | Activation::Manual => AuditAction::Activated,
            };
            let line = AuditLine::new(action).key(Some(&next.public_key), Some(next.revision));
            vec![line.secret(&next.name)]
        }
        RotationStep::RetireKeys(RetireKeys { name, retired, .. }) => {
            retired.iter().map(|key| retirement(key, name)).collect()
        }
        RotationStep::DeletePreviousKeys { name, .. } => {
            let keys = before.rotation_secrets.former_keys().iter();
            keys.map(|key| retirement(key, name)).collect()
        }
        RotationStep::DropStagedKey { name, .. } => {
            vec![AuditLine::new(AuditAction::Dropped).secret(name)]
        }
        // No key is anywhere else than before.
        RotationStep::BeginDelay { .. } | RotationStep::DateFormerKeys { .. } => Vec::new(),
    }
}

fn retirement(key: &FormerKey, secret: &str) -> AuditLine {
    let line = AuditLine::new(AuditAction::Retired);
    line.key(Some(&key.public_key), Some(key.revision))
        .secret(secret)
}

fn of_output(step: &OutputStep, after: &Observed) -> Option<AuditLine> {
    let is_ours = match after.outputs.get(step.object()) {
        Some(OutputView::Present(facts)) => facts.owner_uid.as_ref() == Some(&after.object.uid),
        _ => false,
    };
    let (action, key) = match step {
        OutputStep::CreateOutput(_) if !is_ours => return None,
        OutputStep::CreateOutput(content) => (AuditAction::Delivered, Some(&content.public_key)),
        OutputStep::UpdateOutput(update) => {
            (AuditAction::Delivered, Some(&update.content.public_key))
        }
        OutputStep::DeleteOutput { .. } => (AuditAction::Withdrawn, None),
    };
    let mut line = AuditLine::new(action).key(key, None);
    line.written = Some(step.object().to_string());
    Some(line)
}

fn of_azure(step: &AzureStep, desired: &Desired, before: &Observed) -> Option<AuditLine> {
    match step {
        AzureStep::HoldStore { .. } => None,
        AzureStep::CreateResourceGroup { id, .. } => {
            Some(AuditLine::new(AuditAction::GroupCreated).at(id))
        }
        AzureStep::PublishKey(publish) => {
            Some(publication(before, &publish.public_key, &publish.id))
        }
        AzureStep::UpdateAzureKey(update) => Some(match &update.public_key {
            Some(key) => publication(before, key, &update.id),
            None => AuditLine::new(AuditAction::Tagged).at(&update.id),
        }),
        AzureStep::DeleteAzureKey { id } => {
            let stays = before.object.deleting_since.is_none() && desired.azure.is_some();
            let action = if stays {
                AuditAction::Moved
            } else {
                AuditAction::Deleted
            };
            Some(AuditLine::new(action).at(id))
        }
    }
}

/// A key was written to Azure: the managed one, or the next one of a rotation.
fn publication(before: &Observed, key: &PublicKey, id: &ArmId) -> AuditLine {
    let staged = before.rotation_secrets.staged();
    let revision = match managed(before) {
        (Some(managed), revision) if managed == key => revision,
        _ => staged
            .filter(|facts| facts.key.readable() == Some(key))
            .and_then(|facts| facts.revision),
    };
    let line = AuditLine::new(AuditAction::Published).key(Some(key), revision);
    let line = line.at(id);
    match before.azure.get(id) {
        Some(KeyView::Present { key: there, .. }) => {
            line.in_place_of(there.public_key.as_ref().ok(), key)
        }
        _ => line,
    }
}
