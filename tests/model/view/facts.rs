//! What there is, in the words of the plan.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        names::tag,
        sshkey::DeletionPolicy,
        status::{Origin, Phase},
    },
    plan::{
        AzureKey, AzureRecord, Durability, FormerKey, Freshness, Group, KeyView, ObjectFacts,
        PreviousFacts, RotationRecord, RotationSecret, RotationSecrets, SecretFacts, SecretKey,
        SecretView, StagedFacts,
    },
};

use crate::{
    view::{
        desired::store_key,
        keys::{fingerprint, mark, mark_of_another, now, place, public, request, uid},
    },
    world::{
        Came, Fate, Few, Hinted, Kept, Listed, Marked, Owner, PLACES, Previous, Seen, Slot, Store,
    },
};

/// What the object says of itself.
pub(crate) fn object(seen: &Seen) -> ObjectFacts {
    let object = &seen.object;
    let metadata = &object.metadata;
    let status = object.own_status();
    let handled = |few: &Few<u8, 4>| few.all().iter().map(u8::to_string).collect::<Vec<_>>();
    let others = status.map(|status| status.former.all().iter().copied().chain(status.pending));
    let hints = (0..PLACES).filter_map(|number| {
        let hinted = metadata.hints[number]?;
        Some(hint(number, hinted, seen.store))
    });
    let places = (0..PLACES).filter_map(|number| {
        let listed = object.listed(number)?;
        Some(record(number, listed, seen.store))
    });
    let reported = status.and_then(|status| status.reported);
    ObjectFacts {
        uid: uid(object.uid),
        deleting_since: object.deleting.then(now),
        has_finalizer: metadata.finalizer,
        hints: Ok(hints.collect()),
        places: places.collect(),
        has_status: status.is_some(),
        outputs: Vec::new(),
        reported_outputs: Vec::new(),
        reported_requests: reported.and(status).map(|status| handled(&status.handled)),
        reported_others: others.into_iter().flatten().map(fingerprint).collect(),
        rotation: RotationRecord {
            may_have_secrets: metadata.may_have_secrets,
            handled: handled(&metadata.handled),
        },
        recorded_uid: metadata.recorded_uid.map(uid),
        rotate_requested: request(object.request),
        activate: None,
        ignored_requests: Vec::new(),
        abandoned: false,
        reported_fingerprint: reported.map(|(key, _)| fingerprint(key)),
        reported_revision: reported.map(|(_, revision)| revision),
    }
}

/// What an annotation says of a place.
fn hint(number: usize, hinted: Hinted, store: Store) -> AzureRecord {
    let origin = if hinted.adopted {
        Came::Adopted
    } else {
        Came::Created
    };
    let listed = Listed {
        is_leaving: false,
        origin,
        stays: hinted.stays,
    };
    record(number, listed, store)
}

/// What a status says of a place.
pub(crate) fn record(number: usize, listed: Listed, store: Store) -> AzureRecord {
    AzureRecord {
        id: place(number).clone(),
        location: "westeurope".into(),
        store: store_key(store),
        deletion_policy: if listed.stays {
            DeletionPolicy::Retain
        } else {
            DeletionPolicy::Delete
        },
        origin: match listed.origin {
            Came::Created => Origin::Created,
            Came::Adopted => Origin::Adopted,
            Came::Found => Origin::Found,
        },
        phase: if listed.is_leaving {
            Phase::Leaving
        } else {
            Phase::Published
        },
        tags: Vec::new(),
        in_step: None,
    }
}

/// A place in Azure.
pub(crate) fn azure(slot: Option<Slot>, freshness: Freshness) -> KeyView {
    let Some(slot) = slot else {
        return KeyView::Absent {
            group: Group::Exists,
            freshness,
        };
    };
    KeyView::Present {
        key: AzureKey {
            location: "westeurope".into(),
            tags: tags(slot),
            public_key: Ok(public(slot.key)),
        },
        freshness,
    }
}

fn tags(slot: Slot) -> BTreeMap<String, String> {
    let whole = match slot.mark {
        Marked::Not => None,
        Marked::Partly => Some(mark(1)),
        Marked::As(number) => Some(mark(number)),
        Marked::AsAnother => Some(mark_of_another()),
    };
    let mut tags = BTreeMap::new();
    if let Some(whole) = whole {
        let all = whole.tags().into_iter();
        tags.extend(all.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    if slot.mark == Marked::Partly {
        tags.remove(tag::UID);
    }
    if slot.adopted {
        tags.insert(tag::ADOPTED.to_owned(), "true".to_owned());
    }
    tags
}

fn durability(fate: Fate) -> Durability {
    Durability {
        held_by: (fate == Fate::Going).then(|| vec!["example.com/held".to_owned()]),
        is_immutable: fate == Fate::Frozen,
    }
}

/// The managed Secret.
pub(crate) fn secret(seen: &Seen) -> SecretView {
    let Some(managed) = &seen.managed else {
        return SecretView::Absent;
    };
    let namespace = match managed.owner {
        Owner::Nobody => None,
        Owner::Uid(_) => Some("n"),
        Owner::Elsewhere => Some("elsewhere"),
    };
    let owner_uid = match managed.owner {
        Owner::Nobody => None,
        Owner::Uid(number) => Some(uid(number)),
        Owner::Elsewhere => Some(uid(8)),
    };
    SecretView::Present(Box::new(SecretFacts {
        uid: "m".into(),
        resource_version: "1".into(),
        labelled: true,
        owner_name: namespace.map(|_| "web".into()),
        owner_uid,
        owner_namespace: namespace.map(str::to_owned),
        is_well_formed: true,
        may_be_adopted: false,
        recorded: managed.recorded.map(fingerprint),
        revision: managed.revision,
        created_at: (managed.owner != Owner::Nobody).then(now),
        request: request(managed.request),
        key: managed
            .key
            .map_or(SecretKey::Missing, |key| SecretKey::Readable(public(key))),
        public_entry_matches: managed.key.is_some(),
        private_entry_is_a_file: true,
        durability: durability(managed.fate),
    }))
}

/// What is beside the managed Secret.
pub(crate) fn rotation_secrets(seen: &Seen, looked: bool) -> RotationSecrets {
    if !looked {
        return RotationSecrets::Unread;
    }
    let staged = seen.staged.as_ref().map(|staged| StagedFacts {
        uid: "n".into(),
        resource_version: "1".into(),
        is_exact: true,
        revision: Some(staged.revision),
        request: request(staged.request),
        created_at: Some(now()),
        pending_since: None,
        key: SecretKey::Readable(public(staged.key)),
        durability: durability(staged.fate),
    });
    RotationSecrets::Read {
        staged: staged.map_or(RotationSecret::Absent, |facts| {
            RotationSecret::Ours(Box::new(facts))
        }),
        previous: match &seen.previous {
            None => RotationSecret::Absent,
            Some(Previous::Foreign) => RotationSecret::Foreign(None),
            Some(Previous::Ours(kept)) => {
                RotationSecret::Ours(Box::new(previous(kept, kept.of == seen.object.uid)))
            }
        },
    }
}

fn previous(kept: &Kept, is_exact: bool) -> PreviousFacts {
    let keys = kept.keys.all().iter().map(|former| FormerKey {
        public_key: public(former.key),
        revision: former.revision,
        retired_at: former.dated.then(now),
    });
    PreviousFacts {
        uid: "p".into(),
        resource_version: "1".into(),
        is_damaged: false,
        is_exact,
        durability: durability(kept.fate),
        keys: keys.collect(),
    }
}
