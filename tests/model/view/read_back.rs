//! What a step has left behind, from the words of the plan back to numbers.

use sshkey_operator::{
    api::{
        names::tag,
        sshkey::DeletionPolicy,
        status::{Origin, Phase},
    },
    plan::{
        AzureKey, AzureRecord, Durability, FormerKey, KeyView, ObjectFacts, Ownership,
        PreviousFacts, RotationSecret, SecretView, StagedFacts,
    },
};

use crate::{
    view::keys::{by_fingerprint, mark, number, place_number, request_number, uid_number},
    world::{
        By, Came, Fate, Former, Hinted, Kept, Listed, Managed, Marked, Metadata, Owner, PLACES,
        Previous, Slot, Staged, Uid,
    },
};

/// What a record says of a place.
pub(crate) fn listed(record: &AzureRecord) -> Listed {
    Listed {
        is_leaving: record.phase == Phase::Leaving,
        origin: match record.origin {
            Origin::Created => Came::Created,
            Origin::Adopted => Came::Adopted,
            Origin::Found => Came::Found,
        },
        stays: record.deletion_policy == DeletionPolicy::Retain,
    }
}

/// The places of some records.
pub(crate) fn places(records: &[AzureRecord]) -> [Option<Listed>; PLACES] {
    let mut places = [None; PLACES];
    for record in records {
        places[place_number(&record.id)] = Some(listed(record));
    }
    places
}

/// The metadata.
pub(crate) fn metadata(facts: &ObjectFacts) -> Metadata {
    let mut hints = [None; PLACES];
    for hint in facts.hints.iter().flatten() {
        let listed = listed(hint);
        hints[place_number(&hint.id)] = Some(Hinted {
            adopted: listed.origin == Came::Adopted,
            stays: listed.stays,
        });
    }
    let handled = facts.rotation.handled.iter();
    Metadata {
        finalizer: facts.has_finalizer,
        hints,
        recorded_uid: facts.recorded_uid.as_deref().map(uid_number),
        may_have_secrets: facts.rotation.may_have_secrets,
        handled: handled.map(|text| text.parse().unwrap()).collect(),
    }
}

fn fate(durability: &Durability) -> Fate {
    match (durability.is_going(), durability.is_immutable) {
        (true, _) => Fate::Going,
        (false, true) => Fate::Frozen,
        (false, false) => Fate::Stays,
    }
}

/// The managed Secret.
pub(crate) fn managed(view: &SecretView) -> Option<Managed> {
    let SecretView::Present(facts) = view else {
        return None;
    };
    Some(Managed {
        key: facts.key.readable().map(number),
        recorded: facts.recorded.as_ref().map(by_fingerprint),
        revision: facts.revision,
        request: request_number(facts.request.as_ref()),
        owner: match (facts.owner_namespace.as_deref(), &facts.owner_uid) {
            (Some("n"), Some(uid)) => Owner::Uid(uid_number(uid)),
            (Some(_), _) => Owner::Elsewhere,
            (None, _) => Owner::Nobody,
        },
        fate: fate(&facts.durability),
    })
}

/// The Secret of the next key.
pub(crate) fn staged(staged: &RotationSecret<StagedFacts>) -> Option<Staged> {
    staged.ours().map(|facts| Staged {
        key: facts.key.readable().map(number).unwrap(),
        revision: facts.revision.unwrap(),
        request: request_number(facts.request.as_ref()),
        fate: fate(&facts.durability),
    })
}

/// The Secret of former keys, which records this UID from now on.
pub(crate) fn previous(previous: &RotationSecret<PreviousFacts>, uid: Uid) -> Option<Previous> {
    let facts = match previous {
        RotationSecret::Absent => return None,
        RotationSecret::Foreign(_) => return Some(Previous::Foreign),
        RotationSecret::Ours(facts) => facts,
    };
    let former = |key: &FormerKey| Former {
        key: number(&key.public_key),
        revision: key.revision,
        dated: key.retired_at.is_some(),
    };
    let kept = Kept {
        of: uid,
        keys: facts.keys.iter().map(former).collect(),
        fate: fate(&facts.durability),
    };
    (!kept.keys.is_empty()).then_some(Previous::Ours(kept))
}

/// A place in Azure.
pub(crate) fn slot(view: &KeyView, by: By) -> Option<Slot> {
    match view {
        KeyView::Present { key, .. } => Some(Slot {
            key: number(key.public_key.as_ref().unwrap()),
            mark: marked(key),
            adopted: key.tags.contains_key(tag::ADOPTED),
            by,
        }),
        KeyView::Absent { .. } | KeyView::Unknown(_) => None,
    }
}

fn marked(key: &AzureKey) -> Marked {
    match mark(1).ownership(&key.tags) {
        Ownership::Ours => Marked::As(1),
        Ownership::Namesake(uid) => Marked::As(uid_number(&uid)),
        Ownership::Foreign(_) => Marked::AsAnother,
        Ownership::Unmarked if key.tags.contains_key(tag::OBJECT) => Marked::Partly,
        Ownership::Unmarked => Marked::Not,
    }
}
