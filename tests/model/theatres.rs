//! The theatres: small worlds, each with people and bounds of its own. One product of all that people do would be too large
//! to be visited, and most of it says nothing new: what people do meets within a theme.

use crate::{
    people::{Edit, asks::*, backups::*, custody::*, marks::*, rights::*, tools::*},
    search::Bounds,
    world::{Marked, NEVER_WANTED, Refusal, Spec, Store, World},
};

/// A theatre.
#[derive(Clone, Copy)]
pub(crate) struct Theatre {
    pub(crate) name: &'static str,
    pub(crate) starts: &'static [fn() -> World],
    /// How far every run looks.
    pub(crate) bounds: Bounds,
    /// How far is looked by night.
    pub(crate) nightly: Bounds,
}

const fn alone(people: &'static [(Edit, u8)]) -> Bounds {
    Bounds {
        people,
        edits: 2,
        stops: 1,
        operators: 1,
        old_views: true,
    }
}

/// A list that lags while a restore brings a UID that is gone shows nothing of a key that was published just before: it is
/// left under the mark of the first object, which nobody looks for later. And beyond the limits of a store a key is read
/// only if a list shows its mark.
const fn with_new_lists(bounds: Bounds) -> Bounds {
    Bounds {
        old_views: false,
        ..bounds
    }
}

const fn farther(bounds: Bounds) -> Bounds {
    Bounds {
        edits: bounds.edits + 1,
        ..bounds
    }
}

/// Users, with two operators at work.
const USERS: &[(Edit, u8)] = &[
    (ASKS_FOR_A_ROTATION, 1),
    (ASKS_AGAIN, 1),
    (DELETES_THE_SECRET, 1),
    (EMPTIES_THE_SECRET, 1),
    (DELETES_THE_NEXT_KEY, 1),
    (DELETES_FORMER_KEYS, 1),
    (WIPES_THE_STATUS, 1),
    (DELETES_THE_KEY_IN_AZURE, 1),
    (PUTS_ANOTHER_KEY, 1),
    (DELETES_THE_OBJECT, 1),
    (TAKES_THE_NAME_FOR_FORMER_KEYS, 1),
    (REPLACES_THE_KEY, 1),
    (NAMES_ANOTHER_PLACE, 1),
    (ASSIGNS_A_POLICY, 1),
];

/// The same, where what policies, moves and strangers bring comes alone.
const MOST_USERS: &[(Edit, u8)] = &[
    (ASKS_FOR_A_ROTATION, 1),
    (ASKS_AGAIN, 1),
    (DELETES_THE_SECRET, 1),
    (EMPTIES_THE_SECRET, 1),
    (DELETES_THE_NEXT_KEY, 1),
    (DELETES_FORMER_KEYS, 1),
    (WIPES_THE_STATUS, 1),
    (DELETES_THE_KEY_IN_AZURE, 1),
    (PUTS_ANOTHER_KEY, 1),
    (DELETES_THE_OBJECT, 1),
    (TAKES_THE_NAME_FOR_FORMER_KEYS, 2),
    (REPLACES_THE_KEY, 2),
    (NAMES_ANOTHER_PLACE, 2),
    (ASSIGNS_A_POLICY, 2),
];

const TOOLS: &[(Edit, u8)] = &[
    (REPLACES_THE_OBJECT, 1),
    (APPLIES_AN_EXPORT, 1),
    (WRITES_ANOTHERS_RECORDS, 1),
    (RECORDS_ANOTHERS_UID, 1),
    (FORGETS_REQUESTS, 1),
    (FORGES_A_PLACE, 1),
    (WIPES_THE_STATUS, 1),
    (ASKS_FOR_A_ROTATION, 1),
    (NAMES_ANOTHER_PLACE, 1),
    (NAMES_THE_FIRST_PLACE, 1),
    (DELETES_THE_OBJECT, 1),
];

const BACKUPS: &[(Edit, u8)] = &[
    (CREATES_IT_AGAIN, 1),
    (RESTORES_IT, 1),
    (RESTORES_IT_WITH_STATUS, 1),
    (COPIES_A_SECRET_IN, 1),
    (PREPARES_A_SECRET, 1),
    (DELETES_THE_SECRET, 1),
    (NAMES_ANOTHER_PLACE, 1),
    (ASKS_FOR_A_ROTATION, 1),
    (DELETES_THE_OBJECT, 1),
    (A_TWIN_TAKES_IT_OVER, 1),
];

const CUSTODIANS: &[(Edit, u8)] = &[
    (BEGINS_TO_DELETE_THE_SECRET, 1),
    (FREEZES_THE_SECRET, 1),
    (BEGINS_TO_DELETE_THE_NEXT_KEY, 1),
    (BEGINS_TO_DELETE_FORMER_KEYS, 1),
    (FREEZES_FORMER_KEYS, 1),
    (TAKES_THE_FINALIZER_AWAY, 1),
    (ASKS_FOR_A_ROTATION, 1),
    (DELETES_THE_KEY_IN_AZURE, 1),
    (DELETES_THE_OBJECT, 1),
];

const MARKERS: &[(Edit, u8)] = &[
    (STRIPS_THE_MARK, 1),
    (RENAMES_A_TAG, 1),
    (COPIES_THE_MARK, 1),
    (PUTS_AN_UNMARKED_KEY, 1),
    (ANOTHER_OBJECT_PUBLISHES, 1),
    (A_TWIN_PUBLISHES, 1),
    (A_TWIN_TAKES_IT_OVER, 1),
    (REPLACES_THE_KEY, 1),
    (DELETES_THE_KEY_IN_AZURE, 1),
    (NAMES_ANOTHER_PLACE, 1),
    (WIPES_THE_STATUS, 1),
    (DELETES_THE_OBJECT, 1),
];

const WHO_REFUSE: &[(Edit, u8)] = &[
    (REFUSES_WRITES_IN_AZURE, 1),
    (REFUSES_DELETIONS_IN_AZURE, 1),
    (REFUSES_FORMER_KEYS, 1),
    (REFUSES_THE_SECRET, 1),
    (REFUSES_THE_METADATA, 1),
    (TAKES_ALL_RIGHTS_AWAY, 1),
    (RELENTS, 0),
    (ASKS_FOR_A_ROTATION, 1),
    (DELETES_THE_KEY_IN_AZURE, 1),
    (PUTS_ANOTHER_KEY, 1),
    (NAMES_ANOTHER_PLACE, 1),
    (DELETES_THE_OBJECT, 1),
];

const LANDLORDS: &[(Edit, u8)] = &[
    (CLOSES_THE_STORE, 1),
    (TIGHTENS_THE_STORE, 1),
    (OPENS_THE_STORE, 1),
    (STRIPS_THE_MARK, 1),
    (PUTS_ANOTHER_KEY, 1),
    (NAMES_ANOTHER_PLACE, 1),
    (FORGES_A_PLACE, 1),
    (FORGES_AN_ADOPTION, 1),
    (REPLACES_THE_OBJECT, 1),
    (DELETES_THE_OBJECT, 1),
];

const WHO_FOLLOW: &[(Edit, u8)] = &[
    (FORGES_A_PLACE, 1),
    (FORGES_AN_ADOPTION, 1),
    (WRITES_ANOTHERS_RECORDS, 1),
    (APPLIES_AN_EXPORT, 1),
    (REPLACES_THE_OBJECT, 1),
    (COPIES_THE_MARK, 1),
    (NAMES_ANOTHER_PLACE, 1),
    (WIPES_THE_STATUS, 1),
    (DELETES_THE_OBJECT, 1),
];

/// A theatre for planners that are wrong: what is wrong shows sooner, so more may happen together.
pub(crate) fn for_mutants(name: &str) -> Theatre {
    let theatre = THEATRES.iter().find(|theatre| theatre.name == name);
    let theatre = *theatre.expect("a theatre of that name");
    let stops = u8::from(theatre.bounds.operators == 1);
    Theatre {
        bounds: Bounds {
            edits: 2,
            stops,
            ..theatre.bounds
        },
        ..theatre
    }
}

/// All of them.
pub(crate) const THEATRES: &[Theatre] = &[
    Theatre {
        name: "two operators and users",
        starts: &[|| World::new(Spec::Plain)],
        bounds: Bounds {
            edits: 1,
            operators: 2,
            ..alone(USERS)
        },
        nightly: Bounds {
            edits: 1,
            stops: 2,
            operators: 2,
            ..alone(USERS)
        },
    },
    Theatre {
        name: "two operators and a key that is ready",
        starts: &[|| World::ready(Spec::Plain)],
        bounds: Bounds {
            edits: 1,
            stops: 2,
            operators: 2,
            ..alone(USERS)
        },
        nightly: Bounds {
            operators: 2,
            ..alone(MOST_USERS)
        },
    },
    Theatre {
        name: "tools",
        starts: &[|| World::ready(Spec::Plain).beside(NEVER_WANTED, Marked::Not)],
        bounds: alone(TOOLS),
        nightly: farther(alone(TOOLS)),
    },
    Theatre {
        name: "backups",
        starts: &[|| World::new(Spec::Plain)],
        bounds: with_new_lists(alone(BACKUPS)),
        nightly: farther(with_new_lists(alone(BACKUPS))),
    },
    Theatre {
        name: "custody",
        starts: &[
            || World::rotated(Spec::Plain),
            || World::ready(Spec::Delete),
        ],
        bounds: alone(CUSTODIANS),
        nightly: farther(alone(CUSTODIANS)),
    },
    Theatre {
        name: "marks",
        starts: &[|| World::new(Spec::Plain)],
        bounds: alone(MARKERS),
        nightly: farther(alone(MARKERS)),
    },
    Theatre {
        name: "adoption",
        starts: &[|| World::new(Spec::Adopt).beside(0, Marked::Not)],
        bounds: alone(MARKERS),
        nightly: farther(alone(MARKERS)),
    },
    Theatre {
        name: "refusals",
        starts: &[
            || World::new(Spec::Plain),
            || World::ready(Spec::Plain).refusing(Refusal::FormerKeys),
            || World::ready(Spec::Plain).refusing(Refusal::ManagedSecret),
            || World::ready(Spec::Plain).refusing(Refusal::AzureDeletes),
        ],
        bounds: alone(WHO_REFUSE),
        nightly: farther(alone(WHO_REFUSE)),
    },
    Theatre {
        name: "limits",
        starts: &[|| {
            World::ready(Spec::Plain)
                .beside(NEVER_WANTED, Marked::Not)
                .through(Store::Wide)
        }],
        bounds: with_new_lists(alone(LANDLORDS)),
        nightly: farther(with_new_lists(alone(LANDLORDS))),
    },
    Theatre {
        name: "a followed key",
        starts: &[|| World::following().beside(NEVER_WANTED, Marked::Not)],
        bounds: farther(alone(WHO_FOLLOW)),
        nightly: farther(farther(alone(WHO_FOLLOW))),
    },
];
