//! The two kinds of store as one: what their reconcile, their sessions and their status have in common.

use std::fmt::Debug;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{Api, Client, Resource, ResourceExt, core::object::HasStatus};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    api::{
        AzureStore, AzureStoreSpec, AzureStoreStatus, ClusterAzureStore, ClusterAzureStoreSpec,
        Reason, StoreKey, StoreKind, azure_store::Subscription, cluster_azure_store::ClusterAuth,
    },
    controller::store_id::StoreId,
    plan::Failure,
};

/// A store of either kind.
pub(in crate::controller) trait StoreObject:
    Resource<DynamicType = ()>
    + HasStatus<Status = AzureStoreStatus>
    + Clone
    + Default
    + Debug
    + DeserializeOwned
    + Serialize
    + Send
    + Sync
    + 'static
{
    /// Its kind.
    const KIND: StoreKind;

    /// Where it is read and its status is written.
    fn api(&self, client: Client) -> Api<Self>;

    /// What it is, and where its credentials are: those of the cluster's stores are in the operator's own namespace.
    fn describe(&self, operator: &str) -> StoreView;
}

/// A store as its session is made from it.
#[derive(Clone, Debug)]
pub(in crate::controller) struct StoreView {
    pub(in crate::controller) id: StoreId,
    pub(in crate::controller) reference: ObjectReference,
    pub(in crate::controller) uid: String,
    pub(in crate::controller) generation: i64,
    /// The namespace of its Secret and its `ServiceAccount`.
    pub(in crate::controller) credentials_in: String,
    pub(in crate::controller) auth: ClusterAuth,
    pub(in crate::controller) spec: StoreSpec,
}

/// What a store says of itself.
#[derive(Clone, Debug)]
pub(in crate::controller) enum StoreSpec {
    Own(AzureStoreSpec),
    Shared(ClusterAzureStoreSpec),
}

impl StoreView {
    /// Where in Azure its keys are.
    pub(in crate::controller) fn subscription(&self) -> &Subscription {
        match &self.spec {
            StoreSpec::Own(spec) => &spec.subscription,
            StoreSpec::Shared(spec) => &spec.subscription,
        }
    }
}

impl StoreView {
    /// The resource group of keys that name none.
    pub(in crate::controller) fn default_group(&self) -> Option<String> {
        let common = match &self.spec {
            StoreSpec::Own(spec) => spec.defaults.as_ref().map(|defaults| &defaults.common),
            StoreSpec::Shared(spec) => spec.defaults.as_ref(),
        };
        common?.resource_group.as_ref()?.name.clone()
    }
}

impl StoreObject for AzureStore {
    const KIND: StoreKind = StoreKind::AzureStore;

    fn api(&self, client: Client) -> Api<Self> {
        Api::namespaced(client, &self.namespace().unwrap_or_default())
    }

    fn describe(&self, _: &str) -> StoreView {
        let namespace = self.namespace().unwrap_or_default();
        StoreView {
            id: StoreId::seen_from(&namespace, &StoreKey::new(Self::KIND, self.name_any())),
            reference: self.object_ref(&()),
            uid: self.uid().unwrap_or_default(),
            generation: self.metadata.generation.unwrap_or_default(),
            credentials_in: namespace,
            auth: self.spec.auth.clone().into(),
            spec: StoreSpec::Own(self.spec.clone()),
        }
    }
}

impl StoreObject for ClusterAzureStore {
    const KIND: StoreKind = StoreKind::ClusterAzureStore;

    fn api(&self, client: Client) -> Api<Self> {
        Api::all(client)
    }

    fn describe(&self, operator: &str) -> StoreView {
        let namespace = operator.to_owned();
        StoreView {
            id: StoreId::seen_from(&namespace, &StoreKey::new(Self::KIND, self.name_any())),
            reference: self.object_ref(&()),
            uid: self.uid().unwrap_or_default(),
            generation: self.metadata.generation.unwrap_or_default(),
            credentials_in: namespace,
            auth: self.spec.auth.clone(),
            spec: StoreSpec::Shared(self.spec.clone()),
        }
    }
}

/// What is said of a store that is none any more, such as one of a newer version.
pub(in crate::controller) fn unreadable(kind: StoreKind) -> Failure {
    let kind = kind.as_str();
    Failure::to_fix(
        Reason::InvalidObject,
        format!(
            "the object can't be read as {} of this version of the operator: compare it with kubectl explain {}.spec, and the operator's version with that of its CRDs",
            if kind.starts_with('A') {
                format!("an {kind}")
            } else {
                format!("a {kind}")
            },
            kind.to_lowercase()
        ),
    )
}
