//! A world that is small enough to be counted: one object, its three Secrets, its place in Azure.

/// A key pair, by number.
pub(crate) type Key = u8;

/// What there is, and what is remembered to check the promises by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) seen: Seen,
    /// What a cache may still show of the object.
    pub(crate) older: Object,
    pub(crate) past: Past,
}

/// What an operator can see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    pub(crate) object: Object,
    pub(crate) managed: Option<Managed>,
    pub(crate) staged: Option<Staged>,
    pub(crate) previous: Option<Vec<Former>>,
    /// The public key in Azure, under our marks.
    pub(crate) azure: Option<Key>,
}

/// The `SshKey`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    pub(crate) exists: bool,
    pub(crate) deleting: bool,
    pub(crate) finalizer: bool,
    /// Whether the place in Azure is recorded.
    pub(crate) place: bool,
    /// Whether Secrets beside the managed one are recorded.
    pub(crate) companions: bool,
    /// The requests that were acted upon.
    pub(crate) handled: Vec<u8>,
    /// The last request; 0 is none.
    pub(crate) request: u8,
    /// Fingerprint and revision in the status.
    pub(crate) reported: Option<(Key, u32)>,
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
            place: false,
            companions: false,
            handled: Vec::new(),
            request: 0,
            reported: None,
        };
        Self {
            older: object.clone(),
            seen: Seen {
                object,
                managed: None,
                staged: None,
                previous: None,
                azure: None,
            },
            past: Past::default(),
        }
    }

    /// An object whose key is stored, published and reported.
    pub(crate) fn ready() -> Self {
        let mut world = Self::new();
        world.seen.object.finalizer = true;
        world.seen.object.place = true;
        world.seen.object.reported = Some((0, 1));
        world.older = world.seen.object.clone();
        world.seen.managed = Some(Managed {
            key: Some(0),
            recorded: 0,
            revision: 1,
            request: 0,
        });
        world.seen.azure = Some(0);
        world.past.made = 1;
        world.past.published = vec![0];
        world.past.used = vec![(1, 0)];
        world
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

    /// Whether it is among the former ones.
    pub(crate) fn keeps(&self, key: Key) -> bool {
        self.previous
            .iter()
            .flatten()
            .any(|former| former.key == key)
    }
}
