//! Wrong about whose a key in Azure is.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        names::tag,
        sshkey::DeletionPolicy,
        status::{Origin, Phase},
    },
    plan::{AzureRecord, Desired, KeySource, KeyView, Observed, Ownership},
};

use crate::{
    mutants::{
        kinds::{Mutant, plans, says, sees},
        steps::{delete, update, without},
    },
    promises::kinds::Promise,
    view::keys::place,
    world::{Came, Listed, NEVER_WANTED, PLACES},
};

type Tags = BTreeMap<String, String>;

pub(crate) const MUTANTS: &[Mutant] = &[
    sees(
        "takes the mark of another object for its own",
        Promise::OthersMarks,
        "marks",
        |desired, observed| {
            claims(desired, observed, |whose, _| {
                matches!(whose, Ownership::Foreign(_))
            })
        },
    ),
    sees(
        "takes the mark of a living twin for its own",
        Promise::OthersMarks,
        "marks",
        |desired, observed| {
            claims(desired, observed, |whose, _| {
                matches!(whose, Ownership::Namesake(_))
            })
        },
    ),
    sees(
        "takes a key without a mark for its own",
        Promise::OthersKeys,
        "marks",
        |desired, observed| claims(desired, observed, |whose, _| *whose == Ownership::Unmarked),
    ),
    sees(
        "takes a key without a mark for its own where its status names the place",
        Promise::OthersKeys,
        "tools",
        |desired, observed| {
            let listed: Vec<_> = observed
                .object
                .places
                .iter()
                .map(|it| it.id.clone())
                .collect();
            claims(desired, observed, |whose, id| {
                *whose == Ownership::Unmarked && listed.iter().any(|listed| listed == id)
            })
        },
    ),
    sees(
        "takes what a store does not let it adopt for adopted",
        Promise::OthersKeys,
        "limits",
        |desired, observed| {
            let is_adopted = |it: &&AzureRecord| it.origin == Origin::Adopted;
            let adopted = observed.object.places.iter().filter(is_adopted);
            let adopted: Vec<_> = adopted.map(|place| place.id.clone()).collect();
            claims(desired, observed, |whose, id| {
                *whose == Ownership::Unmarked && adopted.iter().any(|adopted| adopted == id)
            })
        },
    ),
    sees(
        "forgets that a key was there before its object",
        Promise::AdoptedStay,
        "adoption",
        |_, mut observed| {
            if observed.object.deleting_since.is_none() {
                return observed;
            }
            let hints = observed.object.hints.iter_mut().flatten();
            for record in hints.chain(&mut observed.object.places) {
                record.origin = Origin::Created;
                record.deletion_policy = DeletionPolicy::Delete;
                record.phase = Phase::Published;
            }
            for view in observed.azure.values_mut() {
                if let KeyView::Present { key, .. } = view {
                    key.tags.remove(tag::ADOPTED);
                }
            }
            observed
        },
    ),
    plans(
        "never puts the mark on a key again",
        Promise::AsWanted,
        "marks",
        |_, _, plan| without(plan, "UpdateAzureKey"),
    ),
    plans(
        "takes the key along that it only followed",
        Promise::FollowedStay,
        "a followed key",
        |desired, _, mut plan| {
            if plan.deleting && desired.source == KeySource::Followed {
                plan.steps.insert(0, delete(0));
            }
            plan
        },
    ),
    plans(
        "mends a key beyond the limits of its store",
        Promise::WithinLimits,
        "limits",
        |desired, observed, mut plan| {
            let target = desired.azure.as_ref().map(|azure| &azure.target);
            let there = observed.azure.get(place(0));
            if matches!(target, Some(Err(_)))
                && !plan.deleting
                && let Some(KeyView::Present { .. }) = there
                && let Some(key) = observed.stored_key()
            {
                plan.steps.push(update(0, key.clone()));
            }
            plan
        },
    ),
    says(
        "lists what a hint made it look at before the right to it",
        Promise::RightfulPlaces,
        "tools",
        |mind, mut reported| {
            if mind.known[NEVER_WANTED].is_some() {
                reported.status.places[NEVER_WANTED].get_or_insert(LISTED);
            }
            reported
        },
    ),
    says(
        "lists what is under the mark of another object",
        Promise::RightfulPlaces,
        "marks",
        |mind, mut reported| {
            for number in (0..PLACES).filter(|number| *number != NEVER_WANTED) {
                if mind.known[number].is_some() && mind.seen.azure[number].is_some() {
                    reported.status.places[number].get_or_insert(LISTED);
                }
            }
            reported
        },
    ),
];

const LISTED: Listed = Listed {
    is_leaving: false,
    origin: Came::Created,
    stays: false,
};

/// Takes the mark on keys that are somebody's for its own.
fn claims(
    desired: &Desired,
    mut observed: Observed,
    is_claimed: impl Fn(&Ownership, &sshkey_operator::api::ArmId) -> bool,
) -> Observed {
    for (id, view) in &mut observed.azure {
        if let KeyView::Present { key, .. } = view
            && is_claimed(&desired.mark.ownership(&key.tags), id)
        {
            let own = desired.mark.tags().into_iter();
            let own: Tags = own
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            key.tags.extend(own);
        }
    }
    observed
}
