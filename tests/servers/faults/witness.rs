//! Sees every private key that is ever stored in a Secret.

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::{Arc, Mutex},
};

use dev::world::World;
use futures::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use sshkey_operator::keys::{KeyPair, PublicKey};

use crate::manifests::secret;

/// What the Secrets are called by which is known how far the watch has come.
pub(super) const MARK: &str = "mark-";

#[derive(Clone)]
pub(super) struct Witness(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// Public halves, in the order in which they were first stored.
    keys: Vec<PublicKey>,
    marks: BTreeSet<String>,
    next_mark: u32,
}

impl Witness {
    /// Watches from now on.
    pub(super) fn watch(world: &World) -> Self {
        let witness = Self(Arc::default());
        let seen = witness.0.clone();
        let secrets = world.api::<Secret>();
        tokio::spawn(async move {
            let events = watcher(secrets, watcher::Config::default()).default_backoff();
            let mut events = pin!(events.applied_objects());
            while let Some(event) = events.next().await {
                // After an error it goes on where it was.
                if let Ok(secret) = event {
                    seen.lock().unwrap().see(&secret);
                }
            }
        });
        witness
    }

    /// Forgets what was stored up to now.
    pub(super) async fn begin(&self, world: &World) {
        self.catch_up(world).await;
        self.0.lock().unwrap().keys.clear();
    }

    /// The keys that were stored since then.
    pub(super) async fn keys(&self, world: &World) -> Vec<PublicKey> {
        self.catch_up(world).await;
        self.keys_seen()
    }

    /// Those that it has seen, of which the last may be missing.
    pub(super) fn keys_seen(&self) -> Vec<PublicKey> {
        self.0.lock().unwrap().keys.clone()
    }

    /// Waits until everything was seen that has happened.
    async fn catch_up(&self, world: &World) {
        let mark = {
            let mut seen = self.0.lock().unwrap();
            seen.next_mark += 1;
            format!("{MARK}{}", seen.next_mark)
        };
        world.apply(&secret(&mark, "a", "mark")).await;
        world
            .until("the watch has come so far", async || {
                let seen = self.0.lock().unwrap();
                if seen.marks.contains(&mark) {
                    Ok(())
                } else {
                    Err(format!("{:?}", seen.marks.last()))
                }
            })
            .await;
    }
}

impl Seen {
    fn see(&mut self, secret: &Secret) {
        let name = secret.name_any();
        if name.starts_with(MARK) {
            self.marks.insert(name);
            return;
        }
        for (_, bytes) in secret.data.iter().flatten() {
            let Ok(pair) = KeyPair::read(&bytes.0, None) else {
                continue;
            };
            let key = pair.public_key();
            if !self.keys.contains(&key) {
                self.keys.push(key);
            }
        }
    }
}
