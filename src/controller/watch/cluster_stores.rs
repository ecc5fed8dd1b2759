//! The stores of the cluster: watched once, whichever namespaces are watched, and heard by the keys of all of them.

use std::sync::{Arc, atomic::Ordering};

use futures::{Stream, StreamExt, stream};
use kube::{
    Api,
    runtime::{controller, reflector::ObjectRef},
};
use tokio_util::sync::CancellationToken;

use crate::{
    api::{ClusterAzureStore, StoreKey, StoreKind},
    controller::{
        blocking::Asker,
        context::Context,
        memory::cluster_stores::Guarded,
        series,
        store::reconcile,
        store_id::StoreId,
        watch::{
            reconcile_metrics::watch_failure,
            settings::{after_watch_error, log, retry, settings},
            store_turn::reconcile_store,
            triggers,
        },
    },
    kubernetes::client,
};

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
        .with_config(settings())
        .trigger_backoff(after_watch_error(&context))
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
    series::begin::<ClusterAzureStore>(&context.metrics, context.options.concurrency);
    let heard = Arc::clone(&context);
    let stores = stores
        .run(
            move |store, context| reconcile_store(store, context, shutdown.clone()),
            |store, error, context| retry(&context, &*store, error),
            context,
        )
        .inspect(|result| watch_failure::<ClusterAzureStore, _>(&heard.metrics, result))
        .for_each(|result| {
            match &result {
                Ok((store, _)) => heard.cluster_stores.looked_at(&store.name),
                Err(controller::Error::ObjectNotFound(gone)) => {
                    heard.on_deleted::<ClusterAzureStore>(gone);
                    heard.cluster_stores.looked_at(&gone.name);
                    let key = StoreKey::new(StoreKind::ClusterAzureStore, &gone.name);
                    reconcile::gone(&heard, &StoreId::seen_from("", &key));
                }
                Err(_) => {}
            }
            log(result);
            std::future::ready(())
        });
    tokio::join!(stores, listed);
}
