//! Why a step is taken, for a person.

use crate::plan::{
    authority::secret::takes_up_secret,
    decide::azure::difference::{listed, names_that_differ},
    desired::{
        resolve::{Desired, published_target},
        source::KeySource,
    },
    observed::{azure::KeyView, snapshot::Observed},
    step::{
        azure::{AzureStep, UpdateAzureKey},
        kinds::Step,
        new_key::GeneratedKey,
        object::ObjectStep,
        output::OutputStep,
        rotation::{KeptFrom, RotationStep},
        secret::SecretStep,
    },
};

/// Why a step is taken in a world that is as `before`.
pub(crate) fn reason(step: &Step, desired: &Desired, before: &Observed) -> String {
    match step {
        Step::Object(step) => of_object(step).to_owned(),
        Step::Secret(step) => of_secret(step, desired, before).to_owned(),
        Step::Rotation(step) => of_rotation(step, desired, before),
        Step::Output(step) => of_output(step, before),
        Step::Azure(step) => in_azure(step, desired, before),
    }
}

fn of_object(step: &ObjectStep) -> &'static str {
    match step {
        ObjectStep::Record(_) => {
            "the finalizer and the records of what may exist are written before anything is created"
        }
        ObjectStep::RecordPlaces { .. } => {
            "the status names the place before the key there is left or taken over"
        }
        ObjectStep::RemoveFinalizer { .. } => "its deletion policies have been carried out",
    }
}

fn of_secret(step: &SecretStep, desired: &Desired, before: &Observed) -> &'static str {
    match step {
        SecretStep::CreateSecret(_) => "there is no private key yet",
        SecretStep::ImportKey(_) => "the spec asks for a copy of the imported key",
        SecretStep::AdoptSecret { .. } => "secret.conflictPolicy is Adopt",
        SecretStep::RepairSecret { .. } if takes_up_secret(desired, before) => {
            "an earlier SshKey of this name has left it"
        }
        SecretStep::RepairSecret { secret, .. } if secret.rewrites => {
            "its private entry is no file that OpenSSH reads; the key stays the same"
        }
        SecretStep::RepairSecret { .. } => {
            "its labels, records or public entry are not as they should be; the key stays the same"
        }
        SecretStep::DeleteSecret { .. } => "secret.deletionPolicy is Delete",
    }
}

fn of_rotation(step: &RotationStep, desired: &Desired, before: &Observed) -> String {
    match step {
        RotationStep::StageKey(new) => why_another(new, desired, before),
        RotationStep::StageImportedKey(_) => "spec.source has another key".to_owned(),
        RotationStep::KeepPreviousKey(keep) => match keep.from {
            KeptFrom::Managed => "it is the former key as soon as the next one takes over",
            KeptFrom::Staging => "the key that waited is given up, and kept",
        }
        .to_owned(),
        RotationStep::BeginDelay { .. } => {
            "the next key is published, and rotation.delay begins".to_owned()
        }
        RotationStep::ActivateKey(_) => {
            "the next key takes over: it is published wherever the spec asks for it".to_owned()
        }
        RotationStep::DropStagedKey { .. } => {
            "the key in it has taken over, or is not to take over any more".to_owned()
        }
        RotationStep::DateFormerKeys { .. } => {
            "rotation.keepPrevious counts from the time at which a key was replaced".to_owned()
        }
        RotationStep::RetireKeys(_) => "rotation.keepPrevious keeps it no longer".to_owned(),
        RotationStep::DeletePreviousKeys { .. } => "secret.deletionPolicy is Delete".to_owned(),
    }
}

/// Why another key is generated.
fn why_another(new: &GeneratedKey, desired: &Desired, before: &Observed) -> String {
    let Some(current) = before.stored_key() else {
        return "the private key is lost, and another is to take its place".to_owned();
    };
    let fits = match &desired.source {
        KeySource::Generated { requirements, .. } => requirements.fits(current),
        KeySource::Imported { .. } | KeySource::Uploaded | KeySource::Followed => true,
    };
    match &new.request {
        _ if !fits => format!("the spec asks for {}", new.kind()),
        Some(request) if before.object.rotate_requested.as_ref() == Some(request) => {
            format!("a rotation was requested: {request}")
        }
        _ => "the key is as old as rotation.every lets it become".to_owned(),
    }
}

fn of_output(step: &OutputStep, before: &Observed) -> String {
    match step {
        OutputStep::CreateOutput(content) => {
            let preset = content.shape.preset;
            format!("spec.outputs asks for it in the shape of {preset}")
        }
        OutputStep::UpdateOutput(_) => "it is not as spec.outputs asks".to_owned(),
        OutputStep::DeleteOutput { .. } if before.object.deleting_since.is_some() => {
            "it goes with the SshKey".to_owned()
        }
        OutputStep::DeleteOutput { .. } => "spec.outputs does not ask for it any longer".to_owned(),
    }
}

fn in_azure(step: &AzureStep, desired: &Desired, before: &Observed) -> String {
    match step {
        AzureStep::HoldStore { .. } => {
            "a finalizer holds it as long as keys are in Azure through it".to_owned()
        }
        AzureStep::CreateResourceGroup { .. } => {
            "it does not exist, and resourceGroup.creationPolicy is IfMissing".to_owned()
        }
        AzureStep::PublishKey(_) => {
            "the spec asks for the key there, and no key is there".to_owned()
        }
        AzureStep::UpdateAzureKey(update) => why_updated(update, before),
        AzureStep::DeleteAzureKey { id } => {
            let wanted = published_target(desired).map(|(_, target)| &target.id);
            match wanted {
                _ if before.object.deleting_since.is_some() => {
                    "the SshKey goes, and azure.deletionPolicy is Delete"
                }
                Some(wanted) if wanted == id => {
                    "a key can't be moved to another location: it is deleted and created again (replacePolicy: Recreate)"
                }
                Some(_) => "the key is at another place now, and was seen there",
                None => "the spec asks for no key in Azure any longer",
            }
            .to_owned()
        }
    }
}

fn why_updated(update: &UpdateAzureKey, before: &Observed) -> String {
    let key = update
        .public_key
        .as_ref()
        .map(|_| "the public key".to_owned());
    let tags = match (before.azure.get(&update.id), &update.tags) {
        (Some(KeyView::Present { key, .. }), Some(tags)) => {
            let names = names_that_differ(&key.tags, tags);
            (!names.is_empty()).then(|| format!("tags {}", listed(&names)))
        }
        _ => None,
    };
    let parts: Vec<String> = key.into_iter().chain(tags).collect();
    format!(
        "what is in Azure differs from the spec: {}",
        parts.join(" and ")
    )
}
