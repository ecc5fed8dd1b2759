//! Wrong about what metadata and status are worth.

use sshkey_operator::{
    api::ArmId,
    plan::{ObjectStep, Step},
};

use crate::{
    mutants::kinds::{Mutant, plans, sees},
    promises::kinds::Promise,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    sees(
        "believes hints alone, and forgets what the status knows",
        Promise::NothingLeft,
        "tools",
        |_, mut observed| {
            let hints = observed.object.hints.clone().unwrap_or_default();
            let is_hinted = |id: &ArmId| hints.iter().any(|hint| hint.id == *id);
            observed.object.places.retain(|place| is_hinted(&place.id));
            observed.azure.retain(|id, _| is_hinted(id));
            observed
        },
    ),
    sees(
        "does not look for marks that only a list shows",
        Promise::AsWanted,
        "backups",
        |desired, mut observed| {
            let hints = observed.object.hints.clone().unwrap_or_default();
            let places = observed.object.places.clone();
            let wanted = desired
                .azure
                .as_ref()
                .and_then(|azure| azure.target.as_ref().ok());
            let wanted = wanted.map(|target| target.id().clone());
            let known = hints.iter().chain(&places).map(|it| &it.id).chain(&wanted);
            let known: Vec<ArmId> = known.cloned().collect();
            observed.azure.retain(|id, _| known.contains(id));
            observed
        },
    ),
    plans(
        "does not remember its predecessor until all is marked again",
        Promise::AsWanted,
        "backups",
        |_, observed, mut plan| {
            for step in &mut plan.steps {
                if let Step::Object(ObjectStep::Record(record)) = step {
                    record.recorded_uid.clone_from(&observed.object.uid);
                }
            }
            plan
        },
    ),
    plans(
        "never writes metadata again that a tool has replaced",
        Promise::Recorded,
        "tools",
        |_, observed, mut plan| {
            if observed.object.has_status {
                plan.steps.retain(|step| step.name() != "Record");
            }
            plan
        },
    ),
    sees(
        "does not look for the next key of an object whose Secret it takes up",
        Promise::AsWanted,
        "backups",
        |_, mut observed| {
            let object = &observed.object;
            let says_so = object.rotation.may_have_secrets || !object.reported_others.is_empty();
            let secret = observed.secret.facts();
            let is_anothers = secret
                .is_some_and(|it| it.revision == 1 && it.owner_uid.as_ref() != Some(&object.uid));
            if is_anothers && !says_so {
                observed.rotation_secrets = sshkey_operator::plan::RotationSecrets::Unread;
            }
            observed
        },
    ),
];
