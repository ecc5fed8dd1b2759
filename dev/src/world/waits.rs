//! Waiting until something is so, and saying what was seen instead when it never was.

use std::{fmt::Debug, panic::Location, time::Duration};

use kube::{Resource, core::NamespaceResourceScope};
use serde::de::DeserializeOwned;
use sshkey_operator::api::{AzureStore, Condition, ConditionType, Reason, SshKey, SshKeyPlan};
use tokio::time::{Instant, sleep};

use super::World;

/// How long anything is waited for. Only a failure takes so long.
const PATIENCE: Duration = Duration::from_mins(1);
const INTERVAL: Duration = Duration::from_millis(100);

/// A kind with conditions.
pub trait HasConditions {
    /// Its conditions.
    fn conditions(&self) -> &[Condition];
}

impl HasConditions for SshKey {
    fn conditions(&self) -> &[Condition] {
        self.status
            .as_ref()
            .map_or(&[], |status| &status.conditions)
    }
}

impl HasConditions for SshKeyPlan {
    fn conditions(&self) -> &[Condition] {
        self.status
            .as_ref()
            .map_or(&[], |status| &status.conditions)
    }
}

impl HasConditions for AzureStore {
    fn conditions(&self) -> &[Condition] {
        self.status
            .as_ref()
            .map_or(&[], |status| &status.conditions)
    }
}

impl World {
    /// Waits until `attempt` is `Ok`; an `Err` says what was seen instead.
    ///
    /// # Panics
    /// After a minute, with what was last seen and [`Self::dump`].
    #[track_caller]
    pub fn until<T>(
        &self,
        what: impl Into<String>,
        attempt: impl AsyncFnMut() -> Result<T, String>,
    ) -> impl Future<Output = T> {
        self.until_within(PATIENCE, what, attempt)
    }

    /// The same for what takes longer.
    ///
    /// # Panics
    /// After `patience`.
    #[track_caller]
    pub fn until_within<T>(
        &self,
        patience: Duration,
        what: impl Into<String>,
        attempt: impl AsyncFnMut() -> Result<T, String>,
    ) -> impl Future<Output = T> {
        let caller = Location::caller();
        let what = what.into();
        async move {
            match self.try_until(patience, attempt).await {
                Ok(result) => result,
                Err(seen) => panic!(
                    "{caller}: {what}: not so within {} s. Last seen: {seen}\n{}",
                    patience.as_secs(),
                    self.dump()
                ),
            }
        }
    }

    /// The same for what is no failure of the test, or not yet.
    ///
    /// # Errors
    /// What was last seen, after `patience`.
    pub async fn try_until<T>(
        &self,
        patience: Duration,
        mut attempt: impl AsyncFnMut() -> Result<T, String>,
    ) -> Result<T, String> {
        let deadline = Instant::now() + patience;
        loop {
            match attempt().await {
                Err(_) if Instant::now() < deadline => sleep(INTERVAL).await,
                ended => return ended,
            }
        }
    }

    /// Waits until the object of this name is as `holds` says.
    ///
    /// # Panics
    /// As [`Self::until`].
    #[track_caller]
    pub fn wait_for<K>(
        &self,
        name: &str,
        what: impl Into<String>,
        holds: impl Fn(&K) -> bool,
    ) -> impl Future<Output = K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let api = self.api::<K>();
        self.until(
            format!("{} {name}: {}", K::kind(&()), what.into()),
            async move || match api.get_opt(name).await {
                Ok(Some(object)) if holds(&object) => Ok(object),
                other => Err(format!("{other:#?}")),
            },
        )
    }

    /// Waits until there is no object of this kind and name.
    ///
    /// # Panics
    /// As [`Self::until`].
    #[track_caller]
    pub fn wait_gone<K>(&self, name: &str) -> impl Future<Output = ()>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let api = self.api::<K>();
        self.until(
            format!("{} {name} is gone", K::kind(&())),
            async move || match api.get_opt(name).await {
                Ok(None) => Ok(()),
                other => Err(format!("{other:#?}")),
            },
        )
    }

    /// Waits until a condition of the object's present generation has this status and reason.
    ///
    /// # Panics
    /// As [`Self::until`].
    #[track_caller]
    pub fn wait_condition<K>(
        &self,
        name: &str,
        kind: ConditionType,
        status: &str,
        reason: Reason,
    ) -> impl Future<Output = K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + HasConditions
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let what = format!("{}={status}, {}", kind.as_str(), reason.as_str());
        self.wait_for(name, what, move |object: &K| {
            current(object).any(|condition| {
                condition.type_ == kind.as_str()
                    && condition.status == status
                    && condition.reason == reason.as_str()
            })
        })
    }

    /// Waits until the object is Ready in its present generation.
    ///
    /// # Panics
    /// As [`Self::until`].
    #[track_caller]
    pub fn wait_ready_of<K>(&self, name: &str) -> impl Future<Output = K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + HasConditions
            + Clone
            + Debug
            + DeserializeOwned,
    {
        self.wait_for(name, "Ready=True", |object: &K| {
            current(object).any(|condition| {
                condition.type_ == ConditionType::Ready.as_str() && condition.status == "True"
            })
        })
    }

    /// Waits until the `SshKey` is Ready in its present generation.
    ///
    /// # Panics
    /// As [`Self::until`].
    #[track_caller]
    pub fn wait_ready(&self, name: &str) -> impl Future<Output = SshKey> {
        self.wait_ready_of(name)
    }
}

/// The conditions that speak of the object as it is now.
fn current<K>(object: &K) -> impl Iterator<Item = &Condition>
where
    K: Resource + HasConditions,
{
    object
        .conditions()
        .iter()
        .filter(|condition| condition.observed_generation == object.meta().generation)
}
