//! What both sides use: one control plane, one emulator without throttle, a namespace for each measurement.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::Context;
use arm_emulator::{Application, Config, Emulator, Tenant, Throttle};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use sshkey_operator::api::{
    SshKey, SshKeySpec,
    sshkey::{AzureSpec, ResourceGroup},
};

use crate::{
    checkout,
    control_plane::ControlPlane,
    crds, manifests,
    operator::{Flags, Operator},
};

pub(super) const TENANT: &str = "11111111-1111-4111-8111-111111111111";
pub(super) const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
pub(super) const SUBSCRIPTION: &str = "33333333-3333-4333-8333-333333333333";
pub(super) const SECRET: &str = "not-a-real-secret";
pub(super) const GROUP: &str = "rg-bench";
pub(super) const LOCATION: &str = "westeurope";

/// The servers of a benchmark.
pub(super) struct Playground {
    pub(super) plane: ControlPlane,
    pub(super) client: Client,
    pub(super) emulator: Emulator,
    operator: PathBuf,
}

impl Playground {
    /// Starts all but the operator, which is this program.
    pub(super) async fn start(operator: PathBuf) -> anyhow::Result<Self> {
        let folder = checkout::scratch("bench").join(std::process::id().to_string());
        let plane = ControlPlane::start(&folder).await?;
        let client = plane.admin().client().await?;
        crds::install(&client).await?;
        let application = Application::new(CLIENT).secret(SECRET);
        let mut config = Config::default()
            .tenant(Tenant::new(TENANT).application(application))
            .subscription(SUBSCRIPTION, TENANT);
        config.throttle = Throttle::Off;
        let emulator = Emulator::start(config)
            .await
            .context("start the emulator")?;
        emulator.put_group(SUBSCRIPTION, GROUP, LOCATION);
        Ok(Self {
            plane,
            client,
            emulator,
            operator,
        })
    }

    /// Starts the operator that is measured.
    pub(super) fn start_operator(&self, folder: &Path, flags: &Flags) -> anyhow::Result<Operator> {
        Operator::start_program(self.operator.clone(), folder, flags)
    }

    /// A namespace with a store and so many pending keys.
    pub(super) async fn pending(&self, namespace: &str, keys: u32) -> anyhow::Result<()> {
        self.namespace(namespace).await?;
        self.keys(namespace, 0..keys, &[group_of(namespace)]).await
    }

    /// A namespace with a store whose default group is its own: what others leave in theirs is not listed for it.
    pub(super) async fn namespace(&self, namespace: &str) -> anyhow::Result<()> {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let metadata = ObjectMeta {
            name: Some(namespace.to_owned()),
            ..ObjectMeta::default()
        };
        namespaces
            .create(
                &PostParams::default(),
                &Namespace {
                    metadata,
                    ..Namespace::default()
                },
            )
            .await?;
        let group = group_of(namespace);
        self.emulator.put_group(SUBSCRIPTION, &group, LOCATION);
        manifests::apply(&self.client, namespace, &store(&group)).await
    }

    /// Keys of these numbers, in the groups by turns.
    pub(super) async fn keys(
        &self,
        namespace: &str,
        numbers: Range<u32>,
        groups: &[String],
    ) -> anyhow::Result<()> {
        let api: Api<SshKey> = Api::namespaced(self.client.clone(), namespace);
        let specs = groups.iter().cycle().map(|group| SshKeySpec {
            azure: Some(AzureSpec {
                resource_group: Some(ResourceGroup {
                    name: Some(group.clone()),
                    creation_policy: None,
                }),
                ..AzureSpec::default()
            }),
            ..SshKeySpec::default()
        });
        stream::iter(numbers.zip(specs))
            .map(|(number, spec)| {
                let key = SshKey::new(&format!("key-{number:05}"), spec);
                let api = api.clone();
                async move { api.create(&PostParams::default(), &key).await }
            })
            .buffer_unordered(16)
            .try_for_each(|_| async { Ok(()) })
            .await
            .context("make pending keys")
    }
}

/// The default resource group of a namespace.
pub(super) fn group_of(namespace: &str) -> String {
    format!("rg-{namespace}")
}

fn store(group: &str) -> String {
    format!(
        "
apiVersion: v1
kind: Secret
metadata: {{name: azure}}
stringData: {{clientSecret: {SECRET}}}
---
apiVersion: sshkey-operator.io/v1alpha1
kind: AzureStore
metadata: {{name: default}}
spec:
  subscriptionID: {SUBSCRIPTION}
  tenantID: {TENANT}
  auth: {{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: azure}}}}}}
  defaults: {{location: {LOCATION}, resourceGroup: {{name: {group}}}}}
"
    )
}
