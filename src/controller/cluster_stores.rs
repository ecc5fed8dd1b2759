//! The stores of the cluster: watched once, whichever namespaces are watched, and heard by the keys of all of them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::{
    Stream, StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    stream,
};
use kube::{
    Api, Resource,
    core::DeserializeGuard,
    runtime::{
        controller,
        reflector::{ObjectRef, Store},
    },
};
use tokio_util::sync::CancellationToken;

use super::{
    blocking::Asker,
    context::Context,
    measure::{self, watch_failure},
    store,
    store_object::{StoreId, StoreState},
    triggers, watch,
};
use crate::{
    api::{ClusterAzureStore, StoreKey, StoreKind},
    kubernetes::client,
};

type Guarded = DeserializeGuard<ClusterAzureStore>;

/// What is known of the stores of the cluster, and who hears of their changes.
#[derive(Default)]
pub(super) struct ClusterStores {
    known: OnceLock<Store<Guarded>>,
    listed: AtomicBool,
    listeners: Mutex<Vec<UnboundedSender<String>>>,
    /// How each was when it was told of last.
    told: Mutex<HashMap<String, StoreState>>,
}

impl ClusterStores {
    /// A store, if the watch knows it.
    pub(super) fn get(&self, name: &str) -> Option<Arc<Guarded>> {
        self.known.get()?.get(&ObjectRef::new(name))
    }

    /// All of them, once they were listed.
    pub(super) fn all(&self) -> Option<Vec<Arc<Guarded>>> {
        let listed = self.listed.load(Ordering::Relaxed);
        self.known.get().filter(|_| listed).map(Store::state)
    }

    /// The names of stores that have changed, from now on.
    pub(super) fn listen(&self) -> UnboundedReceiver<String> {
        let (sender, receiver) = unbounded();
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sender);
        receiver
    }

    /// Tells of a store that was looked at, if it is another than before: most looks find nothing new.
    fn looked_at(&self, name: &str) {
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

/// Stores of the cluster of which a key has something to tell.
fn stores_to_look_at(context: &Context) -> impl Stream<Item = ObjectRef<Guarded>> + Send + 'static {
    let opened = context.blocking.listen().filter_map(|asker| {
        std::future::ready(match asker {
            Asker::Store { id, .. } => Some(id),
            Asker::Key { .. } => None,
        })
    });
    stream::select(context.store_uses.listen(), opened).filter_map(|id| {
        let of_cluster = id.namespace.is_none();
        std::future::ready(of_cluster.then(|| ObjectRef::new(&id.key.name)))
    })
}

/// Runs the controller of the cluster's stores until `shutdown` comes. `ready` is called once they were listed.
pub async fn run_cluster_stores(
    context: Arc<Context>,
    shutdown: CancellationToken,
    ready: impl FnOnce() + Send + 'static,
) {
    let api: Api<Guarded> = Api::all(context.client.clone());
    let watched = client::watch(context.options.watch_timeout);
    let stores = triggers::controller(api, watched, |_| |_| {})
        .with_config(watch::settings())
        .trigger_backoff(watch::after_watch_error(&context))
        .reconcile_on(stores_to_look_at(&context))
        .graceful_shutdown_on(shutdown.clone().cancelled_owned());
    let reader = stores.store();
    // Run once only: there is nothing in it yet.
    drop(context.cluster_stores.known.set(reader.clone()));
    let heard = Arc::clone(&context);
    let listed = async move {
        if reader.wait_until_ready().await.is_ok() {
            heard.cluster_stores.listed.store(true, Ordering::Relaxed);
            ready();
        }
    };
    measure::begin::<ClusterAzureStore>(&context.metrics, context.options.concurrency);
    let heard = Arc::clone(&context);
    let stores = stores
        .run(
            move |store, context| watch::reconcile_store(store, context, shutdown.clone()),
            |store, error, context| watch::retry(&context, store.meta().uid.as_ref(), error),
            context,
        )
        .inspect(|result| watch_failure::<ClusterAzureStore, _>(&heard.metrics, result))
        .for_each(|result| {
            match &result {
                Ok((store, _)) => heard.cluster_stores.looked_at(&store.name),
                Err(controller::Error::ObjectNotFound(gone)) => {
                    heard.part::<ClusterAzureStore>(gone);
                    heard.cluster_stores.looked_at(&gone.name);
                    let key = StoreKey::new(StoreKind::ClusterAzureStore, &gone.name);
                    store::gone(&heard, &StoreId::seen_from("", &key));
                }
                Err(_) => {}
            }
            watch::log(result);
            std::future::ready(())
        });
    tokio::join!(stores, listed);
}
