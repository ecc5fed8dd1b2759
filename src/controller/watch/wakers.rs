//! What wakes a key or a store beside a change of itself and of the store of a key: what the operator keeps for keys, and work
//! that is done.

use std::sync::Arc;

use futures::{Stream, StreamExt, future::ready, stream};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Resource, ResourceExt,
    runtime::{
        Controller, WatchStreamExt,
        reflector::{ObjectRef, Store},
    },
};

use crate::{
    api::{AzureStore, SshKey, names::label},
    controller::{
        blocking::Asker,
        context::Context,
        memory::{
            identity::{Identity, Place},
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

/// Adds what wakes keys beside themselves and their stores: what is generated for them, and what the operator keeps for them.
pub(in crate::controller) fn wakers(
    keys: Controller<WatchedKey>,
    scope: &Scope,
    namespace: Option<&str>,
    known: &Store<WatchedKey>,
) -> Controller<WatchedKey> {
    let context = &scope.context;
    let keys = keys.reconcile_on(done_for(context, known));
    if !context.options.watch_secrets {
        return keys;
    }
    let roles = [
        label::ROLE_MANAGED,
        label::ROLE_STAGING,
        label::ROLE_PREVIOUS,
        label::ROLE_OUTPUT,
    ];
    let selector = format!("{} in ({})", label::SECRET_ROLE, roles.join(","));
    let ours = client::watch(context.options.watch_timeout).labels(&selector);
    let secrets = api::<Owned<Secret>>(context, namespace);
    let secrets = events::<SshKey, _>(context, secrets, ours.clone()).touched_objects();
    let maps = api::<Owned<ConfigMap>>(context, namespace);
    let maps = events::<SshKey, _>(context, maps, ours).touched_objects();
    let listed = Arc::clone(&scope.listed_secrets);
    keys.watches_stream(secrets, move |secret| {
        let version = secret.resource_version().unwrap_or_default();
        listed.watch_shows(as_secret(&secret), &version);
        owner_of(&secret)
    })
    .watches_stream(maps, |map| owner_of(&map))
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

/// Where a Secret stands, as one who reads it whole says it.
fn as_secret(secret: &Owned<Secret>) -> Place {
    Identity::from(secret).place
}

/// The key that a managed Secret or an output says it belongs to.
fn owner_of<K: Resource<DynamicType = ()>>(ours: &Owned<K>) -> Option<ObjectRef<WatchedKey>> {
    let owner = ours.owner.as_deref()?;
    Some(ObjectRef::new(owner).within(&ours.namespace()?))
}
