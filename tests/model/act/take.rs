//! A step is taken at the version that was looked at, or not at all, as the API server and Azure do it. What it leaves
//! behind, the plan itself says.

use std::sync::OnceLock;

use sshkey_operator::plan::{
    AzureStep, Fresh, KeptFrom, Outcome, RotationStep, SecretStep, Step, effect,
};

use crate::{
    act::{deed::Deed, happens::happens, tell::tell},
    promises::{
        kinds::{Broken, Promises},
        steps::{self, Taken},
    },
    view::{
        Mind,
        keys::{number, place_number, public},
    },
    world::{PLACES, Refusal, World},
};

/// What came of a step.
pub(crate) enum Done {
    /// It was done, and the operator knows it.
    Well,
    /// Somebody was faster: the operator looks again.
    Conflict,
    /// Somebody refuses it for good.
    Refused,
    /// A promise was broken.
    Broken(Broken),
}

/// Takes a step in a world, and tells the operator.
pub(crate) fn take(
    world: &mut World,
    mind: &mut Mind,
    step: &Step,
    known: &OnceLock<Outcome>,
    promises: &Promises,
) -> Done {
    let (before, saw) = (*world, *mind);
    let deed = Deed::of(step);
    if world.refuses.is_some_and(|refusal| refuses(refusal, deed)) {
        return Done::Refused;
    }
    if is_overtaken(world, mind, step) {
        return Done::Conflict;
    }
    // By UID: a name that is staged again is another object, and stays.
    if deed == Deed::Drops && world.seen.staged != mind.seen.staged {
        mind.seen.staged = None;
        return Done::Well;
    }
    let truth = Mind::truth(&world.seen);
    let fresh = Fresh {
        key: Some(public(world.past.made)),
        uid: "x".into(),
        resource_version: "1".into(),
    };
    let look = || effect(step, truth.desired(), &truth.observed(Vec::new()), &fresh);
    // What follows from what the operator sees is asked once, if that is how things are.
    let outcome = if step.generates().is_none() && is_as_seen(world, mind) {
        known.get_or_init(look).clone()
    } else {
        look()
    };
    happens(world, deed, step.generates().is_some(), &outcome);
    tell(world, mind, &outcome);
    let taken = Taken {
        saw: &saw,
        before: &before,
        after: world,
        deed,
    };
    match steps::check(&taken, promises) {
        None => Done::Well,
        Some(broken) => Done::Broken(broken.by(step)),
    }
}

/// Whether things are as the operator sees them, as far as it looked.
fn is_as_seen(world: &World, mind: &Mind) -> bool {
    let (there, seen) = (&world.seen, &mind.seen);
    let known = |number: &usize| mind.known[*number].is_some();
    let mut places = (0..PLACES).filter(known);
    mind.looked
        && there.object == seen.object
        && there.managed == seen.managed
        && there.staged == seen.staged
        && there.previous == seen.previous
        && places.all(|number| there.azure[number] == seen.azure[number])
}

/// Whether a step is among those that are refused for good.
fn refuses(refusal: Refusal, deed: Deed) -> bool {
    match refusal {
        Refusal::AzureWrites => matches!(deed, Deed::Writes(..)),
        Refusal::AzureDeletes => matches!(deed, Deed::Deletes(_)),
        Refusal::FormerKeys => {
            matches!(deed, Deed::Keeps(_) | Deed::Dates | Deed::Retires { .. })
        }
        Refusal::ManagedSecret => {
            matches!(deed, Deed::MakesSecret | Deed::Claims | Deed::Activates)
        }
        Refusal::Metadata => matches!(deed, Deed::Hints | Deed::Releases),
        Refusal::Everything => true,
    }
}

/// Whether what the step names is not there any more as it was looked at.
fn is_overtaken(world: &World, mind: &Mind, step: &Step) -> bool {
    let (there, seen) = (&world.seen, &mind.seen);
    match step {
        Step::Object(_) => there.object != seen.object,
        Step::Rotation(RotationStep::KeepPreviousKey(keep)) => {
            let key = match keep.from {
                KeptFrom::Managed => there.current(),
                KeptFrom::Staging => there.staged.map(|staged| staged.key),
            };
            let is_changed = keep.resource_version.is_some() && there.previous != seen.previous;
            key != Some(number(&keep.public_key)) || is_changed
        }
        Step::Rotation(RotationStep::ActivateKey(activate)) => {
            let staged = there.staged.map(|staged| staged.key);
            let is_as_seen = match activate.resource_version {
                Some(_) => there.managed == seen.managed,
                None => there.managed.is_none(),
            };
            staged != Some(number(&activate.public_key)) || !is_as_seen
        }
        Step::Secret(
            SecretStep::AdoptSecret { .. }
            | SecretStep::RepairSecret { .. }
            | SecretStep::DeleteSecret { .. },
        ) => there.managed != seen.managed,
        Step::Rotation(
            RotationStep::DateFormerKeys { .. }
            | RotationStep::RetireKeys(_)
            | RotationStep::DeletePreviousKeys { .. },
        ) => there.previous != seen.previous,
        // A key that is gone is not changed but reported as missing.
        Step::Azure(AzureStep::UpdateAzureKey(update)) => {
            there.azure[place_number(&update.id)].is_none()
        }
        _ => false,
    }
}
