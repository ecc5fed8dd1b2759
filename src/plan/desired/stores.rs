//! Which store is meant, and what it offers.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    api::{
        AzureStoreSpec, ClusterAzureStoreSpec, Reason, SshKeySpec, StoreKey, StoreKind,
        azure_store::Defaults,
        cluster_azure_store::Tenants,
        names::DEFAULT_STORE,
        sshkey::{AzureSpec, StoreRef},
        status::{Origin, Phase},
    },
    plan::{
        failure::Failure,
        records::{azure::AzureRecord, ownership::Mark},
    },
};

/// How a store stands.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreFact {
    /// There is none of that name.
    NotFound,
    /// It can't be used.
    NotReady(Failure),
    /// It is the namespace's own, and can be used.
    Ready(Box<AzureStoreSpec>),
    /// It is the cluster's.
    Shared(Box<SharedStore>),
}

/// A store of the cluster, as the namespace of one object sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedStore {
    /// What it is, and what it lets its tenants do.
    pub spec: ClusterAzureStoreSpec,
    /// The labels of the object's namespace; looked up only where the store asks for some.
    pub namespace_labels: BTreeMap<String, String>,
    /// Whether it can be used.
    pub ready: Result<(), Failure>,
}

impl StoreFact {
    /// Why it can't be used, where it is there.
    pub(crate) fn problem(&self) -> Option<&Failure> {
        match self {
            Self::NotReady(failure) => Some(failure),
            Self::Shared(store) => store.ready.as_ref().err(),
            Self::NotFound | Self::Ready(_) => None,
        }
    }

    /// Whether it is open to a namespace: only then may the namespace's objects change how it stands.
    pub fn is_open_to(&self, namespace: &str) -> bool {
        match self {
            Self::Shared(store) => is_open_to(store, namespace),
            Self::Ready(_) | Self::NotReady(_) => true,
            Self::NotFound => false,
        }
    }

    /// Its subscription, and the groups that it names: the default one, and those that namespaces may use.
    pub fn groups(&self) -> Option<(&str, Vec<String>)> {
        let (subscription, default, allowed) = match self {
            Self::Ready(spec) => {
                let defaults = spec.defaults.as_ref();
                let group = defaults.and_then(|defaults| defaults.common.resource_group.as_ref());
                (
                    &spec.subscription,
                    group.and_then(|group| group.name.as_ref()),
                    None,
                )
            }
            Self::Shared(store) => {
                let spec = &store.spec;
                let defaults = spec.defaults.as_ref();
                let group = defaults.and_then(|defaults| defaults.resource_group.as_ref());
                let allowed = spec.tenants.resource_groups.as_ref();
                (
                    &spec.subscription,
                    group.and_then(|group| group.name.as_ref()),
                    allowed,
                )
            }
            Self::NotReady(_) | Self::NotFound => return None,
        };
        let groups = default.into_iter().chain(allowed.into_iter().flatten());
        let groups = groups.cloned().collect();
        Some((&subscription.subscription_id, groups))
    }

    /// Whether it can be asked something.
    pub fn is_usable(&self) -> bool {
        *self != Self::NotFound && self.problem().is_none()
    }
}

/// Every store that a spec names or records name.
pub fn stores_of(spec: &SshKeySpec, records: &[AzureRecord]) -> BTreeSet<StoreKey> {
    let named = spec
        .azure
        .as_ref()
        .and_then(|azure| azure.store_ref.as_ref());
    let recorded = records.iter().map(|record| record.store.clone());
    recorded.chain(named.map(StoreRef::key)).collect()
}

/// The stores to look for, of which the first existing one is meant: the defaults, while none is named or recorded.
pub fn default_stores(spec: &SshKeySpec, records: &[AzureRecord]) -> Vec<StoreKey> {
    match &spec.azure {
        Some(azure) if azure.store_ref.is_none() && current_place(records).is_none() => {
            defaults().into()
        }
        _ => Vec::new(),
    }
}

/// The place where the key is published, of those that are known: what a spec leaves open is filled in from it.
pub(crate) fn current_place(records: &[AzureRecord]) -> Option<&AzureRecord> {
    let mut known = records.iter().rev();
    known.find(|record| record.phase == Phase::Published && record.origin != Origin::Found)
}

/// The default stores, in the order in which they are looked for.
pub fn defaults() -> [StoreKey; 2] {
    [StoreKind::AzureStore, StoreKind::ClusterAzureStore]
        .map(|kind| StoreKey::new(kind, DEFAULT_STORE))
}

/// The store that a spec means. What was recorded when the key was published stays, whatever default came later.
pub(crate) fn store_meant(
    azure: &AzureSpec,
    records: &[AzureRecord],
    stores: &BTreeMap<StoreKey, StoreFact>,
) -> StoreKey {
    if let Some(store) = &azure.store_ref {
        return store.key();
    }
    if let Some(record) = current_place(records) {
        return record.store.clone();
    }
    let [own, shared] = defaults();
    let is_there =
        |store: &StoreKey| !matches!(stores.get(store), None | Some(StoreFact::NotFound));
    if !is_there(&own) && is_there(&shared) {
        shared
    } else {
        own
    }
}

/// What a store offers to one object.
pub(crate) struct Offer<'a> {
    pub(crate) store: &'a StoreKey,
    pub(crate) subscription: &'a str,
    pub(crate) defaults: Defaults,
    pub(crate) name_template: Option<&'a str>,
    /// What the object may do, where there are limits.
    pub(crate) limits: Option<&'a Tenants>,
}

/// What the store that is meant offers, or why it offers nothing to this object.
pub(crate) fn offer<'a>(
    store: &'a StoreKey,
    stores: &'a BTreeMap<StoreKey, StoreFact>,
    mark: &Mark,
) -> Result<Offer<'a>, Failure> {
    let fact = stores.get(store).unwrap_or(&StoreFact::NotFound);
    // An object that may not use a store is not told how it stands.
    if let StoreFact::Shared(shared) = fact
        && !is_open_to(shared, &mark.namespace)
    {
        return Err(Failure::to_fix(
            Reason::NamespaceNotAllowed,
            format!(
                "{store} may not be used from namespace {}: have the namespace added to its tenants.namespaces, or publish through an AzureStore of the namespace",
                mark.namespace
            ),
        ));
    }
    if let Some(why) = fact.problem() {
        let message = format!("{store} is not ready: {}", why.message);
        return Err(Failure::new(why.class, Reason::StoreNotReady, message));
    }
    match fact {
        StoreFact::Ready(spec) => {
            let named = spec.defaults.as_ref();
            Ok(Offer {
                store,
                subscription: &spec.subscription.subscription_id,
                defaults: named.map(|named| named.common.clone()).unwrap_or_default(),
                name_template: named.and_then(|named| named.name_template.as_deref()),
                limits: None,
            })
        }
        StoreFact::Shared(shared) => Ok(Offer {
            store,
            subscription: &shared.spec.subscription.subscription_id,
            defaults: shared.spec.defaults.clone().unwrap_or_default(),
            name_template: shared.spec.tenants.name_template.as_deref(),
            limits: Some(&shared.spec.tenants),
        }),
        StoreFact::NotFound | StoreFact::NotReady(_) => Err(not_found(store, stores, mark)),
    }
}

/// Whether a store lets an object's namespace in.
pub(crate) fn is_open_to(store: &SharedStore, namespace: &str) -> bool {
    lets_in(&store.spec, namespace, &store.namespace_labels)
}

/// Whether a store lets a namespace in: it is named, or has the labels that are asked for.
pub fn lets_in(
    spec: &ClusterAzureStoreSpec,
    namespace: &str,
    labels_there: &BTreeMap<String, String>,
) -> bool {
    let allowed = &spec.tenants.namespaces;
    let mut names = allowed.names.iter().flatten();
    let labels = allowed.match_labels.as_ref();
    names.any(|name| name == "*" || name == namespace)
        || labels.is_some_and(|labels| {
            !labels.is_empty()
                && labels
                    .iter()
                    .all(|(name, value)| labels_there.get(name) == Some(value))
        })
}

/// Whether the labels of a namespace decide over its use of a store.
pub fn asks_for_labels(spec: &ClusterAzureStoreSpec, namespace: &str) -> bool {
    let allowed = &spec.tenants.namespaces;
    let mut names = allowed.names.iter().flatten();
    allowed.match_labels.is_some() && !names.any(|name| name == "*" || name == namespace)
}

fn not_found(store: &StoreKey, stores: &BTreeMap<StoreKey, StoreFact>, mark: &Mark) -> Failure {
    let namespace = &mark.namespace;
    let [own, shared] = defaults();
    let message = match store.kind {
        StoreKind::AzureStore if *store == own && stores.contains_key(&shared) => format!(
            "neither {own} in namespace {namespace} nor {shared} exists: create one, or name another in spec.azure.storeRef"
        ),
        StoreKind::AzureStore => format!(
            "{store} does not exist in namespace {namespace}: create it, or name another in spec.azure.storeRef"
        ),
        StoreKind::ClusterAzureStore => format!(
            "{store} does not exist: have it created, or name another in spec.azure.storeRef"
        ),
    };
    Failure::to_fix(Reason::StoreNotFound, message)
}
