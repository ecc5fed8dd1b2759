//! What wakes a key or a store beside a change of itself: the stores of keys, what the operator keeps for them, and work that
//! is done.

use std::{collections::HashMap, sync::Arc};

use futures::{Stream, StreamExt, future::ready, stream};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Resource, ResourceExt,
    runtime::{
        Controller, WatchStreamExt,
        reflector::{ObjectRef, Store},
    },
};
use parking_lot::Mutex;

use crate::{
    api::{AzureStore, SshKey, StoreKey, StoreKind, names::label},
    controller::{
        blocking::Asker,
        context::Context,
        memory::{
            identity::{Identity, Place},
            store_state::StoreState,
            summary::Summary,
            watched_key::WatchedKey,
        },
        scope::Scope,
        turns::calls::Calls,
        watch::{events::events, settings::api},
    },
    kubernetes::{
        client,
        guarded::{Guarded, Watched},
        owned::Owned,
    },
};

/// Objects of a watch of one namespace, or of all, whose turn is near.
pub(in crate::controller) fn called<W>(
    calls: &Calls,
    namespace: Option<String>,
) -> impl Stream<Item = ObjectRef<W>> + Send + 'static
where
    W: Watched,
{
    calls.listen().filter_map(move |place| {
        let of = place.namespace();
        let is_watched = namespace.as_ref().is_none_or(|namespace| namespace == of);
        ready(place.object().filter(|_| is_watched))
    })
}

/// Stores of a watch of which a key has something to tell.
pub(in crate::controller) fn stores_to_look_at(
    context: &Context,
    namespace: Option<String>,
) -> impl Stream<Item = ObjectRef<Guarded<AzureStore>>> + Send + 'static {
    let opened = context.blocking.listen().filter_map(|asker| {
        ready(match asker {
            Asker::Store { id, .. } => Some(id),
            Asker::Key { .. } | Asker::Plan { .. } => None,
        })
    });
    stream::select(context.store_uses.listen(), opened).filter_map(move |id| {
        let watched = id.namespace.filter(|of_store| {
            namespace
                .as_ref()
                .is_none_or(|namespace| namespace == of_store)
        });
        ready(watched.map(|of_store| ObjectRef::new(&id.key.name).within(&of_store)))
    })
}

/// Adds what wakes keys beside themselves: their stores, and what the operator keeps for them.
pub(in crate::controller) fn wakers(
    keys: Controller<WatchedKey>,
    scope: &Scope,
    namespace: Option<&str>,
    known: &Store<WatchedKey>,
) -> Controller<WatchedKey> {
    let context = &scope.context;
    let watched = client::watch(context.options.watch_timeout);
    let stores = api::<Guarded<AzureStore>>(context, namespace);
    let stores = events::<SshKey, _>(context, stores, watched.clone()).touched_objects();
    let mut keys = keys.watches_stream(stores, {
        let known = known.clone();
        let told = Mutex::new(HashMap::new());
        move |store| {
            if !is_news(&told, &store) {
                return Vec::new();
            }
            let key = StoreKey::new(StoreKind::AzureStore, store.name_any());
            keys_of_store(&known, store.namespace().as_deref(), &key)
        }
    });
    keys = keys
        .reconcile_on(looked_at(context, known))
        .reconcile_on(done_for(context, known));
    if context.options.watch_cluster_stores {
        let known = known.clone();
        let changed = context.cluster_stores.listen().flat_map(move |name| {
            let store = StoreKey::new(StoreKind::ClusterAzureStore, name);
            stream::iter(keys_of_store(&known, None, &store))
        });
        keys = keys.reconcile_on(changed);
    }
    if context.options.watch_secrets {
        let roles = [
            label::ROLE_MANAGED,
            label::ROLE_STAGING,
            label::ROLE_PREVIOUS,
            label::ROLE_OUTPUT,
        ];
        let selector = format!("{} in ({})", label::SECRET_ROLE, roles.join(","));
        let ours = watched.labels(&selector);
        let secrets = api::<Owned<Secret>>(context, namespace);
        let secrets = events::<SshKey, _>(context, secrets, ours.clone()).touched_objects();
        let maps = api::<Owned<ConfigMap>>(context, namespace);
        let maps = events::<SshKey, _>(context, maps, ours).touched_objects();
        let listed = Arc::clone(&scope.listed_secrets);
        keys = keys
            .watches_stream(secrets, move |secret| {
                let version = secret.resource_version().unwrap_or_default();
                listed.watch_shows(as_secret(&secret), &version);
                owner_of(&secret)
            })
            .watches_stream(maps, |map| owner_of(&map));
    }
    keys
}

/// Keys whose store was checked and is otherwise than before.
fn looked_at(
    context: &Context,
    known: &Store<WatchedKey>,
) -> impl Stream<Item = ObjectRef<WatchedKey>> + Send + 'static {
    let known = known.clone();
    context.sessions.listen().flat_map(move |id| {
        let keys = keys_of_store(&known, id.namespace.as_deref(), &id.key);
        stream::iter(keys)
    })
}

/// Objects of a watch for which something was generated or opened.
pub(in crate::controller) fn done_for<W: Watched>(
    context: &Context,
    known: &Store<W>,
) -> impl Stream<Item = ObjectRef<W>> + Send + 'static {
    let known = known.clone();
    context.blocking.listen().filter_map(move |asker| {
        let object = asker.identity().place.object();
        ready(object.filter(|object| known.get(object).is_some()))
    })
}

/// Whether a store is another than before to its keys. It is of no interest to them that its status says what they have
/// told themselves, nor that it is held for one of them: each time, all of them would be reconciled.
fn is_news(
    told: &Mutex<HashMap<ObjectRef<Guarded<AzureStore>>, StoreState>>,
    store: &Guarded<AzureStore>,
) -> bool {
    let state = StoreState::of(store);
    let mut told = told.lock();
    let before = told.insert(ObjectRef::from_obj(store), state.clone());
    before != Some(state)
}

/// The keys that are published, or were, through a store: those of its namespace, or of all that are watched.
fn keys_of_store(
    known: &Store<WatchedKey>,
    namespace: Option<&str>,
    store: &StoreKey,
) -> Vec<ObjectRef<WatchedKey>> {
    known
        .state()
        .into_iter()
        .filter(|object| namespace.is_none() || object.meta().namespace.as_deref() == namespace)
        .filter(|object| may_use(&object.summary, store))
        .map(|object| ObjectRef::from_obj(&*object))
        .collect()
}

fn may_use(key: &Summary, store: &StoreKey) -> bool {
    key.named().any(|named| named == store) || key.defaults().contains(store)
}

/// Where a Secret stands, as one who reads it whole says it.
fn as_secret(secret: &Owned<Secret>) -> Place {
    Identity::from(secret).place
}

/// The key that a managed Secret or an output says it belongs to.
fn owner_of<K: Resource<DynamicType = ()>>(ours: &Owned<K>) -> Option<ObjectRef<WatchedKey>> {
    let owner = ours.owner.as_deref()?;
    Some(ObjectRef::new(owner).within(&ours.namespace()?))
}
