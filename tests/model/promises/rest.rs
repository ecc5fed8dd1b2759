//! What must hold of a world in which the operator has nothing left to do.

use sshkey_operator::{
    api::Reason,
    plan::{Finding, Plan},
};

use crate::{
    promises::{
        custody,
        kinds::{Broken, Promise, Promises, Verdict, unless},
    },
    world::{
        By, Came, Fate, Former, Marked, Owner, PLACES, Previous, Refusal, Seen, Slot, Spec, Store,
        World,
    },
};

type AtRest = fn(&World, &Plan) -> Verdict;

const AT_REST: [(Promise, AtRest); 3] = [
    (Promise::AsWanted, as_wanted),
    (Promise::Answered, answered),
    (Promise::OnlyDependents, only_dependents),
];

/// The first promise that is broken in a world at rest; there is no plan where the object is gone.
pub(crate) fn check(world: &World, plan: Option<&Plan>, promises: &Promises) -> Option<Broken> {
    let Some(plan) = plan else {
        return promises.ask(Promise::NothingLeft, || nothing_left(&world.seen));
    };
    let mut asked = AT_REST.iter();
    asked
        .find_map(|(promise, says)| promises.ask(*promise, || says(world, plan)))
        .map(|broken| broken.in_plan(plan))
}

/// Whether the key at a place is under the mark of this object.
fn is_marked(seen: &Seen, place: usize) -> bool {
    seen.azure[place].is_some_and(|slot| slot.mark == Marked::As(seen.object.uid))
}

/// Whether this object has a right to the key at a place, and can know it: without a mark, its status names the place.
fn is_ours(seen: &Seen, place: usize) -> bool {
    let Some(slot) = seen.azure[place] else {
        return false;
    };
    let is_known = match slot.mark {
        Marked::As(_) | Marked::AsAnother => true,
        Marked::Not | Marked::Partly => {
            let is_listed = seen.object.listed(place).is_some() && seen.holds(slot.key);
            let is_let = seen.store == Store::Own || place == 0;
            (is_listed && is_let) || seen.object.spec == Spec::Adopt
        }
    };
    is_known && (seen.may_have(slot) || is_predecessors(seen, slot))
}

/// Whether the object that had this one's place left it there: its key is kept, so this one takes it over.
fn is_predecessors(seen: &Seen, slot: Slot) -> bool {
    let is_earlier = matches!(slot.mark, Marked::As(uid) if uid < seen.object.uid);
    is_earlier && slot.by == By::Us && seen.holds(slot.key)
}

fn nothing_left(seen: &Seen) -> Verdict {
    if seen.object.follows() {
        return None;
    }
    unless(
        (0..PLACES).any(|place| is_left(seen, place)),
        "a key is left in Azure",
    )
}

/// Whether the store lets this object ask about a place: beyond the limits only about what its status lists.
fn is_asked(seen: &Seen, place: usize) -> bool {
    let is_within = match seen.store {
        Store::Own | Store::Wide => true,
        Store::Narrow => place == 0,
        Store::Closed => false,
    };
    is_within || seen.object.listed(place).is_some()
}

/// Under its mark, and not kept on purpose: where any witness says that it was adopted, it stays.
fn is_left(seen: &Seen, place: usize) -> bool {
    let hinted = seen.object.metadata.hints[place].is_some_and(|hinted| hinted.adopted);
    let listed = seen
        .object
        .listed(place)
        .is_some_and(|it| it.origin == Came::Adopted);
    let is_made = seen.azure[place].is_some_and(|slot| slot.by == By::Us && !slot.adopted);
    let is_predecessors = seen.azure[place].is_some_and(|slot| is_predecessors(seen, slot));
    (is_marked(seen, place) || is_predecessors)
        && is_made
        && !hinted
        && !listed
        && is_asked(seen, place)
}

/// Everything is as it is wanted, or there is a reason that lies in the world and that is told.
fn as_wanted(world: &World, plan: &Plan) -> Verdict {
    let (seen, past) = (&world.seen, &world.past);
    if seen.object.follows() || world.refuses.is_some() {
        return None;
    }
    if seen.object.deleting {
        return Some(Err("a deletion does not end"));
    }
    if let Some(reason) = held(plan) {
        return unless(
            !is_cause(world, reason),
            "it is held, and nothing stands against it",
        );
    }
    let Some(managed) = &seen.managed else {
        return Some(Err("there is no Secret"));
    };
    if !is_ours(seen, seen.wanted()) || world.policy || is_beyond_limits(plan) {
        // It can't be as it is wanted; that nothing is written any more is what there is to see.
        return unless(
            seen.azure[seen.wanted()].is_none() && !is_beyond_limits(plan),
            "the key is not in Azure",
        );
    }
    let there = seen.azure[seen.wanted()].map(|slot| slot.key);
    let mut elsewhere = (0..PLACES).filter(|place| *place != seen.wanted());
    // What only a list has shown stays until its object goes.
    let is_old = |place: usize| {
        let is_known = seen
            .object
            .listed(place)
            .is_some_and(|listed| !listed.stays && listed.origin != Came::Found);
        let is_left_to_it = seen.object.listed(place).is_none()
            && seen.azure[place].is_some_and(|slot| is_predecessors(seen, slot));
        (is_marked(seen, place) && is_known) || is_left_to_it
    };
    // One that two operators have left between them when a person took the Secret away meanwhile is known to nobody; the
    // next rotation finds it.
    let is_unknown = |key| !past.published.has(key) || !is_remembered(seen);
    let is_staged = seen
        .staged
        .is_some_and(|staged| !(past.meddled && is_unknown(staged.key)));
    let is_undated = |former: &Former| !former.dated && Some(former.key) != managed.key;
    let can_tidy = can_rotate(seen);
    let mut former = seen.former().all().to_vec().into_iter();
    let has_secrets = seen.previous.is_some();
    let wrong_record =
        seen.staged.is_none() && can_tidy && seen.object.metadata.may_have_secrets != has_secrets;
    Some(if there != managed.key {
        Err("Azure holds another key than the Secret")
    } else if !is_marked(seen, seen.wanted()) {
        Err("the key in Azure is not under the mark")
    } else if elsewhere.any(is_old) {
        Err("a key is left where it was before")
    } else if is_staged && can_tidy {
        Err("a key is staged and does not take over")
    } else if former.any(|former| is_undated(&former)) && can_tidy {
        Err("a former key has no date")
    } else if wrong_record {
        Err("the record of former keys is wrong")
    } else {
        Ok(())
    })
}

/// Whether anything says that there may be Secrets beside the managed one.
fn is_remembered(seen: &Seen) -> bool {
    seen.object.metadata.may_have_secrets || seen.managed.is_some_and(|it| it.revision > 1)
}

/// Whether nothing that a person did to a Secret stands against a rotation.
fn can_rotate(seen: &Seen) -> bool {
    let managed = seen.managed.is_none_or(|it| it.fate == Fate::Stays);
    let staged = seen.staged.is_none_or(|it| it.fate == Fate::Stays);
    let previous = match seen.previous {
        Some(Previous::Foreign) => false,
        Some(Previous::Ours(kept)) => kept.fate == Fate::Stays,
        None => true,
    };
    managed && staged && previous
}

fn is_beyond_limits(plan: &Plan) -> bool {
    let reason = match &plan.azure {
        Some(Finding::Blocked(failure)) => failure.reason,
        _ => return false,
    };
    matches!(reason, Reason::NamespaceNotAllowed | Reason::NameNotAllowed)
}

/// Whether what holds an object is so.
fn is_cause(world: &World, reason: Reason) -> bool {
    let seen = &world.seen;
    match reason {
        Reason::PrivateKeyLost => {
            seen.managed.is_none() && (world.past.meddled || custody::tells_of_a_key(seen))
        }
        Reason::PrivateKeyUnreadable => seen.current().is_none(),
        Reason::PrivateKeyReplaced => world.past.meddled,
        Reason::SecretConflict => seen.managed.is_some_and(|managed| match managed.owner {
            Owner::Nobody | Owner::Elsewhere => true,
            Owner::Uid(uid) => uid != seen.object.uid,
        }),
        Reason::SecretTerminating => seen.managed.is_some_and(|it| !it.fate.lasts()),
        Reason::SecretImmutable => seen.managed.is_some_and(|it| it.fate == Fate::Frozen),
        _ => false,
    }
}

fn held(plan: &Plan) -> Option<Reason> {
    match &plan.secret {
        Finding::Blocked(failure) => Some(failure.reason),
        _ => None,
    }
}

fn answered(world: &World, plan: &Plan) -> Verdict {
    let (seen, past) = (&world.seen, &world.past);
    let managed = seen.managed?;
    let request = seen.object.request;
    let is_in_step = !seen.object.deleting
        && held(plan).is_none()
        && can_rotate(seen)
        && !world.policy
        && world.refuses.is_none()
        && is_ours(seen, seen.wanted())
        && !is_beyond_limits(plan);
    if request == 0 || !is_in_step || seen.object.follows() {
        return None;
    }
    let is_open = managed.request != request && !seen.object.was_handled(request);
    // What is generated and found to be late is put away; what was in use is what was asked for.
    let is_twice = !past.meddled && past.uses() > 1 + usize::from(past.requests);
    Some(if is_open {
        Err("a request is not answered")
    } else if is_twice {
        Err("more keys came into use than were asked for")
    } else {
        Ok(())
    })
}

/// While something is refused, what does not rest on it is as it is wanted.
fn only_dependents(world: &World, plan: &Plan) -> Verdict {
    let seen = &world.seen;
    let is_asked = !seen.object.deleting && held(plan).is_none();
    let refusal = world.refuses.filter(|_| is_asked && !world.policy)?;
    let has_right = seen.azure[seen.wanted()].is_none() || is_ours(seen, seen.wanted());
    if !has_right || is_beyond_limits(plan) || refusal == Refusal::Everything {
        return None;
    }
    let is_own = seen
        .managed
        .is_some_and(|it| it.owner == Owner::Uid(seen.object.uid));
    let there = seen.azure[seen.wanted()].map(|slot| slot.key);
    let trusts = |key| key == seen.current() || key == seen.staged.map(|staged| staged.key);
    let is_published = there.is_some() && trusts(there);
    match refusal {
        Refusal::AzureWrites if seen.object.metadata.finalizer => unless(
            seen.managed.is_none(),
            "no Secret is made while Azure refuses",
        ),
        Refusal::AzureDeletes => unless(
            !is_published,
            "the key is not where it is wanted while Azure refuses to delete",
        ),
        Refusal::FormerKeys => unless(
            !is_published,
            "the key in Azure is not put right while former keys can't be kept",
        ),
        Refusal::ManagedSecret if is_own => unless(
            !is_published,
            "the key in Azure is not put right while the Secret can't be written",
        ),
        _ => None,
    }
}
