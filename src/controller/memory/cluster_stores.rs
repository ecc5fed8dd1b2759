//! What is known of the stores of the cluster, and who hears of their changes.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::channel::mpsc::UnboundedReceiver;
use kube::runtime::reflector::{ObjectRef, Store};
use parking_lot::Mutex;

use crate::{
    api::ClusterAzureStore,
    controller::{memory::store_state::StoreState, wakeups::Wakeups},
    kubernetes::guarded::Guarded,
};

/// What is known of the stores of the cluster, and who hears of their changes.
#[derive(Default)]
pub(in crate::controller) struct ClusterStores {
    pub(in crate::controller) known: OnceLock<Store<Guarded<ClusterAzureStore>>>,
    pub(in crate::controller) listed: AtomicBool,
    /// The names of stores that have changed.
    wakeups: Wakeups<String>,
    /// How each was when it was told of last.
    told: Mutex<HashMap<String, StoreState>>,
}

impl ClusterStores {
    /// A store, if the watch knows it.
    pub(in crate::controller) fn get(&self, name: &str) -> Option<Arc<Guarded<ClusterAzureStore>>> {
        self.known.get()?.get(&ObjectRef::new(name))
    }

    /// All of them, once they were listed.
    pub(in crate::controller) fn all(&self) -> Option<Vec<Arc<Guarded<ClusterAzureStore>>>> {
        let listed = self.listed.load(Ordering::Relaxed);
        self.known.get().filter(|_| listed).map(Store::state)
    }

    /// The names of stores that have changed, from now on.
    pub(in crate::controller) fn listen(&self) -> UnboundedReceiver<String> {
        self.wakeups.listen()
    }

    /// Tells of a store that was checked, if it is another than before: most checks find nothing new.
    pub(in crate::controller) fn looked_at(&self, name: &str) {
        let state = self.get(name).map(|store| StoreState::of(&store));
        let mut told = self.told.lock();
        let before = match state.clone() {
            Some(state) => told.insert(name.to_owned(), state),
            None => told.remove(name),
        };
        if before == state {
            return;
        }
        self.wakeups.tell(&name.to_owned());
    }
}
