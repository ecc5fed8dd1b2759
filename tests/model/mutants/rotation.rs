//! Wrong about a rotation.

use sshkey_operator::plan::{
    Finding, ObjectStep, Observed, RetireKeys, RotationRecord, RotationStep, SecretView, Step,
};

use crate::{
    mutants::{
        kinds::{Mutant, plans},
        steps::{activate, create, drop_staged, replace, stage, update, without},
    },
    promises::kinds::Promise,
    view::keys::public,
};

const USERS: &str = "two operators and users";

pub(crate) const MUTANTS: &[Mutant] = &[
    plans(
        "lets the next key take over without keeping the old one",
        Promise::LastCopy,
        USERS,
        |_, observed, mut plan| {
            replace(&mut plan, "KeepPreviousKey", || activate(observed));
            plan
        },
    ),
    plans(
        "publishes the next key before it is staged for good",
        Promise::StoredFirst,
        USERS,
        |_, _, mut plan| {
            // The key that is about to be made: nobody has it.
            replace(&mut plan, "StageKey", || update(0, public(22)));
            plan
        },
    ),
    plans(
        "lets the next key take over before it is published",
        Promise::ComesToRest,
        USERS,
        |_, observed, mut plan| {
            if observed.rotation_secrets.staged().is_some() {
                replace(&mut plan, "UpdateAzureKey", || activate(observed));
            }
            plan
        },
    ),
    plans(
        "deletes what is staged once it is published",
        Promise::LastCopy,
        USERS,
        |_, observed, mut plan| {
            replace(&mut plan, "ActivateKey", || drop_staged(observed));
            plan
        },
    ),
    plans(
        "never tidies up what was staged",
        Promise::AsWanted,
        USERS,
        |_, _, plan| without(plan, "DropStagedKey"),
    ),
    plans(
        "never dates a former key",
        Promise::AsWanted,
        USERS,
        |_, _, plan| without(plan, "DateFormerKeys"),
    ),
    plans(
        "retires every former key at once",
        Promise::FormerStay,
        USERS,
        |_, observed, mut plan| {
            if plan.steps.is_empty()
                && let Some(previous) = observed.rotation_secrets.previous()
            {
                plan.steps
                    .push(Step::Rotation(RotationStep::RetireKeys(RetireKeys {
                        name: "p".into(),
                        uid: previous.uid.clone(),
                        resource_version: previous.resource_version.clone(),
                        kept: Vec::new(),
                        retired: previous.keys.clone(),
                        whole: true,
                    })));
            }
            plan
        },
    ),
    plans(
        "makes a lost key anew by itself",
        Promise::LostStaysLost,
        USERS,
        |_, observed, mut plan| {
            let is_lost = matches!(plan.secret, Finding::Blocked(_));
            if is_lost && observed.secret == SecretView::Absent {
                plan.steps.push(create());
            }
            plan
        },
    ),
    plans(
        "forgets which requests were answered",
        Promise::ComesToRest,
        USERS,
        |_, observed, mut plan| {
            if plan.steps.is_empty()
                && plan.secret.is_good()
                && observed.object.rotate_requested.is_some()
                && observed.rotation_secrets.staged().is_none()
            {
                let request = observed.object.rotate_requested.clone();
                plan.steps.push(stage(observed, request));
            }
            plan
        },
    ),
    plans(
        "does not record that something is staged",
        Promise::ComesToRest,
        USERS,
        |_, _, mut plan| {
            for step in &mut plan.steps {
                if let Step::Object(ObjectStep::Record(record)) = step {
                    record.rotation = RotationRecord::default();
                }
            }
            plan
        },
    ),
    plans(
        "lets a key take over that was staged too late",
        Promise::LastCopy,
        USERS,
        |_, observed, mut plan| {
            if is_stale(observed) {
                plan.steps = vec![activate(observed)];
            }
            plan
        },
    ),
    plans(
        "overwrites an emptied Secret without being asked",
        Promise::ChangesOnRequest,
        USERS,
        |_, observed, mut plan| {
            if matches!(plan.secret, Finding::Blocked(_)) && is_emptied(observed) {
                plan.steps = match observed.rotation_secrets.staged() {
                    Some(_) => vec![activate(observed)],
                    None => vec![stage(observed, None)],
                };
            }
            plan
        },
    ),
];

fn is_stale(observed: &Observed) -> bool {
    let SecretView::Present(managed) = &observed.secret else {
        return false;
    };
    observed.rotation_secrets.staged().is_some_and(|staged| {
        let revision = staged.revision;
        revision.is_some_and(|revision| revision <= managed.revision)
            && staged.key.readable() != managed.key.readable()
    })
}

fn is_emptied(observed: &Observed) -> bool {
    matches!(&observed.secret, SecretView::Present(managed) if managed.key.readable().is_none())
}
