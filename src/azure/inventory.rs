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
    groups: Mutex<Groups>,
}

#[derive(Debug, Default)]
struct Groups {
    /// By subscription and lower-case name.
    known: HashMap<(String, String), Arc<Group>>,
    /// How many may be known before the empty ones are forgotten.
    most: usize,
    /// The oldest list that a caller uses.
    oldest: Duration,
}

/// So many groups are kept, empty or not.
const FEW_GROUPS: usize = 64;

/// So long an empty group is kept, or as long as a list of it is of use.
const KEEP_EMPTY: Duration = Duration::from_hours(1);

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
        let group = self.group_for(id, max_age);
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
        let group = self.group_for(id, max_age);
        let _turn = group.listing.lock().await;
        if !group.is_to_be_searched(max_age, now) {
            return Ok(());
        }
        let at = Timestamp::now();
        let keys = arm.list_keys(id, caller).await.inspect_err(|error| {
            if matches!(error.cause, Cause::NotBefore(_)) {
                // It was put off, for this object and its urgency. Another may be let sooner.
                group.is_not_searched();
            }
        })?;
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
        groups.known.values().cloned().collect()
    }

    /// The group of `id`, of which lists of this age are of use.
    fn group_for(&self, id: &ArmId, max_age: Duration) -> Arc<Group> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.oldest = groups.oldest.max(max_age);
        groups.get(id, Timestamp::now())
    }

    fn group(&self, id: &ArmId) -> Arc<Group> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.get(id, Timestamp::now())
    }
}

impl Groups {
    fn get(&mut self, id: &ArmId, now: Timestamp) -> Arc<Group> {
        let key = id.group_key();
        if !self.known.contains_key(&key) && self.known.len() >= self.most {
            self.forget_empty(now);
            // However many there are, for each new one about one is checked.
            self.most = FEW_GROUPS.max(2 * self.known.len());
        }
        Arc::clone(self.known.entry(key).or_default())
    }

    /// Forgets groups in which nothing was found. With edits of a single object a tenant can name very many.
    fn forget_empty(&mut self, now: Timestamp) {
        let keep = self.oldest.max(KEEP_EMPTY);
        self.known
            .retain(|_, group| Arc::strong_count(group) > 1 || group.is_worth_keeping(keep, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(group: usize, name: &str) -> ArmId {
        let subscription = "00000000-0000-4000-8000-000000000000";
        format!(
            "/subscriptions/{subscription}/resourceGroups/rg-{group}/providers/Microsoft.Compute/sshPublicKeys/{name}"
        )
        .parse()
        .unwrap()
    }

    #[test]
    fn groups_that_are_named_once_and_have_no_key_are_forgotten() {
        let mut groups = Groups::default();
        let begin = Timestamp::from_second(1_800_000_000).unwrap();
        let minute = |number: usize| begin + Duration::from_secs(60 * number as u64);
        let read = groups.get(&id(0, "kept"), begin);
        for number in 1..=10_000 {
            let id = id(number, "web");
            let group = groups.get(&id, minute(number));
            group.listed(minute(number), &id, None);
            group.lay_over(&id, minute(number), &Seen::Absent);
        }
        assert!(groups.known.len() < 300, "{}", groups.known.len());
        let last = groups.get(&id(10_000, "web"), minute(10_000));
        let hour = Duration::from_hours(1);
        let view = last.view(&id(10_000, "web"), hour, hour, minute(10_001));
        assert_eq!(view, Some(View::Written(Seen::Absent)));
        assert!(Arc::ptr_eq(&read, &groups.get(&id(0, "kept"), begin)));
    }
}
