//! What is watched, and how the objects of it come to their turns.

use std::sync::Arc;

use futures::{
    FutureExt, StreamExt,
    channel::mpsc::{UnboundedReceiver, unbounded},
    future::ready,
};
use kube::{
    Resource,
    runtime::controller::{self, Action},
};
use tokio_util::sync::CancellationToken;

use crate::{
    api::{AzureStore, SshKey, StoreKey, StoreKind},
    controller::{
        context::Context,
        scope::Scope,
        series,
        sshkey::{
            observe::error::WaitsFor, reconcile::reconcile, vanished::put_away_gone, waiting::wait,
        },
        store::reconcile::gone,
        store_id::StoreId,
        watch::{
            departures::Departures,
            first_look,
            panics::{ReconcileFailed, guarded},
            reconcile_metrics::{measured, watch_failure},
            settings::{Guarded, after_watch_error, api, log, not_any_more, retry, settings},
            store_turn::reconcile_store,
            triggers::controller,
            wakers::{stores_to_look_at, wakers},
        },
    },
    kubernetes::client,
};

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
                scope.context.caches.listed(known, scope.stores.clone());
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
    series::begin::<AzureStore>(&metrics, context.options.concurrency);
    let keys = keys
        .run(
            reconcile_key,
            |object, error, scope| retry(&scope.context, &*object, error),
            Arc::clone(&scope),
        )
        .inspect(|result| watch_failure::<SshKey, _>(&metrics, result))
        .for_each(|result| {
            if let Err(controller::Error::ObjectNotFound(gone)) = &result {
                heard.on_deleted::<SshKey>(gone);
            }
            log(result);
            ready(())
        });
    let stores = stores
        .run(
            move |store, context| reconcile_store(store, context, shutdown.clone()),
            |store, error, context| retry(&context, &*store, error),
            context,
        )
        .inspect(|result| watch_failure::<AzureStore, _>(&metrics, result))
        .for_each(|result| {
            if let Err(controller::Error::ObjectNotFound(departed)) = &result {
                heard.on_deleted::<AzureStore>(departed);
                let key = StoreKey::new(StoreKind::AzureStore, &departed.name);
                let namespace = departed.namespace.as_deref().unwrap_or_default();
                gone(&heard, &StoreId::seen_from(namespace, &key));
            }
            log(result);
            ready(())
        });
    tokio::join!(keys, stores, listed, departed);
}

/// Reconciles a key when its turn comes. While it waits, it takes no turn from another.
async fn reconcile_key(
    object: Arc<Guarded<SshKey>>,
    scope: Arc<Scope>,
    shutdown: CancellationToken,
) -> Result<Action, ReconcileFailed> {
    let context = Arc::clone(&scope.context);
    context.on_seen(&*object);
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
                _ => Box::pin(reconcile(object, scope)).await,
            }
        }
    };
    let done = measured::<SshKey>(&context.metrics, guarded(work.boxed())).await;
    if done.is_ok() {
        context.blocking.reconcile_ended(&uid);
    }
    context.on_finished(&*object, &done);
    done
}

/// Puts away what belongs to objects that are gone unexpectedly. What is under way when the operator ends is finished.
async fn put_away(gone: UnboundedReceiver<SshKey>, scope: &Scope, shutdown: CancellationToken) {
    let one = |last| Box::pin(put_away_gone(scope, last));
    gone.take_until(shutdown.cancelled_owned())
        .for_each_concurrent(None, one)
        .await;
}
