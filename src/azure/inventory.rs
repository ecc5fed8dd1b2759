//! What is known of Azure's keys: lists by resource group, with our own writes laid over them, since a list may lag
//! behind a write. The only way by which Azure is read.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    arm::ArmClient,
    arm_answers::KeyRead,
    budget::Caller,
    error::{AzureError, Cause, Operation},
    group_view::{Group, Seen, View},
    models::SshPublicKey,
};
use crate::api::ArmId;

/// The keys that one identity sees.
#[derive(Debug, Default)]
pub struct Inventory {
    groups: Mutex<HashMap<(String, String), Arc<Group>>>,
}

impl Inventory {
    /// What is known of `id`, from a list that is at most `max_age` old; lists the group when there is none. A write of
    /// ours stands until a list that was asked for `settle` or more after it can confirm it.
    ///
    /// # Errors
    /// When the group can't be listed.
    pub async fn known(
        &self,
        arm: &ArmClient,
        id: &ArmId,
        max_age: Duration,
        settle: Duration,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<View, AzureError> {
        let group = self.group(id);
        if let Some(view) = group.view(id, max_age, settle, now) {
            return Ok(view);
        }
        let _turn = group.listing.lock().await;
        // Another object may have listed while this one waited.
        if let Some(view) = group.view(id, max_age, settle, now) {
            return Ok(view);
        }
        let at = Timestamp::now();
        let keys = arm.list_keys(id, caller).await?;
        group.listed(at, id, keys);
        let view = group.view(id, max_age, settle, at);
        view.ok_or_else(|| {
            let cause =
                Cause::Connection("its group was written to while it was listed".to_owned());
            AzureError::new(Operation::ReadKey, id.to_string(), cause)
        })
    }

    /// Lists the group of `id` to find marks, if no list of it is younger than `max_age`. Each group is asked once in that
    /// time, whatever comes of it.
    ///
    /// # Errors
    /// When the group can't be listed.
    pub async fn search(
        &self,
        arm: &ArmClient,
        id: &ArmId,
        max_age: Duration,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<(), AzureError> {
        let group = self.group(id);
        let _turn = group.listing.lock().await;
        if !group.is_to_be_searched(max_age, now) {
            return Ok(());
        }
        let at = Timestamp::now();
        let keys = arm.list_keys(id, caller).await?;
        group.listed(at, id, keys);
        Ok(())
    }

    /// Where the lists show keys whose mark has this UID, as far as groups were listed. Asks nothing.
    pub fn marked(&self, uid: &str) -> Vec<ArmId> {
        let groups = self.groups().into_iter();
        groups.flat_map(|group| group.marked(uid)).collect()
    }

    /// The keys that the lists show with the mark of a UID that is not `is_living`, with where they are. Asks nothing.
    pub fn marked_otherwise(&self, is_living: impl Fn(&str) -> bool) -> Vec<(ArmId, SshPublicKey)> {
        let groups = self.groups().into_iter();
        groups
            .flat_map(|group| group.marked_otherwise(&is_living))
            .collect()
    }

    /// Reads this very key, and remembers it.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn read(
        &self,
        arm: &ArmClient,
        id: &ArmId,
        caller: &Caller,
    ) -> Result<Seen, AzureError> {
        let at = Timestamp::now();
        let seen = match arm.read_key(id, caller).await? {
            KeyRead::Present(key) => Seen::Present(Arc::new(key)),
            KeyRead::Absent => Seen::Absent,
            KeyRead::GroupAbsent => Seen::GroupAbsent,
        };
        self.group(id).lay_over(id, at, &seen);
        Ok(seen)
    }

    /// Creates the resource group of `id` if there is none. Of all who miss it at once, one creates it.
    ///
    /// # Errors
    /// When it can't be looked for or created.
    pub async fn ensure_group(
        &self,
        arm: &ArmClient,
        id: &ArmId,
        location: &str,
        caller: &Caller,
    ) -> Result<(), AzureError> {
        let group = self.group(id);
        let _turn = group.listing.lock().await;
        if !arm.group_exists(id, caller).await? {
            arm.create_group(id, location, caller).await?;
        }
        Ok(())
    }

    /// Remembers what a write of ours has left at `id`.
    pub fn wrote(&self, id: &ArmId, seen: &Seen, now: Timestamp) {
        self.group(id).lay_over(id, now, seen);
    }

    /// Forgets what is known of `id`, after a write whose answer was lost.
    pub fn in_doubt(&self, id: &ArmId) {
        self.group(id).in_doubt(id);
    }

    fn groups(&self) -> Vec<Arc<Group>> {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.values().cloned().collect()
    }

    fn group(&self, id: &ArmId) -> Arc<Group> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(groups.entry(id.group_key()).or_default())
    }
}
