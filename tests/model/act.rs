//! What a step does to a world, as the API server and Azure do it: at the version that was looked at, or not at all.

use sshkey_operator::plan::{FormerKey, KeptFrom, Step};

use crate::{
    invariants,
    view::{Mind, number, request_number},
    world::{Former, Managed, Staged, World},
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
pub(crate) fn act(world: &mut World, mind: &mut Mind, step: &Step) -> Done {
    let (before, saw) = (world.clone(), mind.seen.clone());
    if !write(world, mind, step) {
        *world = before;
        return Done::Conflict;
    }
    match invariants::of_step(&saw, &before, world, step) {
        None => Done::Well,
        Some(broken) => Done::Broken(broken),
    }
}

/// `false` when the version that was looked at is not the one that is there.
fn write(world: &mut World, mind: &mut Mind, step: &Step) -> bool {
    match step {
        Step::Record {
            records, rotation, ..
        } => {
            if world.seen.object != mind.seen.object {
                return false;
            }
            let handled = rotation.handled.iter();
            let handled: Vec<u8> = handled.map(|text| text.parse().unwrap()).collect();
            world.change(|object| {
                object.finalizer = true;
                object.place = !records.is_empty();
                object.companions = rotation.companions;
                object.handled = handled;
            });
            mind.seen.object = world.seen.object.clone();
        }
        Step::CreateSecret {
            revision, request, ..
        } => {
            if world.seen.managed.is_none() {
                let key = world.past.made;
                world.past.made += 1;
                world.seen.managed = Some(Managed {
                    key: Some(key),
                    recorded: key,
                    revision: *revision,
                    request: request_number(request.as_ref()),
                });
                use_as(world, *revision, key);
            }
            mind.seen.managed = world.seen.managed.clone();
        }
        Step::StageKey {
            revision, request, ..
        } => {
            if world.seen.staged.is_none() {
                let key = world.past.made;
                world.past.made += 1;
                world.seen.staged = Some(Staged {
                    key,
                    revision: *revision,
                    request: request_number(request.as_ref()),
                });
            }
            // The managed Secret is looked at after the next key was staged.
            mind.seen.staged = world.seen.staged.clone();
            mind.seen.managed = world.seen.managed.clone();
        }
        Step::KeepPreviousKey { .. } => return keep(world, mind, step),
        Step::ActivateKey {
            public_key,
            revision,
            request,
            resource_version,
            ..
        } => {
            let key = number(public_key);
            if world.seen.staged.as_ref().map(|staged| staged.key) != Some(key) {
                return false;
            }
            let is_as_seen = match resource_version {
                Some(_) => world.seen.managed == mind.seen.managed,
                None => world.seen.managed.is_none(),
            };
            if !is_as_seen {
                return false;
            }
            world.seen.managed = Some(Managed {
                key: Some(key),
                recorded: key,
                revision: *revision,
                request: request_number(request.as_ref()),
            });
            use_as(world, *revision, key);
            mind.seen.managed = world.seen.managed.clone();
        }
        // By UID: a name that is staged again is another object.
        Step::DropStagedKey { .. } => {
            if world.seen.staged == mind.seen.staged {
                world.seen.staged = None;
            }
            mind.seen.staged = None;
        }
        Step::DateFormerKeys { keys, .. } => return put_former(world, mind, former(keys)),
        Step::RetireKeys { kept, retired, .. } => {
            if !put_former(world, mind, former(kept)) {
                return false;
            }
            let gone = retired.iter().map(|key| number(&key.public_key));
            world.past.retired.extend(gone);
        }
        Step::PublishKey { public_key, .. } => {
            let key = number(public_key.as_ref().unwrap());
            world.seen.azure = Some(key);
            published(world, key);
            mind.seen.azure = world.seen.azure;
        }
        Step::UpdateAzureKey { public_key, .. } => {
            // A key that is gone is not changed but reported as missing.
            if world.seen.azure.is_none() {
                return false;
            }
            if let Some(key) = public_key.as_ref().map(number) {
                world.seen.azure = Some(key);
                published(world, key);
            }
            mind.seen.azure = world.seen.azure;
        }
        Step::DeleteAzureKey { .. } => {
            world.seen.azure = None;
            mind.seen.azure = None;
        }
        Step::RemoveFinalizer { .. } => {
            if world.seen.object != mind.seen.object {
                return false;
            }
            world.change(|object| {
                object.finalizer = false;
                object.exists = false;
            });
            mind.seen.object = world.seen.object.clone();
        }
        other => panic!("{other:?} is no part of these worlds"),
    }
    true
}

fn keep(world: &mut World, mind: &mut Mind, step: &Step) -> bool {
    let Step::KeepPreviousKey {
        from,
        public_key,
        revision,
        resource_version,
        kept,
        ..
    } = step
    else {
        return false;
    };
    let key = number(public_key);
    let there = match from {
        KeptFrom::Managed => world.seen.managed.as_ref().and_then(|managed| managed.key),
        KeptFrom::Staging => world.seen.staged.as_ref().map(|staged| staged.key),
    };
    if there != Some(key) {
        return false;
    }
    // A name that is taken is looked at, and nothing is written.
    if resource_version.is_none() && world.seen.previous.is_some() {
        mind.seen.previous = world.seen.previous.clone();
        return true;
    }
    let newest = Former {
        key,
        revision: *revision,
        dated: false,
    };
    let all = std::iter::once(newest).chain(former(kept)).collect();
    put_former(world, mind, all)
}

fn former(keys: &[FormerKey]) -> Vec<Former> {
    let one = |key: &FormerKey| Former {
        key: number(&key.public_key),
        revision: key.revision,
        dated: key.retired_at.is_some(),
    };
    keys.iter().map(one).collect()
}

fn put_former(world: &mut World, mind: &mut Mind, keys: Vec<Former>) -> bool {
    if world.seen.previous != mind.seen.previous {
        return false;
    }
    world.seen.previous = Some(keys).filter(|keys| !keys.is_empty());
    mind.seen.previous.clone_from(&world.seen.previous);
    true
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
