//! `reconcile --store`: the operator checks a store by a new token, at once.

use std::time::Duration;

use jiff::Timestamp;
use kube::{
    Api,
    api::{ApiResource, DynamicObject, Patch, PatchParams},
};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    cluster::{Cluster, MANAGER},
    error::CliError,
    reconcile_flags::Reconcile,
    request::Request,
    screen,
};
use crate::api::{
    AzureStore, AzureStoreStatus, ClusterAzureStore, Condition, ConditionType, StoreKey, StoreKind,
    condition::find,
    names::{GROUP, annotation},
};

/// How often the store is read again.
const INTERVAL: Duration = Duration::from_millis(500);

/// Asks, waits, and tells the outcome.
pub(super) async fn reconcile(
    cluster: &Cluster,
    store: &StoreKey,
    flags: &Reconcile,
) -> Result<(), CliError> {
    let asked = Timestamp::now().to_string();
    let store = Store {
        cluster,
        key: store,
    };
    let uid = store.ask(&asked).await?.metadata.uid;
    if flags.no_wait {
        screen::tell("Asked for; it was not waited for.");
        return Ok(());
    }
    let deadline = Instant::now() + flags.timeout;
    loop {
        sleep(INTERVAL).await;
        let now = store.read().await?;
        if now.metadata.uid != uid {
            return Err(CliError::NotNow(format!("{} was deleted", store.name())));
        }
        let status = store.status(&now)?;
        match outcome(&status, &asked) {
            Outcome::Ready(words) => {
                return screen::print(&format!("{} is ready: {words}\n", store.name()));
            }
            Outcome::NotReady(why) => {
                return Err(CliError::NotNow(format!("{}, {why}", store.name())));
            }
            Outcome::Waiting if Instant::now() < deadline => {}
            Outcome::Waiting => return Err(store.late(flags.timeout)),
        }
    }
}

/// One store, as requests name it.
struct Store<'a> {
    cluster: &'a Cluster,
    key: &'a StoreKey,
}

impl Store<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.key.kind.as_str(), self.key.name)
    }

    fn api(&self) -> Api<DynamicObject> {
        let client = self.cluster.client();
        match self.key.kind {
            StoreKind::AzureStore => {
                let kind = ApiResource::erase::<AzureStore>(&());
                Api::namespaced_with(client, self.cluster.namespace(), &kind)
            }
            StoreKind::ClusterAzureStore => {
                Api::all_with(client, &ApiResource::erase::<ClusterAzureStore>(&()))
            }
        }
    }

    fn about(&self, verb: &'static str) -> Request {
        let (resource, namespace) = match self.key.kind {
            StoreKind::AzureStore => ("azurestores", Some(self.cluster.namespace().to_owned())),
            StoreKind::ClusterAzureStore => ("clusterazurestores", None),
        };
        Request {
            verb,
            group: GROUP,
            resource,
            kind: self.key.kind.as_str(),
            namespace,
            name: Some(self.key.name.clone()),
        }
    }

    async fn read(&self) -> Result<DynamicObject, CliError> {
        let read = self.api().get(&self.key.name).await;
        read.map_err(|error| self.cluster.failed(&self.about("get"), error))
    }

    async fn ask(&self, asked: &str) -> Result<DynamicObject, CliError> {
        let annotations = json!({ annotation::RECONCILE_REQUESTED_AT: asked });
        let patch = json!({ "metadata": { "annotations": annotations } });
        let params = PatchParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let (api, patch) = (self.api(), Patch::Merge(&patch));
        let patched = api.patch(&self.key.name, &params, &patch).await;
        patched.map_err(|error| self.cluster.failed(&self.about("patch"), error))
    }

    fn status(&self, store: &DynamicObject) -> Result<AzureStoreStatus, CliError> {
        let Some(status) = store.data.get("status") else {
            return Ok(AzureStoreStatus::default());
        };
        serde_json::from_value(status.clone()).map_err(|cause| CliError::Unreadable {
            subject: self.name(),
            cause: cause.to_string(),
        })
    }

    fn late(&self, timeout: Duration) -> CliError {
        let watches = match self.key.kind {
            StoreKind::AzureStore => {
                format!("does it watch namespace {}", self.cluster.namespace())
            }
            StoreKind::ClusterAzureStore => "does it watch stores of the cluster".to_owned(),
        };
        CliError::NotNow(format!(
            "{}: the operator does not answer, for {} s: is it running, is it of this program's version, and {watches}?",
            self.name(),
            timeout.as_secs()
        ))
    }
}

/// What the operator has answered.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Waiting,
    Ready(String),
    NotReady(String),
}

/// What a status says of a request. What was said before it is no answer.
fn outcome(status: &AzureStoreStatus, asked: &str) -> Outcome {
    if status.last_handled_reconcile_at.as_deref() != Some(asked) {
        return Outcome::Waiting;
    }
    match find(&status.conditions, ConditionType::Ready) {
        Some(Condition {
            status, message, ..
        }) if status == "True" => Outcome::Ready(message.clone()),
        Some(Condition {
            reason, message, ..
        }) => Outcome::NotReady(format!("{reason}: {message}")),
        None => Outcome::Waiting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_before_a_request_is_no_answer_to_it() {
        let said = |handled: &str, ready: &str| {
            let status = json!({ "lastHandledReconcileAt": handled, "conditions": [{ "type": "Ready",
                "status": ready, "reason": "Because", "message": "so it is",
                "lastTransitionTime": "2026-11-11T00:00:00Z" }] });
            outcome(&serde_json::from_value(status).unwrap(), "now")
        };
        assert_eq!(said("before", "True"), Outcome::Waiting);
        assert_eq!(said("before", "False"), Outcome::Waiting);
        assert_eq!(said("now", "True"), Outcome::Ready("so it is".to_owned()));
        let why = "Because: so it is".to_owned();
        assert_eq!(said("now", "False"), Outcome::NotReady(why));
    }
}
