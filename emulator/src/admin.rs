//! What a test or a person does to an emulator behind its clients' backs.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use jiff::SignedDuration;

use crate::{
    arm::{key_text, locations, throttle::Throttle},
    emulator::Emulator,
    entra::directory::Directory,
    faults::Faults,
    governance::{Lock, Policy, RegistrationState},
    interceptor::Interceptor,
    record::RequestRecord,
    shared::Shared,
    stored::{StoredGroup, StoredKey},
    tenant::Tenant,
};

impl Emulator {
    /// The faults in force.
    pub fn faults(&self) -> &Faults {
        &self.shared().faults
    }

    /// The requests so far, oldest first, in the order in which they ended.
    pub fn log(&self) -> Vec<RequestRecord> {
        self.shared().log.all()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.shared().touch();
        self.shared().log.clear();
    }

    /// Shows requests to `interceptor` from now on; with nothing, to nobody.
    pub fn set_interceptor(&self, interceptor: Option<Arc<dyn Interceptor>>) {
        *self.shared().interceptor.write() = interceptor;
    }

    /// Replaces tenants, applications, secrets, federated credentials and roles. Tokens issued before stay good until they expire.
    pub fn set_tenants(&self, tenants: Vec<Tenant>) {
        *self.shared().directory.write() = Directory::new(tenants);
    }

    /// How long tokens issued from now on are good, in seconds.
    pub fn set_token_lifetime(&self, seconds: u32) {
        self.shared()
            .token_lifetime_seconds
            .store(seconds, Ordering::Relaxed);
    }

    /// Changes the limits and fills every bucket.
    pub fn set_throttle(&self, throttle: Throttle) {
        self.shared().meters.lock().reset(throttle);
    }

    /// Every stored key, in the order of subscription, group and name.
    pub fn keys(&self) -> Vec<StoredKey> {
        self.shared().world().keys().cloned().collect()
    }

    /// The stored key with this id, compared without case.
    pub fn key(&self, id: &str) -> Option<StoredKey> {
        self.shared().world().key_by_id(id).cloned()
    }

    /// Every resource group, those in deletion too.
    pub fn groups(&self) -> Vec<StoredGroup> {
        self.shared().world().groups().cloned().collect()
    }

    /// Makes a resource group, or replaces the one there.
    pub fn put_group(&self, subscription: &str, name: &str, location: &str) {
        self.shared().touch();
        let mut world = self.shared().world();
        world.put_group(StoredGroup {
            subscription: subscription.to_owned(),
            name: name.to_owned(),
            location: locations::normalize(location),
            tags: std::collections::BTreeMap::new(),
            managed_by: None,
            deleted_at: None,
        });
    }

    /// Stores a key behind the clients' backs, whole and unchecked, and gives back its id. The group is made if there is none.
    pub fn put_key_as_someone_else(&self, key: StoredKey) -> String {
        self.shared().touch();
        self.shared().store_unchecked(key)
    }

    /// Removes a key behind the clients' backs; whether it was there.
    pub fn delete_key(&self, id: &str) -> bool {
        self.shared().touch();
        self.shared().remove_by_id(id)
    }

    /// Breaks the base64 of a stored key over lines with CRLF, as the service itself stored keys in 2022. False if there is no such key or it
    /// has no public key.
    pub fn wrap_with_crlf(&self, id: &str) -> bool {
        self.shared().touch();
        self.shared().wrap_by_id(id)
    }

    /// Removes all groups and keys.
    pub fn clear(&self) {
        self.shared().world().clear();
    }

    /// Puts a lock on a scope, in the place of one of the same name.
    pub fn put_lock(&self, lock: Lock) {
        self.shared().world().locks.put(lock);
        self.shared().touch();
    }

    /// Takes a lock away; whether it was there.
    pub fn remove_lock(&self, scope: &str, name: &str) -> bool {
        self.shared().touch();
        self.shared().world().locks.remove(scope, name)
    }

    /// Replaces all policies.
    pub fn set_policies(&self, policies: Vec<Policy>) {
        self.shared().world().policies = policies;
        self.shared().touch();
    }

    /// Registers a subscription for Microsoft.Compute, or takes that back.
    pub fn set_registration(&self, subscription: &str, state: RegistrationState) {
        let mut world = self.shared().world();
        world.registrations.set(subscription, state);
        drop(world);
        self.shared().touch();
    }

    /// Gives a subscription another state: `Enabled`, `Warned`, `PastDue`, `Disabled` or `Deleted`.
    pub fn set_subscription_state(&self, subscription: &str, state: &str) {
        let mut world = self.shared().world();
        world
            .states
            .insert(subscription.to_lowercase(), state.to_owned());
        drop(world);
        self.shared().touch();
    }

    /// From now on, lists show keys as they were so long ago.
    pub fn set_list_lag(&self, lag: Duration) {
        let lag = SignedDuration::try_from(lag).unwrap_or(SignedDuration::MAX);
        self.shared().world().set_list_lag(lag);
    }
}

impl Shared {
    pub(crate) fn store_unchecked(&self, mut key: StoredKey) -> String {
        let mut world = self.world();
        if let Some(group) = world.group(&key.subscription, &key.resource_group) {
            key.resource_group.clone_from(&group.name);
        } else {
            world.put_group(StoredGroup {
                subscription: key.subscription.clone(),
                name: key.resource_group.clone(),
                location: key.location.clone(),
                tags: std::collections::BTreeMap::new(),
                managed_by: None,
                deleted_at: None,
            });
        }
        world.put_key(key)
    }

    pub(crate) fn remove_by_id(&self, id: &str) -> bool {
        let mut world = self.world();
        let Some(key) = world.key_by_id(id).cloned() else {
            return false;
        };
        world
            .remove_key(&key.subscription, &key.resource_group, &key.name)
            .is_some()
    }

    pub(crate) fn wrap_by_id(&self, id: &str) -> bool {
        let mut world = self.world();
        let Some(mut key) = world.key_by_id(id).cloned() else {
            return false;
        };
        key.public_key = key.public_key.as_deref().and_then(key_text::wrap);
        let wrapped = key.public_key.is_some();
        if wrapped {
            world.put_key(key);
        }
        wrapped
    }
}
