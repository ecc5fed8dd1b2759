//! Who may change or delete a key in Azure, and on whose word. Publishing, adopting, moving and deleting all ask here.
//!
//! Annotations and labels are hints: they say where to look. What counts is the mark on the key itself, the places that
//! the status lists, and the key that this object keeps. A mark of another object vetoes everything.

use crate::{
    api::{ArmId, sshkey::AzureConflictPolicy, status::Origin},
    keys::PublicKey,
    plan::{
        authority::own_keys::{current_key, has_private_half, is_own_key},
        desired::{
            azure::Target,
            permits::{lets_adopt, lets_keep},
            resolve::Desired,
            source::KeySource,
        },
        observed::{
            azure::{AzureKey, KeyView},
            secret::SecretView,
            snapshot::Observed,
        },
        records::{azure::AzureRecord, ownership::Ownership},
    },
};

/// What this object is to a key at a place in Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
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
    pub(crate) fn may_change(self) -> bool {
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
pub(crate) fn right_to(
    desired: &Desired,
    observed: &Observed,
    id: &ArmId,
    key: &AzureKey,
) -> Right {
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
        (Ownership::Unmarked, Some(place)) if is_kept && lets_keep(desired, &place.store, id) => {
            Right::Stripped
        }
        (Ownership::Unmarked, Some(place))
            if place.origin == Origin::Adopted && lets_adopt(desired, &place.store, id) =>
        {
            Right::Adopted
        }
        _ => Right::Nothing,
    }
}

/// Whether the key is one whose private half this object keeps. A public key that was uploaded, or is followed, proves
/// nothing: everybody has it.
///
/// A person who writes the status can report any key there. So what it reports counts only where no private key can be read:
/// the Secrets of a namespace that goes are gone before its objects, and an imported key may have no Secret of its own.
pub(crate) fn keeps(desired: &Desired, observed: &Observed, key: &AzureKey) -> bool {
    let (Some(_), Ok(key)) = (desired.source.private_secret(), &key.public_key) else {
        return false;
    };
    let has_no_other_witness =
        observed.namespace_terminating && current_key(desired, observed).is_none();
    has_private_half(desired, observed, key)
        || (has_no_other_witness && is_own_key(desired, observed, key))
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

/// Whether the key is the one that this object has, had, or is about to have.
pub(crate) fn is_our_key(desired: &Desired, observed: &Observed, key: &AzureKey) -> bool {
    let is_own = |key: &PublicKey| is_own_key(desired, observed, key);
    key.public_key.as_ref().is_ok_and(is_own)
}

/// Whether a key that is nobody's may be taken over now, as the spec asks and the store lets it.
pub(crate) fn may_adopt(policy: AzureConflictPolicy, is_the_stored_one: bool) -> bool {
    match policy {
        AzureConflictPolicy::Adopt => true,
        AzureConflictPolicy::AdoptMatching => is_the_stored_one,
        AzureConflictPolicy::Refuse => false,
    }
}

/// Whether the key at a place of this object may be deleted there.
pub(crate) fn may_delete(
    desired: &Desired,
    observed: &Observed,
    place: &AzureRecord,
    key: &AzureKey,
) -> bool {
    match right_to(desired, observed, &place.id, key) {
        Right::Marked => place.origin != Origin::Found || is_our_key(desired, observed, key),
        Right::Inherited | Right::Stripped | Right::Adopted => true,
        Right::Nothing => false,
    }
}

/// Whether the key there is about to be taken over: it is nobody's, this object has no right to it yet, and may have it.
pub(crate) fn is_adoption(
    desired: &Desired,
    observed: &Observed,
    target: &Target,
    key: &AzureKey,
) -> bool {
    let stored = current_key(desired, observed);
    let is_the_stored_one = stored.is_some() && key.public_key.as_ref().ok() == stored;
    desired.mark.ownership(&key.tags) == Ownership::Unmarked
        && !right_to(desired, observed, &target.id, key).may_change()
        && may_adopt(target.conflict, is_the_stored_one)
}

/// Whether the records are those of an object of another name, whose mark is where they point: the object was copied from it.
pub(crate) fn is_a_copy(desired: &Desired, observed: &Observed) -> bool {
    let mut hints = observed.object.hints.iter().flatten();
    hints.any(|hint| match observed.azure.get(&hint.id) {
        Some(KeyView::Present { key, .. }) => {
            matches!(desired.mark.ownership(&key.tags), Ownership::Foreign(_))
        }
        _ => false,
    })
}
