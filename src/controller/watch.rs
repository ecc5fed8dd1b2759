//! What is watched, and how the objects of it come to their turns.

use std::{sync::Arc, time::Duration};

use backon::ExponentialBuilder;
use futures::{
    FutureExt, StreamExt,
    channel::mpsc::{UnboundedReceiver, unbounded},
    future::ready,
};
use kube::{
    Api, Resource,
    core::DeserializeGuard,
    runtime::{
        controller::{self, Action},
        reflector::ObjectRef,
        watcher,
    },
};
use tokio_util::sync::CancellationToken;

use super::{
    context::Context,
    first_look,
    gone::Departures,
    guard::{Stopped, guarded},
    measure::{self, measured, watch_failure},
    reconcile,
    scope::Scope,
    store,
    store_id::StoreId,
    store_object::StoreObject,
    triggers::controller,
    vanished::put_away_gone,
    waiting::{WaitsFor, wait},
    wakers::{stores_to_look_at, wakers},
};
use crate::{
    api::{AzureStore, SshKey, StoreKey, StoreKind},
    kubernetes::client,
};

/// An object that can't be read stops only itself.
pub(super) type Guarded<K> = DeserializeGuard<K>;

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
    let watched = client::watch(context.options.watch_timeout);
    let stores = controller(
        api::<Guarded<AzureStore>>(&context, namespace.as_deref()),
        watched.clone(),
        |_| |_| {},
    )
    .with_config(settings())
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

    let (tell, departed) = unbounded();
    let keys = controller(
        api::<Guarded<SshKey>>(&context, namespace.as_deref()),
        watched,
        |known| {
            let mut departures = Departures::new(Arc::clone(&context), known.clone(), tell);
            move |event| departures.hear(event)
        },
    )
    .with_config(settings())
    .trigger_backoff(after_watch_error(&context))
    .graceful_shutdown_on(shutdown.clone().cancelled_owned());
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
    let departed = put_away(departed, &scope, shutdown.clone());
    let reconcile_key = {
        let shutdown = shutdown.clone();
        move |object, scope| reconcile_key(object, scope, shutdown.clone())
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
            move |store, context| reconcile_store(store, context, shutdown.clone()),
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
    tokio::join!(keys, stores, listed, departed);
}

/// How many run at once is not left to kube, which takes the first to come: namespaces take turns.
pub(super) fn settings() -> controller::Config {
    controller::Config::default()
        .concurrency(0)
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

pub(super) fn api<K>(context: &Context, namespace: Option<&str>) -> Api<K>
where
    K: Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
{
    match namespace {
        Some(namespace) => Api::namespaced(context.client.clone(), namespace),
        None => Api::all(context.client.clone()),
    }
}

/// Reconciles a key when its turn comes. While it waits, it takes no turn from another.
async fn reconcile_key(
    object: Arc<Guarded<SshKey>>,
    scope: Arc<Scope>,
    shutdown: CancellationToken,
) -> Result<Action, Stopped> {
    let context = Arc::clone(&scope.context);
    context.meet(&*object);
    let namespace = object.meta().namespace.as_deref().unwrap_or_default();
    let take = context.turns.take(namespace);
    let Some(_turn) = shutdown.run_until_cancelled(take).await else {
        return Ok(not_any_more());
    };
    let uid = object.meta().uid.clone().unwrap_or_default();
    context.blocking.reconcile_begins(&uid);
    let work = {
        let object = Arc::clone(&object);
        async move {
            match &object.0 {
                Ok(key) if first_look::is_to_come(&scope, key).await => {
                    Ok(wait(&scope.context, key, WaitsFor::Store).await?)
                }
                _ => Box::pin(reconcile::reconcile(object, scope)).await,
            }
        }
    };
    let done = measured::<SshKey>(&context.metrics, guarded(work.boxed())).await;
    if done.is_ok() {
        context.blocking.reconcile_ended(&uid);
    }
    context.let_go(&*object, &done);
    done
}

/// Puts away what belongs to objects that are gone unexpectedly. What is under way when the operator ends is finished.
async fn put_away(gone: UnboundedReceiver<SshKey>, scope: &Scope, shutdown: CancellationToken) {
    let one = |last| Box::pin(put_away_gone(scope, last));
    gone.take_until(shutdown.cancelled_owned())
        .for_each_concurrent(None, one)
        .await;
}

/// Reconciles a store of either kind when its turn comes.
pub(super) async fn reconcile_store<K: StoreObject>(
    store: Arc<Guarded<K>>,
    context: Arc<Context>,
    shutdown: CancellationToken,
) -> Result<Action, Stopped> {
    context.meet(&*store);
    let namespace = store.meta().namespace.as_deref().unwrap_or_default();
    let take = context.store_turns.take(namespace);
    let Some(_turn) = shutdown.run_until_cancelled(take).await else {
        return Ok(not_any_more());
    };
    let work = store::reconcile(Arc::clone(&store), Arc::clone(&context)).boxed();
    let done = measured::<K>(&context.metrics, guarded(work)).await;
    context.let_go(&*store, &done);
    done
}

/// The operator ends before the object had its turn. It is not done with.
fn not_any_more() -> Action {
    Action::requeue(Duration::ZERO)
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
