//! What is known of the stores of the cluster, and who hears of their changes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use kube::{
    core::DeserializeGuard,
    runtime::reflector::{ObjectRef, Store},
};

use crate::{api::ClusterAzureStore, controller::sessions::store_object::StoreState};

/// A store as the watch knows it; one that can't be read stops only itself.
pub(in crate::controller) type Guarded = DeserializeGuard<ClusterAzureStore>;

/// What is known of the stores of the cluster, and who hears of their changes.
#[derive(Default)]
pub(in crate::controller) struct ClusterStores {
    pub(in crate::controller) known: OnceLock<Store<Guarded>>,
    pub(in crate::controller) listed: AtomicBool,
    listeners: Mutex<Vec<UnboundedSender<String>>>,
    /// How each was when it was told of last.
    told: Mutex<HashMap<String, StoreState>>,
}

impl ClusterStores {
    /// A store, if the watch knows it.
    pub(in crate::controller) fn get(&self, name: &str) -> Option<Arc<Guarded>> {
        self.known.get()?.get(&ObjectRef::new(name))
    }

    /// All of them, once they were listed.
    pub(in crate::controller) fn all(&self) -> Option<Vec<Arc<Guarded>>> {
        let listed = self.listed.load(Ordering::Relaxed);
        self.known.get().filter(|_| listed).map(Store::state)
    }

    /// The names of stores that have changed, from now on.
    pub(in crate::controller) fn listen(&self) -> UnboundedReceiver<String> {
        let (sender, receiver) = unbounded();
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sender);
        receiver
    }

    /// Tells of a store that was looked at, if it is another than before: most looks find nothing new.
    pub(in crate::controller) fn looked_at(&self, name: &str) {
        let state = self.get(name).map(|store| StoreState::of(&store));
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match state.clone() {
            Some(state) => told.insert(name.to_owned(), state),
            None => told.remove(name),
        };
        if before == state {
            return;
        }
        let mut listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Those of a watch that has ended are gone.
        listeners.retain(|listener| listener.unbounded_send(name.to_owned()).is_ok());
    }
}
