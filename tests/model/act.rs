//! What a step does to a world: at the version that was looked at, or not at all, as the API server and Azure do it. What
//! it leaves behind, the plan itself says.

use std::cell::OnceCell;

use sshkey_operator::api::status::Phase;
use sshkey_operator::plan::{
    ActivateKey, AzureStep, Fresh, Freshness, KeepKey, KeptFrom, KeyView, Outcome, RetireKeys,
    RotationSecret, RotationSecrets, RotationStep, SecretView, Step, UpdateAzureKey, effect,
};

use crate::{
    edits::FOREIGN,
    invariants,
    view::{Mind, by_fingerprint, number, place_number, public, request_number},
    world::{Former, Managed, Previous, Seen, Slot, Staged, World},
};

/// What came of a step.
pub(crate) enum Done {
    /// It was done, and the operator knows it.
    Well,
    /// Somebody was faster: the operator looks again.
    Conflict,
    /// A promise was broken.
    Broken(String),
}

/// Takes a step in a world, and tells the operator.
pub(crate) fn act(
    world: &mut World,
    mind: &mut Mind,
    step: &Step,
    known: &OnceCell<Outcome>,
) -> Done {
    let (before, saw) = (world.clone(), mind.clone());
    if is_overtaken(world, mind, step) {
        return Done::Conflict;
    }
    // By UID: a name that is staged again is another object, and stays.
    let drops = matches!(step, Step::Rotation(RotationStep::DropStagedKey { .. }));
    if drops && world.seen.staged != mind.seen.staged {
        mind.seen.staged = None;
        return Done::Well;
    }
    let truth = Mind::truth(&world.seen);
    let fresh = Fresh {
        key: Some(public(world.past.made)),
        uid: "x".into(),
        resource_version: "1".into(),
    };
    let look = || effect(step, truth.desired(), &truth.observed(), &fresh);
    // What follows from what the operator sees is asked once, if that is how things are.
    let is_as_seen = world.seen == mind.seen && step.generates().is_none();
    let outcome = if is_as_seen {
        known.get_or_init(look).clone()
    } else {
        look()
    };
    happens(world, step, &outcome);
    turn_back(world, step);
    tell(world, mind, &outcome);
    match invariants::of_step(&saw, &before, world, step) {
        None => Done::Well,
        Some(broken) => Done::Broken(broken),
    }
}

/// Whether what the step names is not there any more as it was looked at.
fn is_overtaken(world: &World, mind: &Mind, step: &Step) -> bool {
    let (there, seen) = (&world.seen, &mind.seen);
    match step {
        Step::Object(_) => there.object != seen.object,
        Step::Rotation(RotationStep::KeepPreviousKey(KeepKey {
            from,
            public_key,
            resource_version,
            ..
        })) => {
            let key = match from {
                KeptFrom::Managed => there.managed.as_ref().and_then(|managed| managed.key),
                KeptFrom::Staging => there.staged.as_ref().map(|staged| staged.key),
            };
            let is_changed = resource_version.is_some() && there.previous != seen.previous;
            key != Some(number(public_key)) || is_changed
        }
        Step::Rotation(RotationStep::ActivateKey(ActivateKey {
            public_key,
            resource_version,
            ..
        })) => {
            let staged = there.staged.as_ref().map(|staged| staged.key);
            let is_as_seen = match resource_version {
                Some(_) => there.managed == seen.managed,
                None => there.managed.is_none(),
            };
            staged != Some(number(public_key)) || !is_as_seen
        }
        Step::Rotation(RotationStep::DateFormerKeys { .. } | RotationStep::RetireKeys(_)) => {
            there.previous != seen.previous
        }
        // A key that is gone is not changed but reported as missing.
        Step::Azure(AzureStep::UpdateAzureKey(UpdateAzureKey { id, .. })) => {
            there.azure[place_number(id)].is_none()
        }
        _ => false,
    }
}

/// The world after what a step has left behind.
fn happens(world: &mut World, step: &Step, outcome: &Outcome) {
    match outcome {
        Outcome::Object(facts) => {
            let mut listed = [None; 2];
            for place in &facts.places {
                listed[place_number(&place.id)] = Some(place.phase == Phase::Leaving);
            }
            let recorded = facts.hints.iter().flatten();
            let mut places = [false; 2];
            for record in recorded {
                places[place_number(&record.id)] = true;
            }
            let handled = facts.rotation.handled.iter();
            let handled: Vec<u8> = handled.map(|text| text.parse().unwrap()).collect();
            let may_have_secrets = facts.rotation.may_have_secrets;
            let has_finalizer = facts.has_finalizer;
            world.change(|object| {
                object.finalizer = has_finalizer;
                object.places = places;
                object.listed = listed;
                object.may_have_secrets = may_have_secrets;
                object.handled = handled;
            });
        }
        Outcome::Secret(view) => {
            let is_new = world.seen.managed.is_none();
            world.seen.managed = managed(view);
            if let Some(Managed {
                key: Some(key),
                revision,
                ..
            }) = world.seen.managed
            {
                let made = step.generates().is_some() && is_new;
                world.past.made += u8::from(made);
                use_as(world, revision, key);
            }
        }
        Outcome::RotationSecrets(all) => beside(world, step, all),
        Outcome::Custody(_, all) => {
            let is_new = world.seen.staged.is_none();
            beside(world, step, all);
            world.past.made += u8::from(step.generates().is_some() && is_new);
        }
        Outcome::Azure(id, view) => {
            let slot = slot(view);
            world.change_azure(|azure| azure[place_number(id)] = slot);
            if let Some(Slot { key, .. }) = slot
                && writes_key(step)
            {
                published(world, key);
            }
        }
        Outcome::Released => world.change(|object| {
            object.finalizer = false;
            object.exists = false;
        }),
        other => panic!("{other:?} is no part of these worlds"),
    }
}

fn writes_key(step: &Step) -> bool {
    matches!(
        step,
        Step::Azure(
            AzureStep::PublishKey(_)
                | AzureStep::UpdateAzureKey(UpdateAzureKey {
                    public_key: Some(_),
                    ..
                })
        )
    )
}

/// A policy changes what was written to Azure before the answer is sent.
fn turn_back(world: &mut World, step: &Step) {
    if let Some(id) = step.azure_id()
        && world.policy
        && writes_key(step)
    {
        let turned = Slot {
            key: FOREIGN,
            ours: true,
        };
        world.seen.azure[place_number(id)] = Some(turned);
    }
}

fn beside(world: &mut World, step: &Step, all: &RotationSecrets) {
    let RotationSecrets::Read { staged, previous } = all else {
        return;
    };
    if let Step::Rotation(RotationStep::RetireKeys(RetireKeys { retired, .. })) = step {
        let gone = retired.iter().map(|key| number(&key.public_key));
        world.past.retired.extend(gone);
    }
    world.seen.staged = staged.ours().map(|facts| Staged {
        key: facts.key.readable().map(number).unwrap(),
        revision: facts.revision.unwrap(),
        request: request_number(facts.request.as_ref()),
    });
    world.seen.previous = match previous {
        RotationSecret::Absent => None,
        RotationSecret::Foreign(_) => Some(Previous::Foreign),
        RotationSecret::Ours(facts) => {
            let one = |key: &sshkey_operator::plan::FormerKey| Former {
                key: number(&key.public_key),
                revision: key.revision,
                dated: key.retired_at.is_some(),
            };
            let keys: Vec<Former> = facts.keys.iter().map(one).collect();
            Some(Previous::Ours(keys)).filter(|_| !facts.keys.is_empty())
        }
    };
}

fn managed(view: &SecretView) -> Option<Managed> {
    let SecretView::Present(facts) = view else {
        return None;
    };
    let key = facts.key.readable().map(number);
    let recorded = facts.recorded.as_ref().map(by_fingerprint);
    Some(Managed {
        key,
        recorded: recorded.or(key).unwrap(),
        revision: facts.revision,
        request: request_number(facts.request.as_ref()),
    })
}

fn slot(view: &KeyView) -> Option<Slot> {
    match view {
        KeyView::Present { key, .. } => Some(Slot {
            key: number(key.public_key.as_ref().unwrap()),
            ours: !key.tags.is_empty(),
        }),
        KeyView::Absent { .. } | KeyView::Unknown(_) => None,
    }
}

/// The operator hears what is there after its step.
fn tell(world: &World, mind: &mut Mind, outcome: &Outcome) {
    let Seen {
        object,
        managed,
        staged,
        previous,
        azure,
    } = world.seen.clone();
    match outcome {
        Outcome::Object(_) | Outcome::Released => {
            mind.seen.object = object;
            mind.live = true;
        }
        Outcome::Secret(_) => mind.seen.managed = managed,
        Outcome::RotationSecrets(_) => {
            mind.seen.staged = staged;
            mind.seen.previous = previous;
            mind.looked = true;
        }
        Outcome::Custody(..) => {
            // What is beside the managed Secret and was not looked at is not known after it either.
            if mind.looked {
                mind.seen.previous = previous;
            } else {
                mind.seen.previous = None;
            }
            mind.seen.managed = managed;
            mind.seen.staged = staged;
            mind.looked = true;
        }
        Outcome::Azure(id, _) => {
            let number = place_number(id);
            mind.seen.azure[number] = azure[number];
            mind.known[number] = Freshness::Written;
        }
        other => panic!("{other:?} is no part of these worlds"),
    }
}

fn published(world: &mut World, key: u8) {
    if !world.past.published.contains(&key) {
        world.past.published.push(key);
        world.past.published.sort_unstable();
    }
    let seen = &world.seen;
    let managed = seen
        .managed
        .as_ref()
        .filter(|managed| managed.key == Some(key));
    let staged = seen.staged.as_ref().filter(|staged| staged.key == key);
    let revision = managed
        .map(|managed| managed.revision)
        .or_else(|| staged.map(|staged| staged.revision));
    if let Some(revision) = revision {
        use_as(world, revision, key);
    }
}

fn use_as(world: &mut World, revision: u32, key: u8) {
    if !world.past.used.contains(&(revision, key)) {
        world.past.used.push((revision, key));
        world.past.used.sort_unstable();
    }
}
