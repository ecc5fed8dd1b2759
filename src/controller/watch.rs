//! What is watched, and what wakes which object.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use backon::ExponentialBuilder;
use futures::{FutureExt, Stream, StreamExt, future::ready, stream};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api, Resource, ResourceExt,
    core::{DeserializeGuard, PartialObjectMeta},
    runtime::{
        Controller,
        controller::{self, Action},
        reflector::{ObjectRef, Store},
        watcher,
    },
};

use tokio_util::sync::CancellationToken;

use super::{
    context::{Context, Scope},
    guard::{Stopped, guarded},
    measure::{self, measured, watch_failure},
    reconcile, store,
    store_object::{StoreId, StoreObject, StoreState},
};
use crate::{
    api::{
        AzureStore, SshKey, StoreKey, StoreKind,
        names::{annotation, label},
    },
    kubernetes::access,
    plan::{default_stores, parse_records, stores_of},
};

/// An object that can't be read stops only itself.
type Guarded<K> = DeserializeGuard<K>;

/// Changes that come together are looked at together.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// The longest pause after a watch has failed, without its jitter.
const WATCH_RETRY_MAX: Duration = Duration::from_secs(5);

/// Runs the controllers for one namespace, or for all, until `shutdown` comes: then what is under way is finished.
/// `listed_all` is called once everything that is watched was listed.
pub async fn run(
    context: Arc<Context>,
    namespace: Option<String>,
    shutdown: CancellationToken,
    listed_all: impl FnOnce() + Send + 'static,
) {
    let watched = access::watch(context.options.watch_timeout);
    let stores = Controller::new(
        api::<Guarded<AzureStore>>(&context, namespace.as_deref()),
        watched.clone(),
    )
    .with_config(settings(&context))
    .trigger_backoff(after_watch_error(&context))
    .reconcile_on(stores_to_look_at(&context, namespace.clone()))
    .graceful_shutdown_on(shutdown.clone().cancelled_owned());
    let reader = stores.store();
    let first_list = {
        let reader = reader.clone();
        // Fails only when the watch ends, and everything with it.
        async move { drop(reader.wait_until_ready().await) }
    };
    let scope = Arc::new(Scope {
        context: Arc::clone(&context),
        stores: reader,
        stores_listed: first_list.boxed().shared(),
    });

    let keys = Controller::new(
        api::<Guarded<SshKey>>(&context, namespace.as_deref()),
        watched,
    )
    .with_config(settings(&context))
    .trigger_backoff(after_watch_error(&context))
    .graceful_shutdown_on(shutdown.cancelled_owned());
    let known = keys.store();
    let keys = wakers(keys, &context, namespace.as_deref(), &known);

    let listed = {
        let scope = Arc::clone(&scope);
        async move {
            scope.stores_listed.clone().await;
            if known.wait_until_ready().await.is_ok() {
                scope.context.watched.listed(known, scope.stores.clone());
                listed_all();
            }
        }
    };
    let reconcile_key = |object: Arc<Guarded<SshKey>>, scope: Arc<Scope>| async move {
        let context = Arc::clone(&scope.context);
        context.meet(&*object);
        let seen = Arc::clone(&object);
        // Closed only with the process.
        let _turn = context.turns.acquire().await;
        let work = reconcile::reconcile(object, scope).boxed();
        let done = measured::<SshKey>(&context.metrics, guarded(work)).await;
        context.let_go(&*seen, &done);
        done
    };
    let metrics = Arc::clone(&context.metrics);
    let heard = Arc::clone(&context);
    measure::begin::<AzureStore>(&metrics, context.options.concurrency);
    let keys = keys
        .run(
            reconcile_key,
            |object, error, scope| retry(&scope.context, object.meta().uid.as_ref(), error),
            Arc::clone(&scope),
        )
        .inspect(|result| watch_failure::<SshKey, _>(&metrics, result))
        .for_each(|result| {
            if let Err(controller::Error::ObjectNotFound(gone)) = &result {
                heard.part::<SshKey>(gone);
            }
            log(result);
            ready(())
        });
    let stores = stores
        .run(
            reconcile_store,
            |store, error, context| retry(&context, store.meta().uid.as_ref(), error),
            context,
        )
        .inspect(|result| watch_failure::<AzureStore, _>(&metrics, result))
        .for_each(|result| {
            if let Err(controller::Error::ObjectNotFound(gone)) = &result {
                heard.part::<AzureStore>(gone);
                let key = StoreKey::new(StoreKind::AzureStore, &gone.name);
                let namespace = gone.namespace.as_deref().unwrap_or_default();
                store::gone(&heard, &StoreId::seen_from(namespace, &key));
            }
            log(result);
            ready(())
        });
    tokio::join!(keys, stores, listed);
}

/// Stores of a watch of which a key has something to tell.
fn stores_to_look_at(
    context: &Context,
    namespace: Option<String>,
) -> impl Stream<Item = ObjectRef<Guarded<AzureStore>>> + Send + 'static {
    context.store_uses.listen().filter_map(move |id| {
        let watched = id.namespace.filter(|of_store| {
            namespace
                .as_ref()
                .is_none_or(|namespace| namespace == of_store)
        });
        ready(watched.map(|of_store| ObjectRef::new(&id.key.name).within(&of_store)))
    })
}

/// Adds what wakes keys beside themselves: their stores, and what the operator keeps for them.
fn wakers(
    keys: Controller<Guarded<SshKey>>,
    context: &Arc<Context>,
    namespace: Option<&str>,
    known: &Store<Guarded<SshKey>>,
) -> Controller<Guarded<SshKey>> {
    let watched = access::watch(context.options.watch_timeout);
    let mut keys = keys.watches(
        api::<Guarded<AzureStore>>(context, namespace),
        watched.clone(),
        {
            let known = known.clone();
            let told = Mutex::new(HashMap::new());
            move |store| {
                if !is_news(&told, &store) {
                    return Vec::new();
                }
                let key = StoreKey::new(StoreKind::AzureStore, store.name_any());
                keys_of_store(&known, store.namespace().as_deref(), &key)
            }
        },
    );
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
        let secrets = api::<PartialObjectMeta<Secret>>(context, namespace);
        let maps = api::<PartialObjectMeta<ConfigMap>>(context, namespace);
        keys = keys
            .watches(secrets, ours.clone(), |secret| owner_of(&secret))
            .watches(maps, ours, |map| owner_of(&map));
    }
    keys
}

/// Whether a store is another than before to its keys. It is of no interest to them that its status says what they have
/// told themselves, nor that it is held for one of them: each time, all of them would be looked at.
fn is_news(
    told: &Mutex<HashMap<ObjectRef<Guarded<AzureStore>>, StoreState>>,
    store: &Guarded<AzureStore>,
) -> bool {
    let state = StoreState::of(store);
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    let before = told.insert(ObjectRef::from_obj(store), state.clone());
    before != Some(state)
}

pub(super) fn settings(context: &Context) -> controller::Config {
    controller::Config::default()
        .concurrency(context.options.concurrency)
        .debounce(DEBOUNCE)
}

/// A controller pauses as a whole when one of its watches fails, and each failure of any of them counts: at kube's own
/// limit of 30 s, the return of an API server, or one watch that is not allowed, would leave every object unheard.
pub(super) fn after_watch_error(context: &Context) -> watcher::ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_max_delay(WATCH_RETRY_MAX.min(context.options.retry_max))
        .without_max_times()
        .with_jitter()
        .into()
}

fn api<K>(context: &Context, namespace: Option<&str>) -> Api<K>
where
    K: Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
{
    match namespace {
        Some(namespace) => Api::namespaced(context.client.clone(), namespace),
        None => Api::all(context.client.clone()),
    }
}

/// Reconciles a store of either kind.
pub(super) async fn reconcile_store<K: StoreObject>(
    store: Arc<Guarded<K>>,
    context: Arc<Context>,
) -> Result<Action, Stopped> {
    context.meet(&*store);
    let work = store::reconcile(Arc::clone(&store), Arc::clone(&context)).boxed();
    let done = measured::<K>(&context.metrics, guarded(work)).await;
    context.let_go(&*store, &done);
    done
}

pub(super) fn retry(context: &Context, uid: Option<&String>, error: &Stopped) -> Action {
    let wait = context
        .backoffs
        .next(uid.map(String::as_str).unwrap_or_default());
    tracing::debug!(%error, ?wait, "a reconcile will be tried again");
    Action::requeue(wait)
}

pub(super) fn log<K: Resource<DynamicType = ()>>(
    result: Result<
        (ObjectRef<K>, Action),
        controller::Error<Stopped, kube::runtime::watcher::Error>,
    >,
) {
    match result {
        Ok((object, action)) => tracing::debug!(%object, ?action, "reconciled"),
        // It went away while it waited for its turn.
        Err(controller::Error::ObjectNotFound(_)) => {}
        Err(controller::Error::ReconcilerFailed(error, object)) => {
            tracing::warn!(%object, %error, "a reconcile failed");
        }
        Err(error) => tracing::warn!(%error, "a watch failed; it will be started again"),
    }
}

/// The keys that are published, or were, through a store: those of its namespace, or of all that are watched.
fn keys_of_store(
    known: &Store<Guarded<SshKey>>,
    namespace: Option<&str>,
    store: &StoreKey,
) -> Vec<ObjectRef<Guarded<SshKey>>> {
    known
        .state()
        .into_iter()
        .filter(|object| namespace.is_none() || object.meta().namespace.as_deref() == namespace)
        .filter(|object| object.0.as_ref().is_ok_and(|key| uses(key, store)))
        .map(|object| ObjectRef::from_obj(&*object))
        .collect()
}

fn uses(key: &SshKey, store: &StoreKey) -> bool {
    let records = parse_records(
        key.annotations()
            .get(annotation::AZURE_KEYS)
            .map(String::as_str),
    )
    .unwrap_or_default();
    stores_of(&key.spec, &records).contains(store)
        || default_stores(&key.spec, &records).contains(store)
}

/// The key that a managed Secret or an output says it belongs to.
fn owner_of(ours: &impl ResourceExt) -> Option<ObjectRef<Guarded<SshKey>>> {
    let owner = ours.annotations().get(annotation::OWNER_NAME)?;
    Some(ObjectRef::new(owner).within(&ours.namespace()?))
}
