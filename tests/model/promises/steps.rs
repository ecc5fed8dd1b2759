//! What must hold of every step.

use crate::{
    act::deed::Deed,
    promises::{
        custody, in_azure,
        kinds::{Broken, Promise, Promises, Verdict},
    },
    view::Mind,
    world::World,
};

/// A step that was taken.
pub(crate) struct Taken<'a> {
    /// What the operator saw that took it.
    pub(crate) saw: &'a Mind,
    pub(crate) before: &'a World,
    pub(crate) after: &'a World,
    pub(crate) deed: Deed,
}

type OfStep = fn(&Taken<'_>) -> Verdict;

const OF_STEPS: [(Promise, OfStep); 18] = [
    (Promise::StoredFirst, custody::stored_first),
    (Promise::DurableHalf, custody::durable_half),
    (Promise::Recorded, in_azure::recorded),
    (Promise::ReadFirst, in_azure::read_first),
    (Promise::ConfirmedFirst, in_azure::confirmed_first),
    (Promise::StaysPublished, in_azure::stays_published),
    (Promise::LastCopy, custody::last_copy),
    (Promise::FormerStay, custody::former_stay),
    (Promise::ChangesOnRequest, custody::changes_on_request),
    (Promise::LostStaysLost, custody::lost_stays_lost),
    (Promise::OneKeyEachRevision, custody::one_key_each_revision),
    (Promise::BeginsWhatCanEnd, custody::begins_what_can_end),
    (Promise::OthersMarks, in_azure::others_marks),
    (Promise::OthersKeys, in_azure::others_keys),
    (Promise::AdoptedStay, in_azure::adopted_stay),
    (Promise::FollowedStay, in_azure::followed_stay),
    (Promise::OthersSecrets, custody::others_secrets),
    (Promise::WithinLimits, in_azure::within_limits),
];

/// The first promise that a step has broken.
pub(crate) fn check(taken: &Taken<'_>, promises: &Promises) -> Option<Broken> {
    let mut asked = OF_STEPS.iter();
    asked
        .find_map(|(promise, says)| promises.ask(*promise, || says(taken)))
        .or_else(|| {
            let is_written = taken.deed == Deed::Places;
            is_written.then(|| in_azure::listed_by_right(taken, promises))?
        })
}
