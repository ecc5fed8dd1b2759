//! Planners that are wrong in one thing each: the search must find every one of them out, by the promise that it breaks.

use jiff::Timestamp;
use sshkey_operator::{
    keys::{Comment, KeySpec},
    plan::{
        ActivateKey, AzureStep, Desired, Finding, GeneratedKey, KeyView, Move, ObjectStep,
        Observed, Place, Plan, Record, RetireKeys, RotationRecord, RotationStep, SecretStep,
        SecretView, Step, UpdateAzureKey,
    },
};

use crate::{search::Planner, view::place};

type Wrong = fn(&Desired, &Observed, Plan) -> Plan;
type WrongNext = fn(&Plan, Move) -> Move;

/// All of them: what is wrong, the promise that it breaks, and the planner.
pub(crate) fn mutants() -> Vec<(&'static str, &'static str, Planner)> {
    let plans = WRONG_PLANS.iter().map(|(name, promise, plan)| {
        let planner = Planner {
            plan: *plan,
            ..Planner::RIGHT
        };
        (*name, *promise, planner)
    });
    let moves = WRONG_MOVES.iter().map(|(name, promise, next)| {
        let planner = Planner {
            next: *next,
            ..Planner::RIGHT
        };
        (*name, *promise, planner)
    });
    plans.chain(moves).collect()
}

/// Wrong in what comes before a step, or in which step is left.
const WRONG_MOVES: &[(&str, &str, WrongNext)] = &[
    (
        "writes to Azure upon a list",
        "promise 2",
        |plan, next| match (next, plan.steps.first()) {
            (Move::Read(Place::Azure(id)), Some(step)) if step.azure_id() == Some(&id) => {
                Move::Take(step.clone())
            }
            (next, _) => next,
        },
    ),
    (
        "deletes the old place before the new one was seen",
        "promise 2",
        |plan, next| match (next, plan.steps.first()) {
            (
                Move::Read(Place::Azure(id)),
                Some(step @ Step::Azure(AzureStep::DeleteAzureKey { id: old })),
            ) if *old != id => Move::Take(step.clone()),
            (next, _) => next,
        },
    ),
    (
        "stages a key before it was looked whether one is staged",
        "promise 7",
        |plan, next| match (next, plan.steps.first()) {
            (Move::Read(Place::RotationSecrets), Some(step)) => Move::Take(step.clone()),
            (next, _) => next,
        },
    ),
    (
        "fights what turns its changes back",
        "promise 4",
        |_, next| match next {
            Move::GiveUp { step, .. } => Move::Take(step),
            next => next,
        },
    ),
];

/// Wrong in the plan.
const WRONG_PLANS: &[(&str, &str, Wrong)] = &[
    (
        "lets the next key take over without keeping the old one",
        "promise 2",
        |_, observed, mut plan| {
            replace(&mut plan, "KeepPreviousKey", || activate(observed));
            plan
        },
    ),
    (
        "publishes the next key before it is staged for good",
        "promise 1",
        |_, _, mut plan| {
            // The key that is about to be made: nobody has it.
            replace(&mut plan, "StageKey", publish_unmade);
            plan
        },
    ),
    (
        "lets the next key take over before it is published",
        "promise",
        |_, observed, mut plan| {
            if observed.rotation_secrets.staged().is_some() {
                replace(&mut plan, "UpdateAzureKey", || activate(observed));
            }
            plan
        },
    ),
    (
        "deletes what is staged once it is published",
        "promise",
        |_, observed, mut plan| {
            replace(&mut plan, "ActivateKey", || drop_staged(observed));
            plan
        },
    ),
    (
        "never tidies up what was staged",
        "promise 4",
        |_, _, mut plan| {
            plan.steps.retain(|step| step.name() != "DropStagedKey");
            plan
        },
    ),
    ("never dates a former key", "promise 4", |_, _, mut plan| {
        plan.steps.retain(|step| step.name() != "DateFormerKeys");
        plan
    }),
    (
        "retires every former key at once",
        "promise 2",
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
    (
        "makes a lost key anew by itself",
        "promise 2",
        |_, observed, mut plan| {
            let is_lost = matches!(plan.secret, Finding::Blocked(_));
            if is_lost && observed.secret == SecretView::Absent {
                plan.steps
                    .push(Step::Secret(SecretStep::CreateSecret(GeneratedKey {
                        name: "m".into(),
                        key: KeySpec::Ed25519,
                        comment: Comment::empty(),
                        revision: 1,
                        request: None,
                        now: Timestamp::UNIX_EPOCH,
                    })));
            }
            plan
        },
    ),
    (
        "forgets which requests were answered",
        "promise",
        |_, observed, mut plan| {
            if plan.steps.is_empty()
                && plan.secret.is_good()
                && observed.object.rotate_requested.is_some()
                && observed.rotation_secrets.staged().is_none()
                && let SecretView::Present(managed) = &observed.secret
            {
                plan.steps
                    .push(Step::Rotation(RotationStep::StageKey(GeneratedKey {
                        name: "n".into(),
                        key: KeySpec::Ed25519,
                        comment: Comment::empty(),
                        revision: managed.revision + 1,
                        request: observed.object.rotate_requested.clone(),
                        now: Timestamp::UNIX_EPOCH,
                    })));
            }
            plan
        },
    ),
    (
        "does not record that something is staged",
        "promise",
        |_, _, mut plan| {
            for step in &mut plan.steps {
                if let Step::Object(ObjectStep::Record(Record { rotation, .. })) = step {
                    *rotation = RotationRecord::default();
                }
            }
            let is_empty = |step: &Step| matches!(step, Step::Object(ObjectStep::Record(Record { rotation, .. })) if *rotation == RotationRecord::default());
            if plan.steps.len() > 1 {
                plan.steps.retain(|step| !is_empty(step));
            }
            plan
        },
    ),
    (
        "does not record the place in Azure",
        "promise",
        |_, _, mut plan| {
            for step in &mut plan.steps {
                if let Step::Object(ObjectStep::Record(Record { records, .. })) = step {
                    records.clear();
                }
            }
            plan
        },
    ),
    (
        "lets go of the object before Azure",
        "promise 4",
        |_, _, mut plan| {
            if plan.deleting {
                plan.steps.reverse();
            }
            plan
        },
    ),
    (
        "leaves the key in Azure behind",
        "promise 4",
        |_, _, mut plan| {
            plan.steps.retain(|step| step.name() != "DeleteAzureKey");
            plan
        },
    ),
    (
        "lets a key take over that was staged too late",
        "promise",
        |_, observed, mut plan| {
            if is_stale(observed) {
                plan.steps = vec![activate(observed)];
            }
            plan
        },
    ),
    (
        "puts right in Azure what it has lost itself",
        "promise 2",
        |_, observed, mut plan| {
            let is_lost = matches!(plan.secret, Finding::Blocked(_));
            if is_lost && observed.azure.get(place(0)).is_some_and(is_there) {
                plan.steps.push(Step::Azure(AzureStep::DeleteAzureKey {
                    id: place(0).clone(),
                }));
            }
            plan
        },
    ),
    (
        "overwrites an emptied Secret without being asked",
        "promise",
        |desired, observed, mut plan| {
            if matches!(plan.secret, Finding::Blocked(_)) && is_emptied(observed) {
                plan.steps = match observed.rotation_secrets.staged() {
                    Some(_) => vec![activate(observed)],
                    None => vec![stage(desired, observed)],
                };
            }
            plan
        },
    ),
];

fn replace(plan: &mut Plan, name: &str, with: impl FnOnce() -> Step) {
    if let Some(step) = plan.steps.iter_mut().find(|step| step.name() == name) {
        *step = with();
    }
}

fn activate(observed: &Observed) -> Step {
    let staged = observed
        .rotation_secrets
        .staged()
        .expect("something is staged");
    Step::Rotation(RotationStep::ActivateKey(ActivateKey {
        name: "m".into(),
        resource_version: Some("1".into()),
        staging: "n".into(),
        public_key: staged.key.readable().expect("a key").clone(),
        revision: staged.revision.unwrap_or_default(),
        request: staged.request.clone(),
        made: Timestamp::UNIX_EPOCH,
    }))
}

fn drop_staged(observed: &Observed) -> Step {
    let staged = observed
        .rotation_secrets
        .staged()
        .expect("something is staged");
    Step::Rotation(RotationStep::DropStagedKey {
        name: "n".into(),
        uid: staged.uid.clone(),
    })
}

fn publish_unmade() -> Step {
    Step::Azure(AzureStep::UpdateAzureKey(UpdateAzureKey {
        id: place(0).clone(),
        public_key: Some(crate::view::public(22)),
        tags: None,
    }))
}

fn stage(_: &Desired, observed: &Observed) -> Step {
    let revision = match &observed.secret {
        SecretView::Present(managed) => managed.revision,
        SecretView::Absent => 0,
    };
    Step::Rotation(RotationStep::StageKey(GeneratedKey {
        name: "n".into(),
        key: KeySpec::Ed25519,
        comment: Comment::empty(),
        revision: revision + 1,
        request: None,
        now: Timestamp::UNIX_EPOCH,
    }))
}

fn is_stale(observed: &Observed) -> bool {
    let SecretView::Present(managed) = &observed.secret else {
        return false;
    };
    observed.rotation_secrets.staged().is_some_and(|staged| {
        staged
            .revision
            .is_some_and(|revision| revision <= managed.revision)
            && staged.key.readable() != managed.key.readable()
    })
}

fn is_emptied(observed: &Observed) -> bool {
    matches!(&observed.secret, SecretView::Present(managed) if managed.key.readable().is_none())
}

fn is_there(view: &KeyView) -> bool {
    matches!(view, KeyView::Present { .. })
}
