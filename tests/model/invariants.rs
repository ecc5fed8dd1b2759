//! The promises, as what must hold of every step and of every world at rest.

use sshkey_operator::{
    api::Reason,
    plan::{Plan, Step},
};

use crate::{
    view::{Mind, number},
    world::{Former, Seen, World},
};

/// What a step has broken that an operator took who saw this.
pub(crate) fn of_step(saw: &Seen, before: &World, after: &World, step: &Step) -> Option<String> {
    let broken = |what: &str| Some(format!("{what} by {}", step.describe()));
    let publishes = match step {
        Step::PublishKey { public_key, .. } | Step::UpdateAzureKey { public_key, .. } => {
            public_key.as_ref().map(number)
        }
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
    if publishes.is_some() && !before.seen.object.place {
        return broken("a key is published in a place that is not recorded");
    }
    if matches!(step, Step::DeleteAzureKey { .. }) && !before.seen.object.deleting {
        return broken("promise 2: the key in Azure is deleted and its object is not");
    }
    for key in 0..before.past.made {
        let was_trusted = before.past.published.contains(&key)
            || before.seen.managed.as_ref().and_then(|managed| managed.key) == Some(key);
        let is_let_go = after.past.retired.contains(&key) || after.past.destroyed.contains(&key);
        if was_trusted && before.seen.holds(key) && !after.seen.holds(key) && !is_let_go {
            return broken("promise 2: the last copy of a private key is gone");
        }
    }
    if let Step::RetireKeys { kept, .. } = step
        && kept.is_empty()
        && !before.seen.object.deleting
    {
        return broken("promise 2: a former key is deleted that was to be kept");
    }
    if let (Some(was), Some(is)) = (&before.seen.managed, &after.seen.managed)
        && was.key.is_some()
        && was.key != is.key
        && !before.past.requests.contains(&is.request)
    {
        return broken("promise 2: the key changed and nobody has asked for it");
    }
    if matches!(step, Step::CreateSecret { .. })
        && before.seen.managed.is_none()
        && tells_of_a_key(saw)
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

/// Something is seen by which it can be known that there was a key.
fn tells_of_a_key(seen: &Seen) -> bool {
    let kept = seen.staged.is_some() || seen.previous.is_some();
    seen.object.reported.is_some() || seen.azure.is_some() || kept
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
        return match seen.azure {
            Some(_) => broken("a key is left in Azure"),
            None => None,
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
    if seen.azure != managed.key {
        return broken("Azure holds another key than the Secret");
    }
    // One that two operators have left between them when a person took the Secret away meanwhile is known to nobody; the
    // next rotation finds it.
    let is_unknown = |key| past.meddled && !past.published.contains(&key);
    if seen
        .staged
        .as_ref()
        .is_some_and(|staged| !is_unknown(staged.key))
    {
        return broken("a key is staged and does not take over");
    }
    if seen.object.request > 0
        && managed.request != seen.object.request
        && !seen.object.handled.contains(&seen.object.request)
    {
        return broken("a request is not answered");
    }
    let is_undated = |former: &Former| !former.dated && Some(former.key) != managed.key;
    if seen.previous.iter().flatten().any(is_undated) {
        return broken("a former key has no date");
    }
    if seen.staged.is_none() && seen.object.companions != seen.previous.is_some() {
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
        sshkey_operator::plan::Finding::Blocked(failure) => Some(failure.reason),
        _ => None,
    }
}

/// What an operator writes into the status when it has come to the end of its plan.
pub(crate) fn report(world: &mut World, mind: &Mind, plan: &Plan) {
    if held(plan).is_some() || !world.seen.object.exists {
        return;
    }
    if let Some(managed) = &mind.seen.managed
        && let Some(key) = managed.key
    {
        let reported = Some((key, managed.revision));
        world.change(|object| object.reported = reported);
    }
}
