//! What is watched, and what wakes which object.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use backon::ExponentialBuilder;
use futures::{FutureExt, StreamExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Secret;
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
    measure::{self, measured, watch_failure},
    reconcile, store,
};
use crate::{
    api::{
        AzureStore, SshKey,
        names::{DEFAULT_STORE, annotation, label},
    },
    kubernetes::access,
    plan::parse_records,
};

/// An object that can't be read stops only itself.
type Guarded<K> = DeserializeGuard<K>;

/// Changes that come together are looked at together.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// The longest pause after a watch has failed, without its jitter.
const WATCH_RETRY_MAX: Duration = Duration::from_secs(5);

/// What came of a reconcile that did not come to an end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    /// It failed.
    #[error("{0}")]
    Failed(String),
    /// It panicked: a fault of the operator, of which the other objects shall know nothing.
    #[error("the reconcile panicked; please report it with the log")]
    Panicked,
}

/// Runs the controllers for one namespace, or for all, until `shutdown` comes: then what is under way is finished.
/// `ready` is called once everything that is watched was listed.
pub async fn run(
    context: Arc<Context>,
    namespace: Option<String>,
    shutdown: CancellationToken,
    ready: impl FnOnce() + Send + 'static,
) {
    let stores = Controller::new(
        api::<Guarded<AzureStore>>(&context, namespace.as_deref()),
        access::watch(),
    )
    .with_config(settings(&context))
    .trigger_backoff(after_watch_error(&context))
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
        access::watch(),
    )
    .with_config(settings(&context))
    .trigger_backoff(after_watch_error(&context))
    .graceful_shutdown_on(shutdown.cancelled_owned());
    let known = keys.store();
    let mut keys = keys.watches(
        api::<Guarded<AzureStore>>(&context, namespace.as_deref()),
        access::watch(),
        {
            let known = known.clone();
            move |store| keys_of_store(&known, &store)
        },
    );
    if context.options.watch_secrets {
        let ours = format!("{}={}", label::SECRET_ROLE, label::ROLE_MANAGED);
        let api: Api<PartialObjectMeta<Secret>> = api(&context, namespace.as_deref());
        keys = keys.watches(api, access::watch().labels(&ours), |secret| {
            owner_of(&secret)
        });
    }

    let listed = {
        let scope = Arc::clone(&scope);
        async move {
            scope.stores_listed.clone().await;
            if known.wait_until_ready().await.is_ok() {
                scope.context.watched.listed(known, scope.stores.clone());
                ready();
            }
        }
    };
    let reconcile_key = |object: Arc<Guarded<SshKey>>, scope: Arc<Scope>| async move {
        let context = Arc::clone(&scope.context);
        // Closed only with the process.
        let _turn = context.turns.acquire().await;
        let work = async move {
            reconcile::reconcile(object, scope)
                .await
                .map_err(|error| error.to_string())
        };
        measured::<SshKey>(&context.metrics, guarded(work.boxed())).await
    };
    let reconcile_store = |store: Arc<Guarded<AzureStore>>, context: Arc<Context>| async move {
        let metrics = Arc::clone(&context.metrics);
        let work = async move {
            store::reconcile(store, context)
                .await
                .map_err(|error| error.to_string())
        };
        measured::<AzureStore>(&metrics, guarded(work.boxed())).await
    };
    let metrics = Arc::clone(&context.metrics);
    measure::begin::<AzureStore>(&metrics, context.options.concurrency);
    let keys = keys
        .run(
            reconcile_key,
            |object, error, scope| retry(&scope.context, object.meta().uid.as_ref(), error),
            Arc::clone(&scope),
        )
        .inspect(|result| watch_failure::<SshKey, _>(&metrics, result))
        .for_each(|result| async move { log(result) });
    let stores = stores
        .run(
            reconcile_store,
            |store, error, context| retry(&context, store.meta().uid.as_ref(), error),
            context,
        )
        .inspect(|result| watch_failure::<AzureStore, _>(&metrics, result))
        .for_each(|result| async move { log(result) });
    tokio::join!(keys, stores, listed);
}

fn settings(context: &Context) -> controller::Config {
    controller::Config::default()
        .concurrency(context.options.concurrency)
        .debounce(DEBOUNCE)
}

/// A controller pauses as a whole when one of its watches fails, and each failure of any of them counts: at kube's own
/// limit of 30 s, the return of an API server, or one watch that is not allowed, would leave every object unheard.
fn after_watch_error(context: &Context) -> watcher::ExponentialBackoff {
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

async fn guarded(work: BoxFuture<'static, Result<Action, String>>) -> Result<Action, Stopped> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(result) => result.map_err(Stopped::Failed),
        Err(_) => Err(Stopped::Panicked),
    }
}

fn retry(context: &Context, uid: Option<&String>, error: &Stopped) -> Action {
    let wait = context
        .backoffs
        .next(uid.map(String::as_str).unwrap_or_default());
    tracing::debug!(%error, ?wait, "a reconcile will be tried again");
    Action::requeue(wait)
}

fn log<K: Resource<DynamicType = ()>>(
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

/// The keys that are published, or were, through a store.
fn keys_of_store(
    known: &Store<Guarded<SshKey>>,
    store: &Guarded<AzureStore>,
) -> Vec<ObjectRef<Guarded<SshKey>>> {
    let (namespace, name) = (store.meta().namespace.clone(), store.name_any());
    known
        .state()
        .into_iter()
        .filter(|object| object.meta().namespace == namespace)
        .filter(|object| object.0.as_ref().is_ok_and(|key| uses(key, &name)))
        .map(|object| ObjectRef::from_obj(&*object))
        .collect()
}

fn uses(key: &SshKey, store: &str) -> bool {
    let named = key.spec.azure.as_ref().map(|azure| {
        azure
            .store_ref
            .as_ref()
            .map_or(DEFAULT_STORE, |store| store.name.as_str())
    });
    let records = parse_records(
        key.annotations()
            .get(annotation::AZURE_KEYS)
            .map(String::as_str),
    )
    .unwrap_or_default();
    named == Some(store) || records.iter().any(|record| record.store == store)
}

/// The key that a managed Secret says it belongs to.
fn owner_of(secret: &PartialObjectMeta<Secret>) -> Option<ObjectRef<Guarded<SshKey>>> {
    let owner = secret.annotations().get(annotation::OWNER_NAME)?;
    Some(ObjectRef::new(owner).within(&secret.namespace()?))
}
