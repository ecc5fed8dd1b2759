//! What stores have to tell their keys: that they are otherwise than before, or were checked. A store may have very many keys:
//! they wait in line for it, and other work goes between them.

use std::{collections::HashMap, sync::Arc};

use futures::{Stream, StreamExt, future::ready, stream};
use kube::{
    Resource, ResourceExt,
    runtime::{
        reflector::{ObjectRef, Store},
        watcher::Event,
    },
};
use tokio_util::sync::CancellationToken;

use crate::{
    api::{AzureStore, SshKey, StoreKey, StoreKind},
    controller::{
        context::Context,
        memory::{
            identity::Identity, store_state::StoreState, summary::Summary, watched_key::WatchedKey,
        },
        store_id::StoreId,
        watch::{events::events, settings::api, work},
    },
    kubernetes::{client, guarded::Guarded},
};

/// Hears from now on what stores have to tell the keys of one namespace, or of all, and has them called, until `shutdown`
/// comes.
pub(in crate::controller) fn tell_keys(
    context: Arc<Context>,
    namespace: Option<&str>,
    known: Store<WatchedKey>,
    shutdown: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let checked = context.sessions.listen();
    let of_the_cluster = context.cluster_stores.listen().map(|name| StoreId {
        namespace: None,
        key: StoreKey::new(StoreKind::ClusterAzureStore, name),
    });
    let changed = changed(&context, namespace);
    let news = stream::select(changed, stream::select(checked, of_the_cluster));
    async move {
        let told = news.for_each(|store| {
            want_keys(&context, &known, &store);
            ready(())
        });
        shutdown.run_until_cancelled(told).await;
    }
}

/// Stores of namespaces that are otherwise than before.
fn changed(
    context: &Context,
    namespace: Option<&str>,
) -> impl Stream<Item = StoreId> + Send + use<> {
    let stores = api::<Guarded<AzureStore>>(context, namespace);
    let watched = client::watch(context.options.watch_timeout);
    let mut told = HashMap::new();
    events::<SshKey, _>(context, stores, watched).filter_map(move |event| {
        let store = match event {
            Ok(Event::Apply(store) | Event::InitApply(store)) if is_news(&mut told, &store) => {
                Some(store)
            }
            // Nothing stays of one that is gone.
            Ok(Event::Delete(store)) => told.remove(&ObjectRef::from_obj(&store)).map(|_| store),
            _ => None,
        };
        ready(store.map(|store| StoreId {
            namespace: store.namespace(),
            key: StoreKey::new(StoreKind::AzureStore, store.name_any()),
        }))
    })
}

/// Whether a store is another than before to its keys. It is of no interest to them that its status says what they have
/// told themselves, nor that it is held for one of them: each time, all of them would be reconciled.
fn is_news(
    told: &mut HashMap<ObjectRef<Guarded<AzureStore>>, StoreState>,
    store: &Guarded<AzureStore>,
) -> bool {
    let state = StoreState::of(store);
    let before = told.insert(ObjectRef::from_obj(store), state.clone());
    before != Some(state)
}

/// Wants the keys that are published, or were, through a store: those of its namespace, or of all that are watched.
fn want_keys(context: &Context, known: &Store<WatchedKey>, store: &StoreId) {
    for key in known.state() {
        let namespace = &key.meta().namespace;
        let is_in_reach = store.namespace.is_none() || store.namespace == *namespace;
        if is_in_reach && may_use(&key.summary, &store.key) {
            context
                .calls
                .want(&Identity::from(&*key).place, work::of_unchanged(&key));
        }
    }
}

fn may_use(key: &Summary, store: &StoreKey) -> bool {
    key.named().any(|named| named == store) || key.defaults().contains(store)
}
