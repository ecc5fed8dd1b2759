//! What is promised of Azure.

use sshkey_operator::plan::Freshness;

use crate::{
    act::deed::Deed,
    promises::{
        kinds::{Broken, Promise, Promises, Verdict, unless},
        steps::Taken,
        told,
    },
    world::{By, Marked, Seen, Slot, Store},
};

pub(crate) fn recorded(taken: &Taken<'_>) -> Verdict {
    let (place, _) = taken.deed.publishes()?;
    let metadata = &taken.before.seen.object.metadata;
    let is_recorded = metadata.hints[place].is_some() && metadata.finalizer;
    // What a tool takes from the metadata meanwhile, the operator did write.
    let saw = &taken.saw.seen.object.metadata;
    let was_recorded = saw.hints[place].is_some() && saw.finalizer;
    unless(
        !is_recorded && !was_recorded,
        "a key is published in a place that is not recorded",
    )
}

pub(crate) fn read_first(taken: &Taken<'_>) -> Verdict {
    let place = taken.deed.place()?;
    unless(
        taken.saw.known[place] != Some(Freshness::Live),
        "Azure is written to upon a list or upon the answer to an earlier write",
    )
}

/// A deletion at a place that is not wanted any more, of an object that stays.
fn leaves(taken: &Taken<'_>) -> Option<usize> {
    let Deed::Deletes(place) = taken.deed else {
        return None;
    };
    (!taken.before.seen.object.deleting).then_some(place)
}

pub(crate) fn confirmed_first(taken: &Taken<'_>) -> Verdict {
    let place = leaves(taken)?;
    let wanted = taken.before.seen.wanted();
    let is_missing = taken.before.seen.azure[wanted].is_none();
    let is_only_sent = taken.saw.known[wanted] == Some(Freshness::Written);
    let is_seen_missing = taken.saw.seen.azure[wanted].is_none();
    if place == wanted {
        return None;
    }
    unless(
        is_missing && (is_only_sent || is_seen_missing),
        "the key is taken away where it was, and is not where it was sent to",
    )
}

pub(crate) fn stays_published(taken: &Taken<'_>) -> Verdict {
    let there = taken.before.seen.azure[taken.before.seen.wanted()]?;
    if taken.before.seen.object.deleting || there.by == By::Another {
        return None;
    }
    unless(
        leaves(taken) == Some(taken.saw.seen.wanted()),
        "the key in Azure is deleted and its object is not",
    )
}

/// What is at the place that a step writes to, unless a live read has shown something else: Azure takes no condition with a
/// write, so what slips in between can't be seen.
fn written_over(taken: &Taken<'_>, place: usize) -> Option<Slot> {
    let there = taken.before.seen.azure[place];
    let slipped_in =
        taken.saw.known[place] == Some(Freshness::Live) && taken.saw.seen.azure[place] != there;
    there.filter(|_| !slipped_in)
}

/// Whether keys of a kind are there at all.
fn are_there(taken: &Taken<'_>, is_kind: impl Fn(&Slot) -> bool) -> bool {
    taken.before.seen.azure.iter().flatten().any(is_kind)
}

/// Of every step while a key of that kind is in Azure: it writes to none.
fn touches_none(taken: &Taken<'_>, is_kind: impl Fn(&Slot) -> bool, what: &'static str) -> Verdict {
    if !are_there(taken, &is_kind) {
        return None;
    }
    let place = taken.deed.place();
    let there = place.and_then(|place| written_over(taken, place));
    unless(there.is_some_and(|slot| is_kind(&slot)), what)
}

fn has_anothers_mark(seen: &Seen, slot: Slot) -> bool {
    match slot.mark {
        Marked::AsAnother => true,
        Marked::As(uid) if uid == seen.object.uid => false,
        Marked::As(uid) => !(seen.is_predecessor(uid, slot.key) && seen.holds(slot.key)),
        Marked::Not | Marked::Partly => false,
    }
}

pub(crate) fn others_marks(taken: &Taken<'_>) -> Verdict {
    let saw = &taken.saw.seen;
    let seen = &taken.before.seen;
    let is_anothers = |slot: &Slot| has_anothers_mark(seen, *slot) && has_anothers_mark(saw, *slot);
    touches_none(
        taken,
        is_anothers,
        "a key of another object's is written to",
    )
}

pub(crate) fn others_keys(taken: &Taken<'_>) -> Verdict {
    let is_asked_for = taken.before.seen.may_have(Slot::of_another(Marked::Not));
    let deletes = matches!(taken.deed, Deed::Deletes(_));
    let is_strangers = |slot: &Slot| {
        matches!(slot.mark, Marked::Not | Marked::Partly)
            && slot.by == By::Another
            && (deletes || !is_asked_for)
    };
    touches_none(taken, is_strangers, "a key that is nobody's is written to")
}

pub(crate) fn adopted_stay(taken: &Taken<'_>) -> Verdict {
    let is_adopted = |slot: &Slot| slot.by == By::Adoption;
    if !are_there(taken, is_adopted) {
        return None;
    }
    let Deed::Deletes(place) = taken.deed else {
        return Some(Ok(()));
    };
    let there = written_over(taken, place);
    unless(
        there.is_some_and(|slot| is_adopted(&slot)),
        "an adopted key is deleted",
    )
}

pub(crate) fn followed_stay(taken: &Taken<'_>) -> Verdict {
    if !taken.before.seen.object.follows() {
        return None;
    }
    unless(
        taken.deed.place().is_some(),
        "Azure is written to and its key is followed",
    )
}

/// One exception: what an exact mark and the status both vouch for goes through the store that published it.
pub(crate) fn within_limits(taken: &Taken<'_>) -> Verdict {
    let place = taken.deed.place()?;
    let saw = &taken.saw.seen;
    let is_within = match saw.store {
        Store::Own => return None,
        Store::Wide => true,
        Store::Narrow => place == 0,
        Store::Closed => false,
    };
    let is_vouched_for = saw.object.listed(place).is_some()
        && saw.azure[place].is_some_and(|slot| slot.mark == Marked::As(saw.object.uid));
    let is_exception = matches!(taken.deed, Deed::Deletes(_)) && is_vouched_for;
    unless(
        !is_within && !is_exception,
        "a write is beyond the limits of the store",
    )
}

/// Of the step that writes places into the status ahead of a write to Azure.
pub(crate) fn listed_by_right(taken: &Taken<'_>, promises: &Promises) -> Option<Broken> {
    let status = taken.after.seen.object.own_status()?;
    promises.ask(Promise::RightfulPlaces, || {
        told::rightful_places(taken.saw, &status.places)
    })
}
