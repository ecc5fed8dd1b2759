//! What an uninstall leaves, what waits then, and how a new installation ends it.

use anyhow::{Context, ensure};
use k8s_openapi::{
    api::{core::v1::Secret, rbac::v1::ClusterRole},
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{Api, ResourceExt, api::DeleteParams};
use sshkey_operator::api::SshKey;

use super::{
    azure::in_azure,
    charts::{CRDS, Helm, OPERATOR},
    cluster::{PATIENCE, SYSTEM, TEAM},
    keys::{self, AFTER_KILL, AFTER_UPGRADE, DEPLOY, WEB},
    life::Life,
    steps::{Steps, until},
};

pub(super) const FINALIZER: &str = "sshkey-operator.io/finalizer";

/// The kinds that the chart of the definitions leaves.
pub(super) const DEFINITIONS: [&str; 4] = [
    "sshkeys.sshkey-operator.io",
    "sshkeyplans.sshkey-operator.io",
    "azurestores.sshkey-operator.io",
    "clusterazurestores.sshkey-operator.io",
];

impl Life<'_> {
    /// The uninstall, and the installation after it.
    pub(super) async fn ending(&self, steps: &mut Steps) -> anyhow::Result<()> {
        self.uninstalled(steps).await?;
        self.waits(steps).await?;
        self.installed_again(steps).await
    }

    async fn uninstalled(&self, steps: &mut Steps) -> anyhow::Result<()> {
        steps.begin("Helm uninstalls both charts: keys, Secrets and definitions stay");
        let mut before = Vec::new();
        for name in keys::ALL {
            before.push((name, keys::kept(self.cluster, self.azure, name).await?));
        }
        self.helm.run(&["uninstall", OPERATOR])?;
        let said = self.helm.run(&["uninstall", CRDS])?;
        self.operator_is_gone().await?;
        let roles: Api<ClusterRole> = Api::all(self.cluster.client.clone());
        let role = roles.get_opt(OPERATOR).await.context("look for a role")?;
        ensure!(role.is_none(), "its ClusterRole is still there");
        let definitions: Api<CustomResourceDefinition> = Api::all(self.cluster.client.clone());
        for name in DEFINITIONS {
            let definition = definitions.get(name).await;
            let definition = definition.with_context(|| format!("look for {name}"))?;
            ensure!(
                definition.metadata.deletion_timestamp.is_none(),
                "{name} is being deleted"
            );
            ensure!(
                said.contains(name),
                "Helm does not say that it keeps {name}: {said}"
            );
        }
        for name in keys::ALL {
            let key = self.cluster.api::<SshKey>(TEAM).get(name).await;
            key.with_context(|| format!("look for SshKey {name}"))?;
        }
        keys::unchanged(self.cluster, self.azure, &before).await?;
        steps.passed("and so do the keys in Azure; the operator's rights are gone");
        Ok(())
    }

    pub(super) async fn operator_is_gone(&self) -> anyhow::Result<()> {
        until("the operator is gone", PATIENCE, async || {
            let pods = self.cluster.pods(SYSTEM, OPERATOR).await;
            match pods.map_err(|error| format!("{error:#}"))?.as_slice() {
                [] => Ok(()),
                pods => Err(format!("{} pods", pods.len())),
            }
        })
        .await
    }

    async fn waits(&self, steps: &mut Steps) -> anyhow::Result<()> {
        steps.begin("without the operator, a deletion waits");
        for name in [WEB, DEPLOY] {
            self.delete(name).await?;
        }
        for name in [WEB, DEPLOY] {
            let key = self.cluster.api::<SshKey>(TEAM).get(name).await;
            let key = key.with_context(|| format!("look for SshKey {name}"))?;
            ensure!(
                key.metadata.deletion_timestamp.is_some()
                    && key.finalizers().iter().any(|one| one == FINALIZER),
                "SshKey {name} has {:?}",
                key.metadata
            );
            let kept = keys::kept(self.cluster, self.azure, name).await?;
            ensure!(kept.is_published(), "key {name} has left Azure: {kept:?}");
        }
        steps.passed("the finalizer holds both SshKeys, their Secrets and their keys in Azure");
        Ok(())
    }

    async fn installed_again(&self, steps: &mut Steps) -> anyhow::Result<()> {
        steps.begin("Helm installs both again, and the deletions end");
        self.helm.run(&["install", CRDS, &Helm::chart(CRDS)])?;
        self.install()?;
        for name in [WEB, DEPLOY] {
            self.cluster.wait_gone::<SshKey>(name).await?;
            let left = self.azure.key(self.cluster, &in_azure(name)).await?;
            ensure!(left.is_none(), "key {name} is still in Azure");
        }
        keys::secret(self.cluster, WEB).await?;
        self.cluster.wait_gone::<Secret>(DEPLOY).await?;
        steps.passed(
            "the keys have left Azure; the Secret to be retained is there, the other is gone",
        );

        steps.begin("the last keys are deleted, and nothing is left in Azure");
        for name in [AFTER_KILL, AFTER_UPGRADE] {
            self.delete(name).await?;
            self.cluster.wait_gone::<SshKey>(name).await?;
            let left = self.azure.key(self.cluster, &in_azure(name)).await?;
            ensure!(left.is_none(), "key {name} is still in Azure");
        }
        steps.passed("as docs/install.md says: first the keys, then the operator");
        Ok(())
    }

    pub(super) async fn delete(&self, name: &str) -> anyhow::Result<()> {
        let keys = self.cluster.api::<SshKey>(TEAM);
        keys.delete(name, &DeleteParams::default())
            .await
            .with_context(|| format!("delete SshKey {name}"))?;
        Ok(())
    }
}
