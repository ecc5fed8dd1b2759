//! What is promised of the status.

use sshkey_operator::plan::Freshness;

use crate::{
    act::report::Reported,
    promises::kinds::{Broken, Promise, Promises, Verdict, unless},
    view::Mind,
    world::{Came, Listed, Marked, Owner, PLACES},
};

/// The first promise that a status has broken which an operator writes who sees this.
pub(crate) fn check(saw: &Mind, reported: &Reported, promises: &Promises) -> Option<Broken> {
    let places = &reported.status.places;
    promises
        .ask(Promise::RightfulPlaces, || rightful_places(saw, places))
        .or_else(|| promises.ask(Promise::TrueConditions, || true_conditions(saw, reported)))
}

/// Every place that was looked at and where a key was seen is listed by right only.
pub(crate) fn rightful_places(saw: &Mind, places: &[Option<Listed>; PLACES]) -> Verdict {
    let seen = |number: &usize| {
        let slot = saw.seen.azure[*number].filter(|_| saw.known[*number].is_some())?;
        places[*number].map(|_| slot)
    };
    let mut shown = (0..PLACES).filter_map(|number| seen(&number)).peekable();
    shown.peek()?;
    if saw.seen.object.deleting {
        return None;
    }
    let has_no_right = |slot| saw.seen.object.follows() || !saw.seen.may_have(slot);
    unless(
        shown.any(has_no_right),
        "the status lists a place that is not this object's",
    )
}

/// What is said to be so is so, as far as the operator sees.
fn true_conditions(saw: &Mind, reported: &Reported) -> Verdict {
    if !(reported.is_ready || reported.has_key || reported.is_in_azure) {
        return None;
    }
    let seen = &saw.seen;
    let there = seen.azure[seen.wanted()].filter(|_| saw.known[seen.wanted()].is_some());
    if seen.object.follows() {
        return unless(
            there.is_none(),
            "a key is said to be followed and is not there",
        );
    }
    let is_stored = seen.managed.is_some_and(|managed| {
        managed.key.is_some()
            && managed.fate.lasts()
            && managed.owner == Owner::Uid(seen.object.uid)
    });
    let is_published = there.is_some_and(|slot| {
        let next = seen.staged.map(|staged| staged.key);
        let is_trusted = [seen.current(), next].contains(&Some(slot.key));
        is_trusted && slot.mark == Marked::As(seen.object.uid)
    });
    // What only a list has shown stays until its object goes, and is told.
    let is_elsewhere = (0..PLACES).any(|number| {
        let listed = reported.status.places[number];
        let is_to_go = listed.is_some_and(|it| !it.stays && it.origin != Came::Found);
        number != seen.wanted()
            && is_to_go
            && saw.known[number] == Some(Freshness::Live)
            && seen.azure[number].is_some()
    });
    let is_wrong = (reported.has_key && !is_stored)
        || (reported.is_in_azure && !is_published)
        || (reported.is_ready && (!reported.has_key || !reported.is_in_azure || is_elsewhere));
    unless(is_wrong, "a condition is True of what is not so")
}
