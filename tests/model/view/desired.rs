//! What objects of these worlds ask for, and what their stores let them do.

use std::{collections::BTreeMap, sync::LazyLock};

use sshkey_operator::{
    api::{
        AzureStoreSpec, ClusterAzureStoreSpec, SshKeySpec, StoreKey, StoreKind,
        azure_store::{Defaults, NamedDefaults, Subscription},
        cluster_azure_store::{AllowedNamespaces, Permission, Tenants},
        rotation::{KeepPrevious, Rotation},
        source::{AzureKeySource, Source},
        sshkey::{
            AzureConflictPolicy, AzureSpec, DeletionPolicy, ResourceGroup, SecretConflictPolicy,
            SecretSpec, StoreRef,
        },
    },
    plan::{Desired, SharedStore, StoreFact, resolve},
};

use crate::{
    view::keys::{mark, place},
    world::{Seen, Spec, Store, Uid},
};

/// The key of a store.
pub(crate) fn store_key(store: Store) -> StoreKey {
    let kind = match store {
        Store::Own => StoreKind::AzureStore,
        Store::Wide | Store::Narrow | Store::Closed => StoreKind::ClusterAzureStore,
    };
    StoreKey::new(kind, "default")
}

fn subscription() -> Subscription {
    Subscription {
        subscription_id: "s".into(),
        ..Subscription::default()
    }
}

fn defaults() -> Defaults {
    Defaults {
        resource_group: Some(ResourceGroup {
            name: Some("g".into()),
            creation_policy: None,
        }),
        location: Some("westeurope".into()),
        ..Defaults::default()
    }
}

/// How a store stands.
fn store_fact(store: Store) -> StoreFact {
    if store == Store::Own {
        return StoreFact::Ready(Box::new(AzureStoreSpec {
            subscription: subscription(),
            defaults: Some(NamedDefaults {
                common: defaults(),
                name_template: None,
            }),
            ..AzureStoreSpec::default()
        }));
    }
    let namespace = if store == Store::Closed {
        "another"
    } else {
        "n"
    };
    let allow = (store == Store::Wide).then(|| vec![Permission::CustomName]);
    StoreFact::Shared(Box::new(SharedStore {
        spec: ClusterAzureStoreSpec {
            subscription: subscription(),
            defaults: Some(defaults()),
            tenants: Tenants {
                namespaces: AllowedNamespaces {
                    names: Some(vec![namespace.to_owned()]),
                    match_labels: None,
                },
                allow,
                ..Tenants::default()
            },
            ..ClusterAzureStoreSpec::default()
        },
        namespace_labels: BTreeMap::new(),
        ready: Ok(()),
    }))
}

/// A key that is published, rotated at once, with one former key kept; or one that is followed.
fn ssh_key(spec: Spec, store: Store, wanted: usize) -> SshKeySpec {
    let adopts = spec == Spec::Adopt;
    let key = store_key(store);
    SshKeySpec {
        source: (spec == Spec::Follow).then(|| Source {
            azure_key: Some(AzureKeySource {}),
            ..Source::default()
        }),
        azure: Some(AzureSpec {
            name: (wanted != 0 || spec == Spec::Follow).then(|| place(wanted).name.clone()),
            store_ref: Some(StoreRef {
                kind: Some(key.kind),
                name: key.name,
            }),
            conflict_policy: adopts.then_some(AzureConflictPolicy::Adopt),
            ..AzureSpec::default()
        }),
        secret: (spec != Spec::Follow).then(|| SecretSpec {
            conflict_policy: adopts.then_some(SecretConflictPolicy::Adopt),
            deletion_policy: (spec == Spec::Delete).then_some(DeletionPolicy::Delete),
            ..SecretSpec::default()
        }),
        rotation: (spec != Spec::Follow).then(|| Rotation {
            keep_previous: Some(KeepPrevious {
                count: Some(1),
                min_duration: Some("0s".into()),
            }),
            ..Rotation::default()
        }),
        ..SshKeySpec::default()
    }
}

const SPECS: [Spec; 4] = [Spec::Plain, Spec::Adopt, Spec::Delete, Spec::Follow];
const STORES: [Store; 4] = [Store::Own, Store::Wide, Store::Narrow, Store::Closed];
const PLACES_WANTED: usize = 2;
/// An object is restored or created again once.
const UIDS: [Uid; 2] = [1, 2];

/// All that an object of these worlds can ask for, in the order of [`desired`].
static DESIRED: LazyLock<Vec<Desired>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for spec in SPECS {
        for store in STORES {
            for wanted in 0..PLACES_WANTED {
                for uid in UIDS {
                    let asked = ssh_key(spec, store, wanted);
                    let stores = BTreeMap::from([(store_key(store), store_fact(store))]);
                    // Spec and store leave nothing open that a place would fill in.
                    all.push(resolve(&asked, mark(uid), &[], stores).unwrap());
                }
            }
        }
    }
    all
});

/// What an object asks for.
pub(crate) fn desired(seen: &Seen) -> &'static Desired {
    let object = &seen.object;
    let spec = SPECS.iter().position(|spec| *spec == object.spec).unwrap();
    let store = STORES
        .iter()
        .position(|store| *store == seen.store)
        .unwrap();
    let uid = UIDS.iter().position(|uid| *uid == object.uid).unwrap();
    let row = (spec * STORES.len() + store) * PLACES_WANTED + usize::from(object.wanted);
    &DESIRED[row * UIDS.len() + uid]
}

/// How the store of an object stands.
pub(crate) fn store_of(seen: &Seen) -> &'static StoreFact {
    &desired(seen).stores[&store_key(seen.store)]
}
