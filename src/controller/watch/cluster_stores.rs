//! The stores of the cluster: watched once, whichever namespaces are watched, and heard by the keys of all of them.

use std::sync::{Arc, atomic::Ordering};

use futures::{Stream, StreamExt, stream};
use kube::{Api, ResourceExt, runtime::reflector::ObjectRef};
use tokio_util::sync::CancellationToken;

use crate::{
    api::ClusterAzureStore,
    controller::{
        action::Action,
        blocking::Asker,
        context::Context,
        series,
        watch::{
            drive::drive,
            panics::ReconcileFailed,
            settings::{set_up, until_called},
            store_turn::{reconcile_store, tell_of_gone},
            triggers,
            wakers::{called, called_by},
        },
    },
    kubernetes::{client, guarded::Guarded},
};

/// Stores of the cluster of which a key has something to tell.
fn stores_to_look_at(
    context: &Context,
) -> impl Stream<Item = ObjectRef<Guarded<ClusterAzureStore>>> + Send + 'static {
    let opened = context.blocking.listen().filter_map(|asker| {
        std::future::ready(match asker {
            Asker::Store { id, .. } => Some(id),
            Asker::Key { .. } | Asker::Plan { .. } => None,
        })
    });
    stream::select(context.store_uses.listen(), opened).filter_map(|id| {
        let of_cluster = id.namespace.is_none();
        std::future::ready(of_cluster.then(|| ObjectRef::new(&id.key.name)))
    })
}

/// Reconciles a store when its turn comes. Then the keys hear of it.
async fn look_at(
    store: Arc<Guarded<ClusterAzureStore>>,
    context: Arc<Context>,
    shutdown: CancellationToken,
) -> Result<Action, ReconcileFailed> {
    let done = reconcile_store(Arc::clone(&store), Arc::clone(&context), shutdown).await?;
    if done.is_some() {
        context.cluster_stores.looked_at(&store.name_any());
    }
    Ok(done.unwrap_or_else(until_called))
}

/// Runs the controller of the cluster's stores until `shutdown` comes. `ready` is called once they were listed.
pub async fn run_cluster_stores(
    context: Arc<Context>,
    shutdown: CancellationToken,
    ready: impl FnOnce() + Send + 'static,
) {
    let api: Api<Guarded<ClusterAzureStore>> = Api::all(context.client.clone());
    let watched = client::watch(context.options.watch_timeout);
    let stores = triggers::controller(
        &context,
        called_by(&context.store_calls),
        api,
        watched,
        |_| |_| {},
        |_| true,
    );
    let stores = set_up(stores, &context, &shutdown)
        .reconcile_on(stores_to_look_at(&context))
        .reconcile_on(called(&context.store_calls, None));
    let reader = stores.store();
    // Run once only: there is nothing in it yet.
    drop(context.cluster_stores.known.set(reader.clone()));
    let heard = Arc::clone(&context);
    let listed = async move {
        if reader.wait_until_ready().await.is_ok() {
            heard.cluster_stores.listed.store(true, Ordering::Relaxed);
            heard.recheck_unused_stores();
            ready();
        }
    };
    series::begin::<ClusterAzureStore>(&context.metrics, context.options.concurrency);
    let stores = drive(
        stores,
        Arc::clone(&context),
        &shutdown,
        |store| look_at(store, Arc::clone(&context), shutdown.clone()),
        |context, gone| {
            context.cluster_stores.looked_at(&gone.name);
            tell_of_gone::<ClusterAzureStore>(context, gone);
        },
    );
    tokio::join!(stores, listed);
}
