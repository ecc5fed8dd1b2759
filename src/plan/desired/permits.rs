//! What a store lets an object of this namespace ask of Azure: the limits that hold for every request, reads included.

use crate::{
    api::{ArmId, StoreKey, cluster_azure_store::Permission},
    plan::{
        desired::{
            name_template::name_from_template,
            resolve::Desired,
            stores::{StoreFact, is_open_to},
        },
        records::ownership::Mark,
    },
};

/// Whether a place may be asked about through a store. `is_listed` says that the object's status lists the place and, where
/// the store is the cluster's, that a list has shown our mark there: what was published once may be read and deleted after
/// the limits of its store were tightened, while the subscription is its own.
pub fn lets_ask(fact: Option<&StoreFact>, mark: &Mark, id: &ArmId, is_listed: bool) -> bool {
    match fact {
        Some(StoreFact::Ready(spec)) => is_same(&spec.subscription.subscription_id, id),
        Some(StoreFact::Shared(store)) => {
            is_same(&store.spec.subscription.subscription_id, id)
                && (is_listed || (is_open_to(store, &mark.namespace) && is_within(fact, mark, id)))
        }
        // Its last session may still serve what was published through it.
        Some(StoreFact::NotReady(_) | StoreFact::NotFound) | None => is_listed,
    }
}

/// Whether the store lets this object keep a key under that name: the template makes the name, or keys may be adopted.
pub(crate) fn lets_keep(desired: &Desired, store: &StoreKey, id: &ArmId) -> bool {
    let fact = desired.stores.get(store);
    match fact {
        Some(StoreFact::Shared(shared)) => {
            let made =
                name_from_template(shared.spec.tenants.name_template.as_deref(), &desired.mark);
            let is_made = made.eq_ignore_ascii_case(&id.name) && is_in_allowed_group(fact, id);
            lets_adopt(desired, store, id)
                || (is_made && is_open_to(shared, &desired.mark.namespace))
        }
        _ => true,
    }
}

/// Whether the store lets this object adopt keys that are nobody's, at that place.
pub(crate) fn lets_adopt(desired: &Desired, store: &StoreKey, id: &ArmId) -> bool {
    let fact = desired.stores.get(store);
    match fact {
        Some(StoreFact::Shared(shared)) => {
            shared.spec.tenants.allow(Permission::Adopt)
                && is_open_to(shared, &desired.mark.namespace)
                && is_within(fact, &desired.mark, id)
        }
        Some(StoreFact::Ready(_) | StoreFact::NotReady(_)) => true,
        Some(StoreFact::NotFound) | None => false,
    }
}

/// Whether group and name are within the limits of a store of the cluster.
fn is_within(fact: Option<&StoreFact>, mark: &Mark, id: &ArmId) -> bool {
    let Some(StoreFact::Shared(store)) = fact else {
        return true;
    };
    let tenants = &store.spec.tenants;
    let made = name_from_template(tenants.name_template.as_deref(), mark);
    let is_named = made.eq_ignore_ascii_case(&id.name) || tenants.allow(Permission::CustomName);
    is_named && is_in_allowed_group(fact, id)
}

fn is_in_allowed_group(fact: Option<&StoreFact>, id: &ArmId) -> bool {
    let Some(StoreFact::Shared(store)) = fact else {
        return true;
    };
    let defaults = store.spec.defaults.iter();
    let default = defaults.filter_map(|defaults| defaults.resource_group.as_ref()?.name.as_ref());
    let allowed = store.spec.tenants.resource_groups.iter().flatten();
    default
        .chain(allowed)
        .any(|group| group.eq_ignore_ascii_case(&id.resource_group))
}

fn is_same(subscription: &str, id: &ArmId) -> bool {
    subscription.eq_ignore_ascii_case(&id.subscription)
}
