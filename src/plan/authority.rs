//! Who may change or delete a key in Azure, and on whose word. Publishing, adopting, moving and deleting all ask here.
//!
//! Annotations and labels are hints: they say where to look. What counts is the mark on the key itself, the places that
//! the status lists, and the key that this object keeps. A mark of another object vetoes everything.

use std::collections::BTreeMap;

use super::{
    AzureKey, AzureRecord, Desired, KeySource, KeyView, Mark, ObjectFacts, Observed, Ownership,
    PLACES_MAX, SecretView, ownership::value, permits,
};
use crate::{
    api::{
        ArmId,
        names::{annotation, tag},
        sshkey::{AzureConflictPolicy, DeletionPolicy},
        status::{Origin, Phase},
    },
    keys::PublicKey,
};

/// What this object is to a key at a place in Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// Its mark is on it.
    Marked,
    /// A predecessor's mark is on it, and the key is the one that this object keeps: it is marked again before anything else.
    Inherited,
    /// It is this object's own key at a place of its own, and its mark was taken off: the mark is put back.
    Stripped,
    /// It is nobody's, at a place that this object has taken over.
    Adopted,
    /// None: it is left alone.
    Nothing,
}

impl Right {
    /// Whether the key there may be changed.
    pub(super) fn may_change(self) -> bool {
        matches!(self, Self::Marked | Self::Inherited | Self::Stripped)
    }
}

/// The right of this object to a key, at a place that its status lists or not.
///
/// | mark on the key | the key | right |
/// |---|---|---|
/// | exact | any | [`Right::Marked`] |
/// | a predecessor's | the one whose private half this object keeps | [`Right::Inherited`] |
/// | a predecessor's | another | none |
/// | this name under a UID that is no predecessor's | any | none |
/// | none | kept by this object, at a listed place whose name the store lets it have | [`Right::Stripped`] |
/// | none | any other, at a listed place that was adopted and where the store lets keys be adopted | [`Right::Adopted`] |
/// | another object's | any | none |
/// | any | followed by this object | none |
pub(super) fn right(desired: &Desired, observed: &Observed, id: &ArmId, key: &AzureKey) -> Right {
    let is_kept = keeps(desired, observed, key);
    let listed = observed.object.places.iter().find(|place| place.id == *id);
    if desired.source == KeySource::Followed {
        return Right::Nothing;
    }
    match (desired.mark.ownership(&key.tags), listed) {
        (Ownership::Ours, _) => Right::Marked,
        (Ownership::Namesake(uid), _) if is_kept && is_predecessor(observed, key, &uid) => {
            Right::Inherited
        }
        (Ownership::Unmarked, Some(place))
            if is_kept && permits::lets_keep(desired, &place.store, id) =>
        {
            Right::Stripped
        }
        (Ownership::Unmarked, Some(place))
            if place.origin == Origin::Adopted
                && permits::lets_adopt(desired, &place.store, id) =>
        {
            Right::Adopted
        }
        _ => Right::Nothing,
    }
}

/// Whether the key is one whose private half this object keeps. A public key that was uploaded, or is followed, proves
/// nothing: everybody has it.
///
/// Whoever writes the status can report any key there. So what it reports counts only where no private key can be looked at:
/// the Secrets of a namespace that goes are gone before its objects, and an imported key may have no Secret of its own.
pub(super) fn keeps(desired: &Desired, observed: &Observed, key: &AzureKey) -> bool {
    let (Some(_), Ok(key)) = (desired.source.private_secret(), &key.public_key) else {
        return false;
    };
    let has_no_other_witness = observed.namespace_terminating && observed.key(desired).is_none();
    observed.has_private_half(desired, key)
        || (has_no_other_witness && observed.is_own_key(desired, key))
}

/// Whether a UID is that of an object whose place this one has taken: the object itself recorded it before it was
/// restored, or the Secret names it too and holds the very key.
fn is_predecessor(observed: &Observed, key: &AzureKey, uid: &str) -> bool {
    if observed.object.recorded_uid.as_deref() == Some(uid) {
        return true;
    }
    match &observed.secret {
        SecretView::Present(facts) => {
            facts.owner_uid.as_deref() == Some(uid)
                && facts.key.readable() == key.public_key.as_ref().ok()
        }
        SecretView::Absent => false,
    }
}

/// Every place in Azure where this object has a key: those that its status lists and to which there still is a right, and
/// those where its mark was found on the key.
///
/// A place that was looked at enters with the right to it and leaves without: so a status that somebody has forged lists
/// nothing that is not this object's.
pub(super) fn places(desired: &Desired, observed: &Observed) -> Vec<AzureRecord> {
    let wanted = desired
        .azure
        .as_ref()
        .and_then(|azure| azure.target.as_ref().ok()?.published());
    let phase = |id: &ArmId| match wanted {
        Some(target) if target.id == *id => Phase::Published,
        // What can't be resolved now says nothing of what is wanted.
        None if desired.azure.is_some() => Phase::Published,
        _ => Phase::Leaving,
    };
    let listed = observed.object.places.iter().filter(|place| {
        match observed.azure.get(&place.id) {
            Some(KeyView::Present { key, .. }) => {
                // Without its mark, the very key stays listed while its store does not let it be touched.
                let is_unmarked = desired.mark.ownership(&key.tags) == Ownership::Unmarked;
                let may_be_kept =
                    desired.source.private_secret().is_some() && is_our_key(desired, observed, key);
                right(desired, observed, &place.id, key) != Right::Nothing
                    || (is_unmarked && may_be_kept)
            }
            // A place that nobody could look at, or whose key is missing, is kept: it may only be late.
            _ => true,
        }
    });
    let says_adopted = |id: &ArmId| match observed.azure.get(id) {
        Some(KeyView::Present { key, .. }) => is_tagged_adopted(key),
        _ => false,
    };
    let mut places: Vec<AzureRecord> = listed
        .map(|place| AzureRecord {
            phase: match (place.phase, phase(&place.id)) {
                (Phase::Leaving, _) if wanted.is_none() => Phase::Leaving,
                (_, phase) => phase,
            },
            // Where the key and the status disagree, the key stays in Azure.
            ..if place.origin != Origin::Adopted && says_adopted(&place.id) {
                as_adopted(place)
            } else {
                place.clone()
            }
        })
        .collect();
    for (id, view) in &observed.azure {
        let KeyView::Present { key, .. } = view else {
            continue;
        };
        let is_known = places.iter().any(|place| place.id == *id);
        if is_known || !right(desired, observed, id, key).may_change() {
            continue;
        }
        let found = found(desired, observed, id, key, phase(id));
        // What only a list has shown displaces nothing, and is this object's only with this object's key.
        let is_taken = |place: &AzureRecord| {
            place.origin != Origin::Found
                || (places.len() < PLACES_MAX && is_our_key(desired, observed, key))
        };
        places.extend(found.filter(is_taken));
    }
    places
}

/// Whether the key is the one that this object has, had, or is about to have.
fn is_our_key(desired: &Desired, observed: &Observed, key: &AzureKey) -> bool {
    let is_own = |key: &PublicKey| observed.is_own_key(desired, key);
    key.public_key.as_ref().is_ok_and(is_own)
}

/// A place that the status does not list, where the key carries our mark.
fn found(
    desired: &Desired,
    observed: &Observed,
    id: &ArmId,
    key: &AzureKey,
    phase: Phase,
) -> Option<AzureRecord> {
    let hint = observed.object.hint(id);
    let wanted = desired.azure.as_ref().filter(|azure| {
        let target = azure.target.as_ref().ok();
        target.is_some_and(|wanted| wanted.id() == id)
    });
    let store = observed
        .stores_of_places
        .get(id)
        .or_else(|| hint.map(|hint| &hint.store))
        .or_else(|| wanted.map(|azure| &azure.store))?;
    let was_adopted = hint.is_some_and(|hint| hint.origin == Origin::Adopted);
    let origin = if is_tagged_adopted(key) || was_adopted {
        Origin::Adopted
    } else if wanted.is_some() || hint.is_some() {
        Origin::Created
    } else {
        Origin::Found
    };
    let asked = wanted.and_then(|azure| azure.deletion_policy);
    let hinted = hint.map(|hint| hint.deletion_policy);
    let is_retained = origin == Origin::Adopted || hinted == Some(DeletionPolicy::Retain);
    let unless_asked = if is_retained {
        DeletionPolicy::Retain
    } else {
        DeletionPolicy::Delete
    };
    Some(AzureRecord {
        id: id.clone(),
        location: key.location.clone(),
        store: store.clone(),
        deletion_policy: asked.unwrap_or(unless_asked),
        origin,
        phase,
        tags: hint.map(|hint| hint.tags.clone()).unwrap_or_default(),
        in_step: hint.and_then(|hint| hint.in_step.clone()),
    })
}

/// The place of a key that was there before its object and stays unless the spec says otherwise.
fn as_adopted(place: &AzureRecord) -> AzureRecord {
    AzureRecord {
        origin: Origin::Adopted,
        deletion_policy: DeletionPolicy::Retain,
        ..place.clone()
    }
}

/// Whether the key says of itself that it was there before its object.
fn is_tagged_adopted(key: &AzureKey) -> bool {
    value(&key.tags, tag::ADOPTED).is_some()
}

/// Whether a key that is nobody's may be taken over now, as the spec asks and the store lets it.
pub(super) fn may_adopt(policy: AzureConflictPolicy, is_the_stored_one: bool) -> bool {
    match policy {
        AzureConflictPolicy::Adopt => true,
        AzureConflictPolicy::AdoptMatching => is_the_stored_one,
        AzureConflictPolicy::Refuse => false,
    }
}

/// Whether the key at a place of this object may be deleted there.
pub(super) fn may_delete(
    desired: &Desired,
    observed: &Observed,
    place: &AzureRecord,
    key: &AzureKey,
) -> bool {
    match right(desired, observed, &place.id, key) {
        Right::Marked => place.origin != Origin::Found || is_our_key(desired, observed, key),
        Right::Inherited | Right::Stripped | Right::Adopted => true,
        Right::Nothing => false,
    }
}

/// What is known of the places of an object before it is known what is wanted: those of its status, and hints at keys that
/// carry its mark, or that of the object which it recorded to have been. A hint that nothing vouches for says nothing.
pub fn vouched(
    mark: &Mark,
    object: &ObjectFacts,
    azure: &BTreeMap<ArmId, KeyView>,
) -> Vec<AzureRecord> {
    let is_listed = |id: &ArmId| object.places.iter().any(|place| place.id == *id);
    let is_marked = |hint: &&AzureRecord| match azure.get(&hint.id) {
        Some(KeyView::Present { key, .. }) => match mark.ownership(&key.tags) {
            Ownership::Ours => true,
            Ownership::Namesake(uid) => object.recorded_uid.as_ref() == Some(&uid),
            Ownership::Foreign(_) | Ownership::Unmarked => false,
        },
        _ => false,
    };
    let hints = object.hints.iter().flatten();
    let hints = hints.filter(|hint| !is_listed(&hint.id)).filter(is_marked);
    hints.chain(&object.places).cloned().collect()
}

/// What is strange about what the object's metadata says, for a person; `None` when it is as this operator writes it. Nothing
/// is said of what is at places that are not this object's.
pub fn strange_hints(observed: &Observed) -> Option<String> {
    let object = &observed.object;
    let hints = match &object.hints {
        Err(why) => {
            return Some(format!(
                "the annotation {} can't be read ({why})",
                annotation::AZURE_KEYS
            ));
        }
        Ok(hints) => hints,
    };
    let is_known = |id: &ArmId| observed.record(id).is_some();
    let is_another = |hint: &AzureRecord| {
        !is_known(&hint.id)
            && !matches!(
                observed.azure.get(&hint.id),
                Some(KeyView::Absent { .. } | KeyView::Unknown(_))
            )
    };
    if hints.iter().any(is_another) {
        return Some(format!(
            "the annotation {} names a place that is not this SshKey's",
            annotation::AZURE_KEYS
        ));
    }
    let is_lost = |place: &AzureRecord| {
        place.origin != Origin::Found && !hints.iter().any(|hint| hint.id == place.id)
    };
    let is_replaced = object.has_status && !object.has_finalizer;
    (is_replaced || object.places.iter().any(is_lost)).then(|| {
        format!(
            "the finalizer or the annotation {} was taken from the metadata, as a tool does that replaces objects",
            annotation::AZURE_KEYS
        )
    })
}
