//! What people and programs do to keys, at random.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::Value;
use sshkey_operator::api::SshKey;
use tokio_util::sync::CancellationToken;

use super::{
    dice::Dice,
    tally::Tally,
    tenants,
    wanted::{Key, Wanted},
};
use crate::world::{World, resource_id};

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// Another tag in Azure.
    Tag,
    /// An output more, or one less.
    Output,
    /// Suspended, or no longer.
    Suspend,
    /// Deleted, and another key made.
    Replace,
    /// Deleted, and made again under the same name at once.
    Again,
    /// Made and deleted at once.
    Flash,
    /// Somebody deletes the key in Azure.
    DriftInAzure,
    /// Somebody deletes an output.
    DriftOfOutput,
    /// A rotation is asked for.
    Rotate,
    /// A tool replaces the object: what the operator wrote into the metadata is gone.
    Tool,
    /// A tenant writes the records of another object onto this one.
    Forge,
}

/// All of them.
pub(super) const EDITS: [Edit; 11] = [
    Edit::Tag,
    Edit::Output,
    Edit::Suspend,
    Edit::Replace,
    Edit::Again,
    Edit::Flash,
    Edit::DriftInAzure,
    Edit::DriftOfOutput,
    Edit::Rotate,
    Edit::Tool,
    Edit::Forge,
];

impl Edit {
    /// What is done to this key. What is replaced and deleted while the operator is down, nobody finds: the manual says so.
    fn of(self, key: &Key) -> Self {
        let deletes = matches!(self, Self::Replace | Self::Again);
        if deletes && key.was_replaced {
            Self::Tag
        } else {
            self
        }
    }
}

/// How long a request of an editor is waited for: servers are restarted under it.
const PATIENCE: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(200);

/// Somebody who edits keys of its own, one after the other.
pub(super) struct Editor {
    pub(super) world: Arc<World>,
    pub(super) dice: Dice,
    pub(super) edits: Arc<[Edit]>,
    /// The number of the next key, shared by all.
    pub(super) next: Arc<AtomicU64>,
    pub(super) wanted: Wanted,
    pub(super) done: Arc<Tally>,
    /// The longest pause between two edits, in milliseconds.
    pub(super) pause_ms: u64,
}

impl Editor {
    /// Makes so many keys.
    pub(super) async fn begin(&mut self, keys: u32) {
        for _ in 0..keys {
            self.create().await;
        }
    }

    /// Edits until the end, and gives back what there should be then: nothing is suspended any more.
    pub(super) async fn work(mut self, end: CancellationToken) -> Wanted {
        while !end.is_cancelled() {
            let pause = self.dice.time(0, self.pause_ms);
            if end
                .run_until_cancelled(tokio::time::sleep(pause))
                .await
                .is_none()
            {
                break;
            }
            self.edit().await;
        }
        let names: Vec<String> = self.wanted.keys().cloned().collect();
        for name in names {
            if let Some(key) = self.wanted.get_mut(&name)
                && key.suspended
            {
                key.suspended = false;
                self.apply(&name).await;
            }
        }
        self.wanted
    }

    async fn edit(&mut self) {
        let Some(edit) = self.dice.pick(&self.edits).copied() else {
            return;
        };
        let names: Vec<String> = self.wanted.keys().cloned().collect();
        let Some(name) = self.dice.pick(&names).cloned() else {
            return self.create().await;
        };
        let tag = self.dice.below(1_000);
        let Some(key) = self.wanted.get_mut(&name) else {
            return;
        };
        let edit = edit.of(key);
        match edit {
            Edit::Tool => {
                key.was_replaced = true;
                self.patch(&name, &tenants::replaced()).await;
            }
            Edit::Forge => {
                key.was_replaced = true;
                let forged = tenants::forged(self.world.namespace());
                self.patch(&name, &forged).await;
            }
            Edit::Tag => {
                key.tag = tag;
                self.apply(&name).await;
            }
            Edit::Output => {
                key.more = !key.more;
                self.apply(&name).await;
            }
            Edit::Suspend => {
                key.suspended = !key.suspended;
                self.apply(&name).await;
            }
            Edit::Rotate => {
                key.rotations += 1;
                self.apply(&name).await;
            }
            Edit::Again if !key.is_kept() => {
                self.delete(&name).await;
                self.apply_when_gone(&name).await;
            }
            Edit::Replace | Edit::Again => {
                self.wanted.remove(&name);
                self.delete(&name).await;
                self.create().await;
            }
            Edit::Flash => {
                let name = self.create_named().await;
                self.wanted.remove(&name);
                self.delete(&name).await;
            }
            Edit::DriftInAzure => {
                let id = resource_id(&format!("{}.{name}", self.world.namespace()));
                self.world.emulator().delete_key(&id);
            }
            Edit::DriftOfOutput => {
                if let Some(output) = key.output(&name) {
                    let maps: Api<ConfigMap> = self.world.api();
                    persist(async || gone(maps.delete(&output, &DeleteParams::default()).await))
                        .await;
                }
            }
        }
        self.done.count(match edit {
            Edit::Tag => "tags",
            Edit::Output => "outputs",
            Edit::Suspend => "suspensions",
            Edit::Replace => "replaced",
            Edit::Again => "made again",
            Edit::Flash => "made and deleted at once",
            Edit::DriftInAzure => "deleted in Azure",
            Edit::DriftOfOutput => "outputs deleted",
            Edit::Rotate => "rotations",
            Edit::Tool => "metadata replaced",
            Edit::Forge => "records forged",
        });
    }

    async fn create(&mut self) {
        self.create_named().await;
    }

    async fn create_named(&mut self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("key-{number:05}");
        self.wanted.insert(name.clone(), Key::new(number));
        self.apply(&name).await;
        name
    }

    async fn apply(&self, name: &str) {
        let Some(key) = self.wanted.get(name) else {
            return;
        };
        let manifest = key.manifest(name);
        let keys: Api<SshKey> = self.world.api();
        let params = PatchParams::apply("soak").force();
        persist(async || {
            keys.patch(name, &params, &Patch::Apply(&manifest))
                .await
                .map(drop)
        })
        .await;
    }

    async fn patch(&self, name: &str, patch: &Value) {
        let keys: Api<SshKey> = self.world.api();
        let (params, patch) = (PatchParams::default(), Patch::Merge(patch));
        persist(async || gone(keys.patch(name, &params, &patch).await)).await;
    }

    async fn delete(&self, name: &str) {
        let keys: Api<SshKey> = self.world.api();
        persist(async || gone(keys.delete(name, &DeleteParams::default()).await)).await;
    }

    /// What is applied while the object before is still going would go with it.
    async fn apply_when_gone(&self, name: &str) {
        let keys: Api<SshKey> = self.world.api();
        loop {
            let mut there = true;
            persist(async || {
                there = keys.get_metadata_opt(name).await?.is_some();
                Ok(())
            })
            .await;
            if !there {
                break;
            }
            tokio::time::sleep(RETRY).await;
        }
        self.apply(name).await;
    }
}

/// What is not there need not be deleted.
fn gone<T>(deleted: kube::Result<T>) -> kube::Result<()> {
    match deleted {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => other.map(drop),
    }
}

/// Until it works: an editor goes through restarts of servers.
async fn persist(mut attempt: impl AsyncFnMut() -> kube::Result<()>) {
    loop {
        match tokio::time::timeout(PATIENCE, attempt()).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => tracing::debug!(%error, "an edit is tried again"),
            Err(_) => tracing::debug!("an edit is tried again"),
        }
        tokio::time::sleep(RETRY).await;
    }
}
