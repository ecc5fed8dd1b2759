//! What happens to the Secrets and `ConfigMap`s that the operator keeps for keys: the key of each is called. A list of them
//! names very many keys at once.

use std::sync::Arc;

use futures::{Stream, StreamExt, future::ready, stream};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Resource, ResourceExt,
    core::NamespaceResourceScope,
    runtime::{
        reflector::{ObjectRef, Store},
        watcher::{self, Config, Event},
    },
};
use tokio_util::sync::CancellationToken;

use crate::{
    api::{SshKey, names::label},
    controller::{
        context::Context,
        memory::{identity::Identity, watched_key::WatchedKey},
        scope::Scope,
        turns::calls::Work,
        watch::{events::events_and_failures, settings::api, work},
    },
    kubernetes::{client, guarded::Watched, owned::Owned},
};

/// The Secrets and `ConfigMap`s that the operator keeps for keys.
const ROLES: [&str; 4] = [
    label::ROLE_MANAGED,
    label::ROLE_STAGING,
    label::ROLE_PREVIOUS,
    label::ROLE_OUTPUT,
];

/// Hears of what the operator keeps for the keys of one namespace, or of all, until `shutdown` comes. Without the right to
/// watch Secrets it hears nothing.
pub(in crate::controller) async fn tell_owners(
    scope: Arc<Scope>,
    namespace: Option<String>,
    known: Store<WatchedKey>,
    shutdown: CancellationToken,
) {
    let context = &scope.context;
    if !context.options.watch_secrets {
        return;
    }
    let selector = format!("{} in ({})", label::SECRET_ROLE, ROLES.join(","));
    let ours = client::watch(context.options.watch_timeout).labels(&selector);
    let hear = |event: &_| scope.shown_secrets.hear(event);
    let secrets = changed::<Secret, _>(context, namespace.as_deref(), ours.clone(), hear);
    let secrets = secrets.filter_map(|(secret, shown)| {
        let version = secret.resource_version().unwrap_or_default();
        let place = Identity::from(&secret).place;
        scope.listed_secrets.watch_shows(place, &version);
        ready(owner_of(&secret).map(|owner| (owner, shown)))
    });
    let maps = changed::<ConfigMap, _>(context, namespace.as_deref(), ours, |_| ());
    let maps = maps.filter_map(|(map, shown)| ready(owner_of(&map).map(|owner| (owner, shown))));
    let told = stream::select(secrets, maps).for_each(|(owner, shown)| {
        // Anybody may write any name. A key that is not listed yet is called once it is.
        if let Some(key) = known.get(&owner)
            && is_news(context, &key, &shown)
        {
            context
                .calls
                .want(&Identity::from(&*key).place, shown.work(&key));
        }
        ready(())
    });
    shutdown.run_until_cancelled(told).await;
}

/// How an object is shown.
enum Shown {
    /// On a list. What was deleted before is not on it, so the owner of each is reconciled.
    Listed,
    /// Made, changed or deleted, at this version.
    Changed(String),
}

impl Shown {
    /// Who waits for the reconcile of the owner. One whose Secret was taken away is well as far as its status says.
    fn work(&self, owner: &WatchedKey) -> Work {
        match self {
            Self::Listed => work::of_unchanged(owner),
            Self::Changed(_) => Work::Asked,
        }
    }
}

fn is_news(context: &Context, key: &WatchedKey, shown: &Shown) -> bool {
    match shown {
        Shown::Listed => true,
        Shown::Changed(version) => context.memory.hears_beside(key, version),
    }
}

/// Each of a watch that was made, changed or deleted, and at its start all of them. `hear` is told of every event and failure.
fn changed<K, H>(
    context: &Context,
    namespace: Option<&str>,
    ours: Config,
    hear: H,
) -> impl Stream<Item = (Owned<K>, Shown)> + Send + use<K, H>
where
    H: Fn(&Result<Event<Owned<K>>, watcher::Error>) + Send,
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Send + 'static,
    Owned<K>: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Watched,
{
    let objects = api::<Owned<K>>(context, namespace);
    events_and_failures::<SshKey, _>(context, objects, ours).filter_map(move |event| {
        hear(&event);
        ready(match event {
            Ok(Event::Apply(object) | Event::Delete(object)) => {
                let version = object.resource_version().unwrap_or_default();
                Some((object, Shown::Changed(version)))
            }
            Ok(Event::InitApply(object)) => Some((object, Shown::Listed)),
            _ => None,
        })
    })
}

/// The key that a managed Secret or an output says it belongs to.
fn owner_of<K>(ours: &Owned<K>) -> Option<ObjectRef<WatchedKey>>
where
    Owned<K>: Resource,
{
    let owner = ours.owner.as_deref()?;
    Some(ObjectRef::new(owner).within(&ours.namespace()?))
}
