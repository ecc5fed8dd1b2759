//! A world that is small enough to be counted: one object, its three Secrets, its place in Azure.

/// A key pair, by number.
pub(crate) type Key = u8;

/// What there is, and what is remembered to check the promises by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) seen: Seen,
    /// What a cache may still show of the object.
    pub(crate) older: Object,
    /// What a list may still show of Azure.
    pub(crate) listed: Azure,
    /// Whether a policy puts another key into Azure whenever one is written there.
    pub(crate) policy: bool,
    pub(crate) past: Past,
}

/// What an operator can see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    pub(crate) object: Object,
    pub(crate) managed: Option<Managed>,
    pub(crate) staged: Option<Staged>,
    pub(crate) previous: Option<Previous>,
    pub(crate) azure: Azure,
}

/// Both places in Azure: the one that a new object has, and the one that a person may name later.
pub(crate) type Azure = [Option<Slot>; 2];

/// A public key in Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    pub(crate) key: Key,
    /// Whether it is under our mark.
    pub(crate) ours: bool,
}

/// The Secret that has the name of the one for former keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Previous {
    Ours(Vec<Former>),
    Foreign,
}

/// The `SshKey`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    pub(crate) exists: bool,
    pub(crate) deleting: bool,
    pub(crate) finalizer: bool,
    /// Which place in Azure is wanted.
    pub(crate) wanted: u8,
    /// Which places in Azure are recorded.
    pub(crate) places: [bool; 2],
    /// The place that the status names.
    pub(crate) shown: Option<u8>,
    /// The places that the status lists, and whether each is being left.
    pub(crate) listed: [Option<bool>; 2],
    /// Whether Secrets beside the managed one are recorded.
    pub(crate) may_have_secrets: bool,
    /// The requests that were acted upon.
    pub(crate) handled: Vec<u8>,
    /// The last request; 0 is none.
    pub(crate) request: u8,
    /// Fingerprint and revision in the status.
    pub(crate) reported: Option<(Key, u32)>,
    /// The next and the former keys that the status names.
    pub(crate) others: Vec<Key>,
}

/// The managed Secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Managed {
    /// The private key; none once somebody has emptied it.
    pub(crate) key: Option<Key>,
    pub(crate) recorded: Key,
    pub(crate) revision: u32,
    pub(crate) request: u8,
}

/// The Secret of the next key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Staged {
    pub(crate) key: Key,
    pub(crate) revision: u32,
    pub(crate) request: u8,
}

/// A former key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Former {
    pub(crate) key: Key,
    pub(crate) revision: u32,
    pub(crate) dated: bool,
}

/// What has happened: no operator knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Past {
    /// How many keys were generated.
    pub(crate) made: u8,
    /// Keys that somebody may trust: they were in Azure.
    pub(crate) published: Vec<Key>,
    /// Keys of which a person destroyed a copy.
    pub(crate) destroyed: Vec<Key>,
    /// Keys that were let go in their time.
    pub(crate) retired: Vec<Key>,
    /// Which key was the current one or in Azure as which revision.
    pub(crate) used: Vec<(u32, Key)>,
    /// Whether a person has destroyed or changed anything: what follows is no breach of what depends on it.
    pub(crate) meddled: bool,
    /// Requests that were made.
    pub(crate) requests: Vec<u8>,
    pub(crate) edits: u8,
    pub(crate) stops: u8,
}

impl World {
    /// An object that has just been applied.
    pub(crate) fn new() -> Self {
        let object = Object {
            exists: true,
            deleting: false,
            finalizer: false,
            wanted: 0,
            places: [false; 2],
            shown: None,
            listed: [None; 2],
            may_have_secrets: false,
            handled: Vec::new(),
            request: 0,
            reported: None,
            others: Vec::new(),
        };
        Self {
            older: object.clone(),
            listed: [None; 2],
            policy: false,
            seen: Seen {
                object,
                managed: None,
                staged: None,
                previous: None,
                azure: [None; 2],
            },
            past: Past::default(),
        }
    }

    /// An object whose key is stored, published and reported.
    pub(crate) fn ready() -> Self {
        let mut world = Self::new();
        world.seen.object.finalizer = true;
        world.seen.object.places = [true, false];
        world.seen.object.shown = Some(0);
        world.seen.object.listed = [Some(false), None];
        world.seen.object.reported = Some((0, 1));
        world.older = world.seen.object.clone();
        world.seen.managed = Some(Managed {
            key: Some(0),
            recorded: 0,
            revision: 1,
            request: 0,
        });
        world.seen.azure = [Some(Slot { key: 0, ours: true }), None];
        world.listed = world.seen.azure;
        world.past.made = 1;
        world.past.published = vec![0];
        world.past.used = vec![(1, 0)];
        world
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
        let before = self.seen.object.clone();
        change(&mut self.seen.object);
        if self.seen.object != before {
            self.older = before;
        }
    }
}

impl Seen {
    /// Whether a private key is in one of the Secrets.
    pub(crate) fn holds(&self, key: Key) -> bool {
        self.managed.as_ref().and_then(|managed| managed.key) == Some(key)
            || self.staged.as_ref().is_some_and(|staged| staged.key == key)
            || self.keeps(key)
    }

    /// The former keys.
    pub(crate) fn former(&self) -> &[Former] {
        match &self.previous {
            Some(Previous::Ours(former)) => former,
            Some(Previous::Foreign) | None => &[],
        }
    }

    /// The place that is wanted.
    pub(crate) fn wanted(&self) -> usize {
        self.object.wanted.into()
    }

    /// Whether it is among the former ones.
    pub(crate) fn keeps(&self, key: Key) -> bool {
        self.former().iter().any(|former| former.key == key)
    }
}
