//! What is promised of private keys and their Secrets.

use crate::{
    act::deed::Deed,
    promises::{
        kinds::{Verdict, unless},
        steps::Taken,
    },
    world::{Fate, Key, Marked, Previous, Seen, Spec, World},
};

pub(crate) fn stored_first(taken: &Taken<'_>) -> Verdict {
    let (_, key) = taken.deed.publishes()?;
    let past = &taken.after.past;
    // Azure takes no version: an operator that slept through two rotations puts back what it saw, and whoever looks next
    // puts that right. The Lease lets none sleep so long.
    let is_excused = past.destroyed.has(key) || past.retired.has(key);
    unless(
        !taken.after.seen.holds(key) && !is_excused,
        "a key is published that is not stored",
    )
}

pub(crate) fn durable_half(taken: &Taken<'_>) -> Verdict {
    let (_, key) = taken.deed.publishes()?;
    let saw = &taken.saw.seen;
    unless(
        saw.holds(key) && !saw.holds_for_good(key),
        "a key is published whose Secret is being deleted",
    )
}

pub(crate) fn last_copy(taken: &Taken<'_>) -> Verdict {
    let (before, after) = (taken.before, taken.after);
    let is_trusted =
        |key: Key| before.past.published.has(key) || before.seen.current() == Some(key);
    let goes = |key: &Key| is_trusted(*key) && before.seen.holds(*key) && !after.seen.holds(*key);
    let mut keys = 0..before.past.made;
    let takes_away = matches!(
        taken.deed,
        Deed::Drops | Deed::Activates | Deed::Retires { .. } | Deed::Ends
    );
    if !takes_away {
        return keys
            .any(|key| goes(&key))
            .then_some(Err("a private key is gone"));
    }
    // Secrets go with their object where the spec says so, once nothing in Azure rests on them.
    let is_asked = before.seen.object.deleting && before.seen.object.spec == Spec::Delete;
    let is_let_go = |key: Key| {
        let is_in_azure = before
            .seen
            .azure
            .iter()
            .flatten()
            .any(|slot| slot.key == key && slot.mark == Marked::As(before.seen.object.uid));
        (is_asked && !is_in_azure) || after.past.retired.has(key) || after.past.destroyed.has(key)
    };
    unless(
        keys.any(|key| goes(&key) && !is_let_go(key)),
        "the last copy of a private key is gone",
    )
}

pub(crate) fn former_stay(taken: &Taken<'_>) -> Verdict {
    let Deed::Retires { all } = taken.deed else {
        return None;
    };
    unless(
        all && !taken.before.seen.object.deleting,
        "a former key is deleted that was to be kept",
    )
}

pub(crate) fn changes_on_request(taken: &Taken<'_>) -> Verdict {
    let (was, is) = (taken.before.seen.managed?, taken.after.seen.managed?);
    if is.key.is_none() || was.key == is.key {
        return None;
    }
    let requests = 1..=taken.before.past.requests;
    unless(
        !requests.contains(&is.request),
        "the key changed and nobody has asked for it",
    )
}

pub(crate) fn lost_stays_lost(taken: &Taken<'_>) -> Verdict {
    let (before, after) = (taken.before, taken.after);
    let is_made = taken.deed == Deed::MakesSecret && before.seen.managed.is_none();
    if !tells_of_a_key(&taken.saw.seen) {
        return None;
    }
    unless(
        is_made && !is_answer(&taken.saw.seen, after),
        "a lost key is made anew and nobody has asked for it",
    )
}

/// Something is seen by which it can be known that there was a key.
pub(crate) fn tells_of_a_key(seen: &Seen) -> bool {
    if seen.managed.is_some() || seen.object.follows() {
        return false;
    }
    let uid = seen.object.uid;
    let status = seen.object.own_status();
    let is_reported = status.is_some_and(|status| status.reported.is_some());
    let is_former = matches!(seen.previous, Some(Previous::Ours(_)));
    let mut marks = seen.azure.iter().flatten().map(|slot| slot.mark);
    let is_restored = seen
        .object
        .metadata
        .recorded_uid
        .is_some_and(|it| it != uid);
    is_reported
        || is_former
        || is_restored
        || seen.staged.is_some()
        || marks.any(|mark| matches!(mark, Marked::As(_)))
}

/// The Secret that was made is the first answer to a request, as far as the operator could see: a second one that slept may
/// have written an older status. The Lease lets none sleep so long.
fn is_answer(saw: &Seen, after: &World) -> bool {
    let made = after.seen.managed;
    made.is_some_and(|made| made.request > 0 && !saw.object.was_handled(made.request))
}

pub(crate) fn one_key_each_revision(taken: &Taken<'_>) -> Verdict {
    if taken.after.past.meddled {
        return None;
    }
    let mut used = taken.after.past.used.iter();
    unless(used.any(|keys| keys.count() > 1), "a revision has two keys")
}

/// What is known before the first step with an effect elsewhere: a Secret that is needed is another's, goes away, or takes
/// nothing.
pub(crate) fn begins_what_can_end(taken: &Taken<'_>) -> Verdict {
    if taken.deed != Deed::Stages {
        return None;
    }
    let saw = &taken.saw.seen;
    let is_foreign = taken.before.seen.previous == Some(Previous::Foreign) && !taken.saw.looked;
    let managed = saw.managed.map(|managed| managed.fate);
    let previous = match saw.previous {
        Some(Previous::Ours(kept)) => Some(kept.fate),
        Some(Previous::Foreign) => Some(Fate::Frozen),
        None => None,
    };
    let is_in_the_way = |fate: Option<Fate>| fate.is_some_and(|fate| fate != Fate::Stays);
    unless(
        is_foreign || is_in_the_way(managed) || is_in_the_way(previous),
        "a rotation begins that can't go on",
    )
}

pub(crate) fn others_secrets(taken: &Taken<'_>) -> Verdict {
    let (before, after) = (&taken.before.seen, &taken.after.seen);
    let is_foreign = before.previous == Some(Previous::Foreign);
    let managed = before
        .managed
        .filter(|managed| !managed.names_this_object());
    let is_vouched_for = managed.is_some_and(|managed| {
        let status = before.object.own_status();
        let reported = status.and_then(|status| status.reported);
        let is_reported = reported.map(|(key, _)| key) == managed.key;
        is_reported || before.object.spec == Spec::Adopt
    });
    if !is_foreign && (managed.is_none() || is_vouched_for) {
        return None;
    }
    let takes_former = is_foreign && before.previous != after.previous;
    let takes_managed = managed.is_some() && !is_vouched_for && before.managed != after.managed;
    unless(
        takes_former || takes_managed,
        "a Secret of somebody else's is written to",
    )
}
