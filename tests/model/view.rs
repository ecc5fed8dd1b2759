//! What an operator sees of a world, in the words of the plan.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::{SignedDuration, Timestamp};
use sshkey_operator::{
    api::{
        ArmId, AzureStoreSpec, SshKeySpec, SshKeyStatus, StoreKey, StoreKind,
        azure_store::{Defaults, NamedDefaults, Subscription},
        rotation::{KeepPrevious, Rotation},
        sshkey::{AzureSpec, DeletionPolicy, ResourceGroup},
        status::{Origin, Phase},
    },
    keys::{Comment, Fingerprint, KeyPair, KeySpec, PublicKey},
    plan::{
        AzureKey, AzureRecord, Desired, Durability, FormerKey, Freshness, Group, KeyView, Mark,
        ObjectFacts, Observed, Plan, PreviousFacts, RotationRecord, RotationSecret,
        RotationSecrets, SecretFacts, SecretKey, SecretView, StagedFacts, StoreFact, plan, report,
        resolve, with_places,
    },
};

use crate::world::{Key, Previous, Seen};

/// No life in the bounds makes more.
const KEYS: usize = 24;
static POOL: LazyLock<Vec<PublicKey>> = LazyLock::new(|| {
    let pair = |_| KeyPair::generate(KeySpec::Ed25519, &Comment::empty()).unwrap();
    (0..KEYS).map(pair).map(|pair| pair.public_key()).collect()
});

/// Their fingerprints, as keys and as text.
static FINGERPRINTS: LazyLock<Vec<(Fingerprint, String)>> = LazyLock::new(|| {
    let fingerprints = POOL.iter().map(PublicKey::fingerprint);
    fingerprints.map(|one| (one, one.to_string())).collect()
});

/// The fingerprint of a key.
pub(crate) fn fingerprint(key: Key) -> Fingerprint {
    FINGERPRINTS[usize::from(key)].0
}

/// Which key has a fingerprint.
pub(crate) fn by_fingerprint(wanted: &Fingerprint) -> Key {
    let place = FINGERPRINTS.iter().position(|(known, _)| known == wanted);
    place.unwrap().try_into().unwrap()
}

/// The public half of a key.
pub(crate) fn public(key: Key) -> PublicKey {
    POOL[usize::from(key)].clone()
}

/// Which key that is.
pub(crate) fn number(key: &PublicKey) -> Key {
    let place = POOL.iter().position(|known| known == key).unwrap();
    place.try_into().unwrap()
}

/// Which key has a fingerprint that is written so.
pub(crate) fn by_text(wanted: &str) -> Key {
    let place = FINGERPRINTS.iter().position(|(_, known)| known == wanted);
    place.unwrap().try_into().unwrap()
}

/// A request in the words of an annotation.
fn request(number: u8) -> Option<String> {
    (number > 0).then(|| number.to_string())
}

/// The number of a request.
pub(crate) fn request_number(text: Option<&String>) -> u8 {
    text.map_or(0, |text| text.parse().unwrap())
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn mark() -> Mark {
    Mark {
        cluster: "c".into(),
        namespace: "n".into(),
        object: "web".into(),
        uid: "u".into(),
    }
}

/// The places in Azure, by number.
static PLACES: LazyLock<[ArmId; 2]> = LazyLock::new(|| {
    ["n.web", "other"].map(|name| ArmId {
        subscription: "s".into(),
        resource_group: "g".into(),
        name: name.into(),
    })
});

/// A place in Azure.
pub(crate) fn place(number: usize) -> &'static ArmId {
    &PLACES[number]
}

/// Which place that is.
pub(crate) fn place_number(id: &ArmId) -> usize {
    PLACES.iter().position(|known| known == id).unwrap()
}

fn record(number: usize, phase: Phase) -> AzureRecord {
    AzureRecord {
        id: place(number).clone(),
        location: "westeurope".into(),
        store: StoreKey::new(StoreKind::AzureStore, "default"),
        deletion_policy: DeletionPolicy::Delete,
        origin: Origin::Created,
        phase,
        tags: Vec::new(),
        in_step: None,
    }
}

fn hints(places: [bool; 2]) -> Vec<AzureRecord> {
    let known = (0..2).filter(|number| places[*number]);
    known
        .map(|number| record(number, Phase::Published))
        .collect()
}

/// The places that a status lists.
fn listed(places: [Option<bool>; 2]) -> Vec<AzureRecord> {
    let place = |number: usize| {
        let is_leaving = places[number]?;
        let phase = if is_leaving {
            Phase::Leaving
        } else {
            Phase::Published
        };
        Some(record(number, phase))
    };
    (0..2).filter_map(place).collect()
}

/// What is asked for: a key that is published, rotated at once, with one former key kept.
fn desired(wanted: usize) -> Desired {
    let spec = SshKeySpec {
        azure: Some(AzureSpec {
            name: (wanted == 1).then(|| place(1).name.clone()),
            ..AzureSpec::default()
        }),
        rotation: Some(Rotation {
            keep_previous: Some(KeepPrevious {
                count: Some(1),
                min_duration: Some("0s".into()),
            }),
            ..Rotation::default()
        }),
        ..SshKeySpec::default()
    };
    let common = Defaults {
        resource_group: Some(ResourceGroup {
            name: Some("g".into()),
            creation_policy: None,
        }),
        location: Some("westeurope".into()),
        ..Defaults::default()
    };
    let store = AzureStoreSpec {
        subscription: Subscription {
            subscription_id: "s".into(),
            ..Subscription::default()
        },
        defaults: Some(NamedDefaults {
            common,
            name_template: None,
        }),
        ..AzureStoreSpec::default()
    };
    let key = StoreKey::new(StoreKind::AzureStore, "default");
    let stores = BTreeMap::from([(key, StoreFact::Ready(Box::new(store)))]);
    // The spec and the store leave nothing open that a place would fill in.
    resolve(&spec, mark(), &[], stores).unwrap()
}

static DESIRED: LazyLock<[Desired; 2]> = LazyLock::new(|| [desired(0), desired(1)]);

/// How an operator knows of both places in Azure.
pub(crate) type Known = [Freshness; 2];

/// What an operator has in mind: what it saw, how it knows of Azure, and whether it looked beside the managed Secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mind {
    pub(crate) seen: Seen,
    pub(crate) looked: bool,
    /// Whether the object was read, and not taken from a cache.
    pub(crate) live: bool,
    pub(crate) known: Known,
    /// What it has written in this pass while something turns that back; nothing else needs to be remembered.
    pub(crate) taken: Vec<u16>,
}

impl Mind {
    /// What an operator sees that looks now; `object` may be an older one, and what a list shows of Azure as well.
    pub(crate) fn of(seen: &Seen) -> Self {
        let object = &seen.object;
        let was_changed = seen
            .managed
            .as_ref()
            .is_some_and(|managed| managed.revision > 1);
        let is_missing = object.finalizer && seen.managed.is_none();
        // What the status names is known by a list, while the object is not being deleted.
        let known = [0, 1].map(|number| {
            if object.shown == Some(number) && !object.deleting {
                Freshness::Listed
            } else {
                Freshness::Live
            }
        });
        Self {
            looked: object.may_have_secrets || was_changed || is_missing || object.deleting,
            live: object.deleting || is_missing,
            known,
            seen: seen.clone(),
            taken: Vec::new(),
        }
    }

    /// All there is, as it is.
    pub(crate) fn truth(seen: &Seen) -> Self {
        Self {
            looked: true,
            known: [Freshness::Live; 2],
            ..Self::of(seen)
        }
    }

    /// What the plan is made for.
    pub(crate) fn desired(&self) -> &'static Desired {
        &DESIRED[usize::from(self.seen.object.wanted)]
    }

    /// What the plan is made from.
    pub(crate) fn observed(&self) -> Observed {
        let object = &self.seen.object;
        let matters = |number: &usize| {
            let is_wanted = *number == usize::from(object.wanted) && !object.deleting;
            object.places[*number] || object.listed[*number].is_some() || is_wanted
        };
        let places = (0..2).filter(matters);
        let observed = Observed {
            object_is_live: self.live,
            stores_of_places: BTreeMap::new(),
            known: Vec::new(),
            crd_is_outdated: false,
            object: self.object(),
            secret: self.secret(),
            rotation_secrets: self.rotation_secrets(),
            given: None,
            outputs: BTreeMap::new(),
            azure: places
                .map(|number| (place(number).clone(), self.azure(number)))
                .collect(),
            unheld_stores: BTreeMap::new(),
            tags_turned_back: BTreeMap::new(),
            namespace_terminating: false,
            refused: Vec::new(),
        };
        with_places(observed, self.desired())
    }

    fn azure(&self, number: usize) -> KeyView {
        let freshness = self.known[number];
        let Some(slot) = self.seen.azure[number] else {
            return KeyView::Absent {
                group: Group::Exists,
                freshness,
            };
        };
        let own = mark();
        let tags = own
            .tags()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        KeyView::Present {
            key: AzureKey {
                location: "westeurope".into(),
                tags: if slot.ours {
                    tags.into()
                } else {
                    BTreeMap::new()
                },
                public_key: Ok(public(slot.key)),
            },
            freshness,
        }
    }

    /// What is to be done.
    pub(crate) fn plan(&self) -> Plan {
        let wait = SignedDuration::from_mins(10);
        plan(self.desired(), &self.observed(), wait, now())
    }

    /// What the status says at the end of a pass.
    pub(crate) fn report(&self, plan: &Plan) -> SshKeyStatus {
        let before = SshKeyStatus::default();
        report(
            self.desired(),
            &self.observed(),
            plan,
            None,
            &before,
            1,
            now(),
        )
        .status
    }

    fn object(&self) -> ObjectFacts {
        let object = &self.seen.object;
        ObjectFacts {
            uid: "u".into(),
            deleting_since: object.deleting.then(now),
            has_finalizer: object.finalizer,
            hints: Ok(hints(object.places)),
            places: listed(object.listed),
            has_status: object.reported.is_some(),
            outputs: Vec::new(),
            reported_outputs: Vec::new(),
            reported_requests: None,
            reported_others: object.others.iter().map(|key| fingerprint(*key)).collect(),
            rotation: RotationRecord {
                may_have_secrets: object.may_have_secrets,
                handled: object.handled.iter().map(u8::to_string).collect(),
            },
            recorded_uid: object.finalizer.then(|| "u".into()),
            rotate_requested: request(object.request),
            activate: None,
            ignored_requests: Vec::new(),
            abandoned: false,
            reported_fingerprint: object.reported.map(|(key, _)| fingerprint(key)),
            reported_revision: object.reported.map(|(_, revision)| revision),
        }
    }

    fn secret(&self) -> SecretView {
        let Some(managed) = &self.seen.managed else {
            return SecretView::Absent;
        };
        SecretView::Present(Box::new(SecretFacts {
            uid: "m".into(),
            resource_version: "1".into(),
            labelled: true,
            owner_name: Some("web".into()),
            owner_uid: Some("u".into()),
            owner_namespace: Some("n".into()),
            is_well_formed: true,
            may_be_adopted: false,
            recorded: Some(fingerprint(managed.recorded)),
            revision: managed.revision,
            created_at: Some(now()),
            request: request(managed.request),
            key: managed
                .key
                .map_or(SecretKey::Missing, |key| SecretKey::Readable(public(key))),
            public_entry_matches: managed.key.is_some(),
            private_entry_is_a_file: true,
            durability: Durability::default(),
        }))
    }

    fn rotation_secrets(&self) -> RotationSecrets {
        if !self.looked {
            return RotationSecrets::Unread;
        }
        let staged = self.seen.staged.as_ref().map(|staged| StagedFacts {
            uid: "n".into(),
            resource_version: "1".into(),
            revision: Some(staged.revision),
            request: request(staged.request),
            created_at: Some(now()),
            pending_since: None,
            key: SecretKey::Readable(public(staged.key)),
            durability: Durability::default(),
        });
        let previous = match &self.seen.previous {
            None => RotationSecret::Absent,
            Some(Previous::Foreign) => RotationSecret::Foreign(None),
            Some(Previous::Ours(former)) => RotationSecret::Ours(Box::new(PreviousFacts {
                uid: "p".into(),
                resource_version: "1".into(),
                is_damaged: false,
                is_exact: true,
                durability: Durability::default(),
                keys: { former.iter() }
                    .map(|former| FormerKey {
                        public_key: public(former.key),
                        revision: former.revision,
                        retired_at: former.dated.then(now),
                    })
                    .collect(),
            })),
        };
        RotationSecrets::Read {
            staged: staged.map_or(RotationSecret::Absent, |facts| {
                RotationSecret::Ours(Box::new(facts))
            }),
            previous,
        }
    }
}
