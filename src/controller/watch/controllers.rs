//! What is watched, and how the objects of it come to their turns.

use std::sync::Arc;

use futures::{
    FutureExt, StreamExt, TryFutureExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
};
use kube::{
    Resource,
    runtime::{
        Controller,
        reflector::{ObjectRef, Store},
    },
};
use tokio_util::sync::CancellationToken;

use crate::{
    api::{AzureStore, SshKey},
    controller::{
        action::Action,
        context::Context,
        memory::{identity::Identity, shown_secrets::ShownSecrets, watched_key::WatchedKey},
        scope::Scope,
        series,
        sshkey::{reconcile::reconcile, vanished::put_away_gone, waiting::wait},
        watch::{
            departures::Departures,
            drive::drive,
            due::keep,
            first_look,
            owned_news::tell_owners,
            panics::{ReconcileFailed, guarded},
            plans::answer_plans,
            reconcile_metrics::measured,
            secret_pages::list_secrets,
            settings::{api, not_any_more, set_up, until_called},
            store_news::tell_keys,
            store_turn::{reconcile_store, tell_of_gone},
            triggers::controller,
            wakers::{called, called_by, done_for, stores_to_look_at},
            work,
        },
    },
    kubernetes::{client, guarded::Guarded},
};

/// Runs the controllers for one namespace, or for all, until `shutdown` comes: then what is under way is finished.
/// `listed_all` is called once everything that is watched was listed.
pub async fn run(
    context: Arc<Context>,
    namespace: Option<String>,
    shutdown: CancellationToken,
    listed_all: impl FnOnce() + Send + 'static,
) {
    let stores = stores_of(&context, namespace.clone(), &shutdown);
    let (tell, departed) = unbounded();
    let scope = scope_of(&context, &stores, tell);
    let keys = keys_of(&scope, namespace.as_deref(), &shutdown);
    let known = keys.store();
    let listed = {
        let scope = Arc::clone(&scope);
        async move {
            scope.stores_listed.clone().await;
            first_look::want_waiting(&scope.context, &known);
            if known.wait_until_ready().await.is_ok() {
                scope.context.caches.listed(known, scope.stores.clone());
                scope.context.recheck_unused_stores();
                listed_all();
            }
        }
    };
    series::begin::<AzureStore>(&context.metrics, context.options.concurrency);
    let reconcile_key = {
        let (known, scope, shutdown) = (keys.store(), Arc::clone(&scope), shutdown.clone());
        move |key| reconcile_key(key, known.clone(), Arc::clone(&scope), shutdown.clone())
    };
    let news = tell_keys(
        Arc::clone(&scope.context),
        namespace.as_deref(),
        keys.store(),
        shutdown.clone(),
    );
    let owned = tell_owners(
        Arc::clone(&scope),
        namespace.clone(),
        keys.store(),
        shutdown.clone(),
    );
    let keys = drive(
        keys,
        Arc::clone(&context),
        &shutdown,
        reconcile_key,
        |_, _| {},
    );
    let departed = put_away(departed, &scope, shutdown.clone());
    let secrets = list_secrets(&scope, namespace.clone(), shutdown.clone());
    let plans = answer_plans(Arc::clone(&scope), namespace, shutdown.clone());
    let reconcile_store = {
        let (context, shutdown) = (Arc::clone(&context), shutdown.clone());
        move |store| {
            let reconciled = reconcile_store(store, Arc::clone(&context), shutdown.clone());
            reconciled.map_ok(|done| done.unwrap_or_else(until_called))
        }
    };
    let stores = drive(
        stores,
        context,
        &shutdown,
        reconcile_store,
        tell_of_gone::<AzureStore>,
    );
    tokio::join!(keys, stores, news, owned, listed, departed, secrets, plans);
}

/// The controller of the stores of one namespace, or of all.
fn stores_of(
    context: &Context,
    namespace: Option<String>,
    shutdown: &CancellationToken,
) -> Controller<Guarded<AzureStore>> {
    let api = api::<Guarded<AzureStore>>(context, namespace.as_deref());
    let watched = client::watch(context.options.watch_timeout);
    let stores = controller(
        context,
        called_by(&context.store_calls),
        api,
        watched,
        |_| |_| {},
        |_| true,
    );
    set_up(stores, context, shutdown)
        .reconcile_on(called(&context.store_calls, namespace.clone()))
        .reconcile_on(stores_to_look_at(context, namespace))
}

/// The controller of the keys of one namespace, or of all. It sends the last state of keys that are gone unexpectedly.
fn keys_of(
    scope: &Scope,
    namespace: Option<&str>,
    shutdown: &CancellationToken,
) -> Controller<WatchedKey> {
    let context = &scope.context;
    let departed = scope.departed.clone();
    let api = api::<WatchedKey>(context, namespace);
    let watched = client::watch(context.options.watch_timeout);
    let hear = |known: &Store<WatchedKey>| {
        let mut departures = Departures::new(Arc::clone(context), known.clone(), departed);
        move |event: &_| departures.hear(event)
    };
    let memory = Arc::clone(&context.memory);
    let keys = controller(
        context,
        called_by(&context.calls),
        api,
        watched,
        hear,
        move |shown| memory.hears(shown),
    );
    let keys = set_up(keys, context, shutdown)
        .reconcile_on(called(&context.calls, namespace.map(str::to_owned)));
    let known = keys.store();
    keys.reconcile_on(done_for(context, &known))
}

/// What the reconciles of this watch share.
fn scope_of(
    context: &Arc<Context>,
    stores: &Controller<Guarded<AzureStore>>,
    departed: UnboundedSender<SshKey>,
) -> Arc<Scope> {
    let stores = stores.store();
    let first_list = {
        let stores = stores.clone();
        // Fails only when the watch ends, and everything with it.
        async move { drop(stores.wait_until_ready().await) }
    };
    Arc::new(Scope {
        context: Arc::clone(context),
        stores,
        stores_listed: first_list.boxed().shared(),
        listed_secrets: Arc::default(),
        shown_secrets: ShownSecrets::default(),
        departed,
    })
}

/// Reconciles a key when its turn comes. Until then only its name waits.
async fn reconcile_key(
    object: Arc<WatchedKey>,
    known: Store<WatchedKey>,
    scope: Arc<Scope>,
    shutdown: CancellationToken,
) -> Result<Action, ReconcileFailed> {
    let context = Arc::clone(&scope.context);
    context.on_seen(&*object);
    let place = Identity::from(&*object).place;
    let Some(_called) = context.calls.come(&place, work::of_changed(&object)) else {
        return Ok(until_called());
    };
    let take = context.turns.take(place.namespace());
    let Some(_turn) = shutdown.run_until_cancelled(take).await else {
        return Ok(not_any_more());
    };
    let uid = object.meta().uid.clone().unwrap_or_default();
    context.memory.begin_work(&*object);
    context.blocking.reconcile_begins(&uid);
    let work = {
        let object = Arc::clone(&object);
        async move {
            let awaited = first_look::awaited(&scope, &object);
            let memory = &scope.context.memory;
            match memory.newest(&*object, || as_known(&known, &object).read()) {
                Ok(key) if let Some(waits_for) = awaited => {
                    Ok(wait(&scope.context, &key, waits_for).await?)
                }
                seen => Box::pin(reconcile(seen, scope)).await,
            }
        }
    };
    let done = measured::<SshKey>(&context.metrics, guarded(work.boxed())).await;
    if done.is_ok() {
        context.blocking.reconcile_ended(&uid);
    }
    if context.memory.end_work(&*object) {
        context.calls.want_changed(&place);
    }
    context.on_finished(&*object, &done);
    done.map(|action| keep(&context, &object, action))
}

/// The object as the watch knows it by now, which may be newer than when the reconcile was started.
fn as_known(known: &Store<WatchedKey>, object: &Arc<WatchedKey>) -> Arc<WatchedKey> {
    let now = known.get(&ObjectRef::from_obj(&**object));
    let now = now.filter(|now| now.meta().uid == object.meta().uid);
    now.unwrap_or_else(|| Arc::clone(object))
}

/// Puts away what belongs to objects that are gone unexpectedly. What is under way when the operator ends is finished.
async fn put_away(gone: UnboundedReceiver<SshKey>, scope: &Scope, shutdown: CancellationToken) {
    let one = |last| Box::pin(put_away_gone(scope, last));
    gone.take_until(shutdown.cancelled_owned())
        .for_each_concurrent(None, one)
        .await;
}
