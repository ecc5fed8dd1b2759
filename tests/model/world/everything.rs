//! Everything there is, what of it an operator can see, and the worlds that a search starts from.

use crate::world::{
    Azure, By, Came, Fate, Former, Hinted, Kept, Key, Keys, Listed, Managed, Marked, Metadata,
    Object, Owner, PLACES, Past, Previous, Slot, Spec, Staged, Status, Store, few::Few,
};

/// What there is, and what is remembered to check the promises by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) seen: Seen,
    /// What a cache may still show of the object.
    pub(crate) older: Object,
    /// What a list may still show of Azure.
    pub(crate) listed: Azure,
    /// Whether a policy puts another key into Azure whenever one is written there.
    pub(crate) policy: bool,
    /// What is refused for good, as long as nobody relents.
    pub(crate) refuses: Option<Refusal>,
    pub(crate) past: Past,
}

/// Which requests somebody refuses for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Refusal {
    /// Those that make or change a key in Azure.
    AzureWrites,
    /// Those that delete one there.
    AzureDeletes,
    /// Those on the Secret of former keys.
    FormerKeys,
    /// Those on the managed Secret.
    ManagedSecret,
    /// Those on the metadata of the object.
    Metadata,
    /// All of them: the operator's rights are taken away.
    Everything,
}

/// What an operator can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    pub(crate) object: Object,
    pub(crate) store: Store,
    pub(crate) managed: Option<Managed>,
    pub(crate) staged: Option<Staged>,
    pub(crate) previous: Option<Previous>,
    pub(crate) azure: Azure,
}

impl World {
    /// An object that has just been applied.
    pub(crate) fn new(spec: Spec) -> Self {
        let object = Object {
            exists: true,
            uid: 1,
            spec,
            wanted: 0,
            deleting: false,
            request: 0,
            metadata: Metadata::default(),
            status: None,
        };
        Self {
            older: object,
            listed: [None; PLACES],
            policy: false,
            refuses: None,
            seen: Seen {
                object,
                store: Store::Own,
                managed: None,
                staged: None,
                previous: None,
                azure: [None; PLACES],
            },
            past: Past::default(),
        }
    }

    /// An object whose key is stored, published and reported.
    pub(crate) fn ready(spec: Spec) -> Self {
        let mut world = Self::new(spec);
        world.seen.object.metadata = Metadata::when_ready();
        let mut status = Status {
            of: 1,
            reported: Some((0, 1)),
            shown: Some(0),
            ..Status::default()
        };
        status.places[0] = Some(Listed {
            is_leaving: false,
            origin: Came::Created,
            stays: false,
        });
        world.seen.object.status = Some(status);
        world.seen.managed = Some(Managed {
            key: Some(0),
            recorded: Some(0),
            revision: 1,
            request: 0,
            owner: Owner::Uid(1),
            fate: Fate::Stays,
        });
        world.seen.azure[0] = Some(Slot::ours(0, 1));
        world.past.made = 1;
        world.past.published = Keys::of(&[0]);
        world.past.use_as(1, 0);
        world.settled()
    }

    /// The same after its key was rotated once: the first is a former one.
    pub(crate) fn rotated(spec: Spec) -> Self {
        let mut world = Self::ready(spec);
        let object = &mut world.seen.object;
        object.request = 1;
        object.metadata.may_have_secrets = true;
        object.metadata.handled.push(1);
        if let Some(status) = &mut object.status {
            status.reported = Some((1, 2));
            status.former.push(0);
            status.handled.push(1);
        }
        if let Some(managed) = &mut world.seen.managed {
            managed.key = Some(1);
            managed.recorded = Some(1);
            managed.revision = 2;
            managed.request = 1;
        }
        let mut kept = Kept {
            of: 1,
            ..Kept::default()
        };
        kept.keys.push(Former {
            key: 0,
            revision: 1,
            dated: true,
        });
        world.seen.previous = Some(Previous::Ours(kept));
        world.seen.azure[0] = Some(Slot::ours(1, 1));
        world.past.made = 2;
        world.past.requests = 1;
        world.past.published = Keys::of(&[0, 1]);
        world.past.use_as(2, 1);
        world.settled()
    }

    /// The same while somebody refuses something.
    pub(crate) fn refusing(mut self, what: Refusal) -> Self {
        self.refuses = Some(what);
        self
    }

    /// An object that follows a key which is in Azure already.
    pub(crate) fn following() -> Self {
        let mut world = Self::new(Spec::Follow);
        world.seen.azure[0] = Some(Slot::of_another(Marked::Not));
        world.settled()
    }

    /// The same through a store of the cluster.
    pub(crate) fn through(mut self, store: Store) -> Self {
        self.seen.store = store;
        self
    }

    /// The same with a key of somebody else's at a place.
    pub(crate) fn beside(mut self, place: usize, mark: Marked) -> Self {
        self.seen.azure[place] = Some(Slot::of_another(mark));
        self.settled()
    }

    /// The same where caches and lists show what is there.
    pub(crate) fn settled(mut self) -> Self {
        self.older = self.seen.object;
        self.listed = self.seen.azure;
        self
    }

    /// The same once nobody refuses anything.
    pub(crate) fn relented(mut self) -> Self {
        self.refuses = None;
        self
    }

    /// Changes Azure; a list goes on to show what was before.
    pub(crate) fn change_azure(&mut self, change: impl FnOnce(&mut Azure)) {
        let before = self.seen.azure;
        change(&mut self.seen.azure);
        if self.seen.azure != before {
            self.listed = before;
        }
    }

    /// Changes the object; the cache goes on to show what was before.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Object)) {
        let before = self.seen.object;
        change(&mut self.seen.object);
        if self.seen.object != before {
            self.older = before;
        }
    }
}

impl Metadata {
    /// What an operator has written of an object that is published at the first place.
    pub(crate) fn when_ready() -> Self {
        let mut metadata = Self {
            finalizer: true,
            recorded_uid: Some(1),
            ..Self::default()
        };
        metadata.hints[0] = Some(Hinted::default());
        metadata
    }
}

impl Seen {
    /// Whether a private key is in one of the Secrets.
    pub(crate) fn holds(&self, key: Key) -> bool {
        self.holds_in(key, |_| true)
    }

    /// Whether a private key is in a Secret that is not being deleted.
    pub(crate) fn holds_for_good(&self, key: Key) -> bool {
        self.holds_in(key, Fate::lasts)
    }

    fn holds_in(&self, key: Key, fits: impl Fn(Fate) -> bool) -> bool {
        let managed = self
            .managed
            .is_some_and(|it| it.key == Some(key) && fits(it.fate));
        let staged = self.staged.is_some_and(|it| it.key == key && fits(it.fate));
        let previous = match &self.previous {
            Some(Previous::Ours(kept)) => fits(kept.fate) && self.keeps(key),
            Some(Previous::Foreign) | None => false,
        };
        managed || staged || previous
    }

    /// The former keys.
    pub(crate) fn former(&self) -> Few<Former, 10> {
        match &self.previous {
            Some(Previous::Ours(kept)) => kept.keys,
            Some(Previous::Foreign) | None => Few::default(),
        }
    }

    /// The place that is wanted.
    pub(crate) fn wanted(&self) -> usize {
        self.object.wanted.into()
    }

    /// Whether it is among the former ones.
    pub(crate) fn keeps(&self, key: Key) -> bool {
        self.former().all().iter().any(|former| former.key == key)
    }

    /// The current key.
    pub(crate) fn current(&self) -> Option<Key> {
        self.managed?.key
    }

    /// Whether an object of this UID had the place of this one, by the records of the object or of its Secret.
    pub(crate) fn is_predecessor(&self, uid: u8, key: Key) -> bool {
        let recorded = self.object.metadata.recorded_uid == Some(uid);
        let in_secret = self
            .managed
            .is_some_and(|it| it.owner == Owner::Uid(uid) && it.key == Some(key));
        uid != self.object.uid && (recorded || in_secret)
    }

    /// Whether this object has a right to a key in Azure, by the page on hints and authority: its mark is there; or a
    /// predecessor's, and the key is kept; or no whole mark, and it was made by it or taken over on request.
    pub(crate) fn may_have(&self, slot: Slot) -> bool {
        match slot.mark {
            Marked::As(uid) if uid == self.object.uid => true,
            Marked::As(uid) => self.is_predecessor(uid, slot.key) && self.holds(slot.key),
            Marked::AsAnother => false,
            Marked::Not | Marked::Partly => {
                slot.by != By::Another || self.object.spec == Spec::Adopt
            }
        }
    }
}
