//! What has happened: no operator knows it.

use crate::world::object::Key;

/// Keys, one bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Keys(u32);

impl Keys {
    /// These.
    pub(crate) fn of(keys: &[Key]) -> Self {
        let mut all = Self::default();
        for key in keys {
            all.add(*key);
        }
        all
    }

    pub(crate) fn add(&mut self, key: Key) {
        self.0 |= 1 << key;
    }

    pub(crate) fn has(self, key: Key) -> bool {
        self.0 & (1 << key) != 0
    }

    pub(crate) fn count(self) -> usize {
        self.0.count_ones() as usize
    }
}

/// The most revisions that a life in the bounds has.
const REVISIONS: usize = 16;

/// What has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Past {
    /// How many keys were generated.
    pub(crate) made: u8,
    /// Keys that somebody may trust: they were in Azure.
    pub(crate) published: Keys,
    /// Keys of which a person destroyed a copy.
    pub(crate) destroyed: Keys,
    /// Keys that were let go in their time.
    pub(crate) retired: Keys,
    /// Which keys were the current one or in Azure, by revision.
    pub(crate) used: [Keys; REVISIONS],
    /// Whether a person has destroyed or changed anything: what follows is no breach of what depends on it.
    pub(crate) meddled: bool,
    /// How many requests were made: they are numbered from 1.
    pub(crate) requests: u8,
    /// How often people did something, and how often an operator stopped.
    pub(crate) edits: u8,
    pub(crate) stops: u8,
}

impl Past {
    /// A key came into use as a revision.
    pub(crate) fn use_as(&mut self, revision: u32, key: Key) {
        self.used[revision as usize].add(key);
    }

    /// How many pairs of revision and key came into use.
    pub(crate) fn uses(&self) -> usize {
        self.used.iter().map(|keys| keys.count()).sum()
    }

    /// A person destroyed a copy of a key; whether there was one.
    pub(crate) fn destroy(&mut self, key: Option<Key>) -> bool {
        let Some(key) = key else { return false };
        self.meddled = true;
        self.destroyed.add(key);
        true
    }
}
