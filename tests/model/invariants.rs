//! The promises, as what must hold of every step and of every world at rest.

use sshkey_operator::{
    api::{Reason, status::Phase},
    plan::{AzureStep, Finding, Freshness, Plan, RetireKeys, RotationStep, SecretStep, Step},
};

use crate::{
    search::Said,
    view::{Mind, by_text, number, place_number},
    world::{Former, Key, Previous, Seen, World},
};

/// What a step has broken that an operator took who saw this.
pub(crate) fn of_step(saw: &Mind, before: &World, after: &World, step: &Step) -> Option<String> {
    let broken = |what: &str| Some(format!("{what} by {}", step.describe()));
    let publishes = match step {
        Step::Azure(AzureStep::PublishKey(publish)) => Some(number(&publish.public_key)),
        Step::Azure(AzureStep::UpdateAzureKey(update)) => update.public_key.as_ref().map(number),
        _ => None,
    };
    if let Some(key) = publishes
        && !after.seen.holds(key)
        && !after.past.destroyed.contains(&key)
        // Azure takes no version: an operator that slept through two rotations puts back what it saw, and whoever looks next
        // puts that right. The Lease lets none sleep so long.
        && !after.past.retired.contains(&key)
    {
        return broken("promise 1: a key is published that is not stored");
    }
    if let Some(what) = of_azure(saw, before, step, publishes.is_some()) {
        return broken(what);
    }
    if matches!(step, Step::Rotation(RotationStep::StageKey(_)))
        && before.seen.previous == Some(Previous::Foreign)
        && !saw.looked
    {
        return broken("promise 7: a rotation begins that can't go on");
    }
    for key in 0..before.past.made {
        let was_trusted = before.past.published.contains(&key)
            || before.seen.managed.as_ref().and_then(|managed| managed.key) == Some(key);
        let is_let_go = after.past.retired.contains(&key) || after.past.destroyed.contains(&key);
        if was_trusted && before.seen.holds(key) && !after.seen.holds(key) && !is_let_go {
            return broken("promise 2: the last copy of a private key is gone");
        }
    }
    if let Step::Rotation(RotationStep::RetireKeys(RetireKeys { kept, .. })) = step
        && kept.is_empty()
        && !before.seen.object.deleting
    {
        return broken("promise 2: a former key is deleted that was to be kept");
    }
    if let (Some(was), Some(is)) = (&before.seen.managed, &after.seen.managed)
        && is.key.is_some()
        && was.key != is.key
        && !before.past.requests.contains(&is.request)
    {
        return broken("promise 2: the key changed and nobody has asked for it");
    }
    if matches!(step, Step::Secret(SecretStep::CreateSecret(_)))
        && before.seen.managed.is_none()
        && tells_of_a_key(&saw.seen)
        && !is_answer(before, after)
    {
        return broken("promise 2: a lost key is made anew and nobody has asked for it");
    }
    if !after.past.meddled {
        let used = &after.past.used;
        let is_twice = |(revision, key): &(u32, u8)| {
            used.iter()
                .any(|(other, another)| other == revision && another != key)
        };
        if used.iter().any(is_twice) {
            return broken("promise 3: a revision has two keys");
        }
    }
    None
}

/// What a write to Azure has broken.
fn of_azure(saw: &Mind, before: &World, step: &Step, publishes: bool) -> Option<&'static str> {
    let place = place_number(step.azure_id()?);
    let (seen, wanted) = (&before.seen, before.seen.wanted());
    if publishes && !seen.object.places[place] {
        return Some("a key is published in a place that is not recorded");
    }
    let is_strangers = seen.azure[place].is_some_and(|slot| !slot.ours);
    if is_strangers && saw.known[place] != Freshness::Live {
        return Some(
            "promise 2: a key of somebody else is written to that a read would have shown",
        );
    }
    if !matches!(step, Step::Azure(AzureStep::DeleteAzureKey { .. })) || seen.object.deleting {
        return None;
    }
    if place == usize::from(saw.seen.object.wanted) {
        return Some("promise 2: the key in Azure is deleted and its object is not");
    }
    let is_missing = seen.azure[wanted].is_none();
    (is_missing && saw.known[wanted] == Freshness::Written)
        .then_some("promise 2: the key is taken away where it was, and is not where it was sent to")
}

/// Something is seen by which it can be known that there was a key.
fn tells_of_a_key(seen: &Seen) -> bool {
    let is_former = matches!(seen.previous, Some(Previous::Ours(_)));
    let in_azure = seen.azure.iter().flatten().any(|slot| slot.ours);
    seen.object.reported.is_some() || in_azure || seen.staged.is_some() || is_former
}

/// The Secret that was made is the first answer to a request.
fn is_answer(before: &World, after: &World) -> bool {
    let Some(made) = &after.seen.managed else {
        return false;
    };
    made.request > 0 && !before.seen.object.handled.contains(&made.request)
}

/// What is broken in a world in which the operator has nothing left to do.
pub(crate) fn at_rest(world: &World, plan: &Plan) -> Option<String> {
    let (seen, past) = (&world.seen, &world.past);
    let broken = |what: &str| Some(format!("promise 4: {what}"));
    if !seen.object.exists {
        let is_left = seen.azure.iter().flatten().any(|slot| slot.ours);
        return if is_left {
            broken("a key is left in Azure")
        } else {
            None
        };
    }
    if seen.object.deleting {
        return broken("a deletion does not end");
    }
    if let Some(reason) = held(plan) {
        let is_loss = matches!(
            reason,
            Reason::PrivateKeyLost | Reason::PrivateKeyUnreadable | Reason::PrivateKeyReplaced
        );
        return if is_loss && past.meddled {
            None
        } else {
            Some(format!("promise 4: it is held: {reason:?}"))
        };
    }
    let Some(managed) = &seen.managed else {
        return broken("there is no Secret");
    };
    let there = seen.azure[seen.wanted()];
    if world.policy || there.is_some_and(|slot| !slot.ours) {
        // It can't be as it is wanted; that nothing is written any more is what there is to see.
        return None;
    }
    if there.map(|slot| slot.key) != managed.key {
        return broken("Azure holds another key than the Secret");
    }
    let elsewhere = seen.azure[1 - seen.wanted()];
    if elsewhere.is_some_and(|slot| slot.ours) {
        return broken("a key is left where it was before");
    }
    let can_rotate = seen.previous != Some(Previous::Foreign);
    // One that two operators have left between them when a person took the Secret away meanwhile is known to nobody; the
    // next rotation finds it.
    let is_unknown = |key| past.meddled && !past.published.contains(&key);
    if seen
        .staged
        .as_ref()
        .is_some_and(|staged| !is_unknown(staged.key) && can_rotate)
    {
        return broken("a key is staged and does not take over");
    }
    if seen.object.request > 0
        && can_rotate
        && managed.request != seen.object.request
        && !seen.object.handled.contains(&seen.object.request)
    {
        return broken("a request is not answered");
    }
    let is_undated = |former: &Former| !former.dated && Some(former.key) != managed.key;
    if seen.former().iter().any(is_undated) {
        return broken("a former key has no date");
    }
    if seen.staged.is_none()
        && can_rotate
        && seen.object.may_have_secrets != seen.previous.is_some()
    {
        return broken("the record of former keys is wrong");
    }
    // What is generated and found to be late is put away; what was in use is what was asked for.
    if !past.meddled && past.used.len() > 1 + past.requests.len() {
        return broken("more keys came into use than were asked for");
    }
    None
}

fn held(plan: &Plan) -> Option<Reason> {
    match &plan.secret {
        Finding::Blocked(failure) => Some(failure.reason),
        _ => None,
    }
}

/// What a status says, as far as these worlds know it.
#[derive(Clone)]
pub(crate) struct Reported {
    listed: [Option<bool>; 2],
    others: Vec<Key>,
}

/// What an operator writes into the status when it has come to the end of its plan.
pub(crate) fn report(world: &mut World, mind: &Mind, said: &Said) {
    let plan = &said.plan;
    if held(plan).is_some() || !world.seen.object.exists {
        return;
    }
    if let Some(managed) = &mind.seen.managed
        && let Some(key) = managed.key
    {
        let reported = Some((key, managed.revision));
        let is_published = plan.azure.as_ref().is_some_and(Finding::is_good);
        let status = said.status.get_or_init(|| status(mind, plan)).clone();
        world.change(|object| {
            object.listed = status.listed;
            object.others = status.others;
            object.reported = reported;
            if is_published {
                object.shown = Some(mind.seen.object.wanted);
            }
        });
    }
}

fn status(mind: &Mind, plan: &Plan) -> Reported {
    let status = mind.report(plan);
    let azure = status.azure.unwrap_or_default();
    let mut listed = [None; 2];
    for place in &azure.places {
        listed[place_number(&place.id.parse().unwrap())] = Some(place.phase == Phase::Leaving);
    }
    let rotation = status.rotation.unwrap_or_default();
    let former = rotation
        .previous
        .into_iter()
        .map(|former| former.fingerprint);
    let pending = rotation.pending.map(|pending| pending.fingerprint);
    let mut others: Vec<Key> = former.chain(pending).map(|text| by_text(&text)).collect();
    others.sort_unstable();
    Reported { listed, others }
}
