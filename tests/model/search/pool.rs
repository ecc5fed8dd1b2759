//! What is equal is kept once, so that whole states are compared by where their parts are.

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

/// More shards than threads, so that these rarely wait for each other.
const SHARDS: usize = 32;

/// Values by their keys, one of each.
pub(crate) struct Pool<K, V> {
    shards: Vec<Mutex<HashMap<K, V, Quick>>>,
}

impl<K: Hash + Eq + Copy, V: Clone> Pool<K, V> {
    pub(crate) fn new() -> Self {
        let shard = |_| Mutex::new(HashMap::default());
        Self {
            shards: (0..SHARDS).map(shard).collect(),
        }
    }

    /// The value of a key, which is made when there is none, and whether it was made now.
    pub(crate) fn get(&self, key: &K, make: impl FnOnce() -> V) -> (V, bool) {
        let hash = Quick::default().hash_one(key);
        let shard = &self.shards[(hash >> 58) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shard.get(key) {
            return (known.clone(), false);
        }
        let value = make();
        shard.insert(*key, value.clone());
        (value, true)
    }

    /// Whether there is one.
    pub(crate) fn has(&self, key: &K) -> bool {
        let hash = Quick::default().hash_one(key);
        let shard = &self.shards[(hash >> 58) as usize % SHARDS];
        let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.contains_key(key)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        let len = |shard: &Mutex<HashMap<K, V, Quick>>| {
            shard.lock().unwrap_or_else(PoisonError::into_inner).len()
        };
        self.shards.iter().map(len).sum()
    }
}

/// Where a shared value is: two are one if they are at one place.
pub(crate) fn place_of<T>(value: &Arc<T>) -> usize {
    Arc::as_ptr(value).addr()
}

type Quick = BuildHasherDefault<Mix>;

/// A hash that is quick also where nothing is optimized, as in tests. Nobody chooses its input.
#[derive(Default)]
pub(crate) struct Mix(u64);

impl Mix {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        (self.0 ^ (self.0 >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.mix(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.mix(number.cast_unsigned() as u64);
    }
}
