//! Uninstalls in a wrong order, and the way out of each that docs/operations.md names: no private key is lost.

use anyhow::{Context, ensure};
use k8s_openapi::{
    api::core::v1::Namespace,
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{Api, ResourceExt, api::DeleteParams};
use sshkey_operator::api::SshKey;

use super::{
    azure::in_azure,
    charts::{CRDS, Helm, OPERATOR},
    cluster::{PATIENCE, SYSTEM, TEAM, restarts},
    ending::{DEFINITIONS, FINALIZER},
    keys,
    life::Life,
    steps::{Steps, until},
};

/// The key that has to outlive all of it.
const NAME: &str = "outlives";

impl Life<'_> {
    /// The order in which the operator goes first is that of [`Life::ending`].
    pub(super) async fn wrong_orders(&self, steps: &mut Steps) -> anyhow::Result<()> {
        steps.begin("a key is made that has to outlive what comes");
        self.goes_on(NAME).await?;
        let key = self.private_key().await?;
        steps.passed(NAME);
        self.namespace_first(steps, &key).await?;
        self.definitions_first(steps, &key).await?;
        self.definitions_alone(steps, &key).await
    }

    async fn namespace_first(&self, steps: &mut Steps, key: &[u8]) -> anyhow::Result<()> {
        steps.begin("the operator's namespace is deleted first: a deletion waits");
        let namespaces: Api<Namespace> = Api::all(self.cluster.client.clone());
        let deleted = namespaces.delete(SYSTEM, &DeleteParams::default()).await;
        deleted.context("delete the operator's namespace")?;
        until(
            "the namespace is gone",
            PATIENCE,
            async || match namespaces.get_opt(SYSTEM).await {
                Ok(None) => Ok(()),
                other => Err(format!("{other:?}")),
            },
        )
        .await?;
        self.delete(NAME).await?;
        self.is_held().await?;
        steps.passed("held by its finalizer, and the key stays in Azure");

        steps.begin("both charts are installed again, and the deletion ends");
        self.cluster.create_namespace(SYSTEM).await?;
        self.helm.run(&["install", CRDS, &Helm::chart(CRDS)])?;
        self.install()?;
        self.is_put_away(key).await?;
        steps.passed("the key has left Azure, and its Secret is there");
        self.comes_back(steps, key).await
    }

    async fn definitions_first(&self, steps: &mut Steps, key: &[u8]) -> anyhow::Result<()> {
        steps.begin("the definitions are deleted after the operator: every object waits");
        self.helm.run(&["uninstall", OPERATOR])?;
        self.operator_is_gone().await?;
        self.delete_definitions().await?;
        until("the SshKey is being deleted", PATIENCE, async || {
            let held = self.is_held().await;
            held.map_err(|error| format!("{error:#}"))
        })
        .await?;
        steps.passed("held by its finalizer, and the key stays in Azure");

        steps.begin("the operator is installed again, and the definitions go");
        self.install()?;
        self.definitions_are_gone().await?;
        self.is_away(key).await?;
        steps.passed("the key has left Azure, and its Secret is there");

        self.definitions_again(steps).await?;
        self.comes_back(steps, key).await
    }

    async fn definitions_alone(&self, steps: &mut Steps, key: &[u8]) -> anyhow::Result<()> {
        steps.begin("the definitions are deleted while the operator runs");
        let before = self.cluster.ready_pod(SYSTEM, OPERATOR, None).await?;
        self.delete_definitions().await?;
        self.definitions_are_gone().await?;
        self.is_away(key).await?;
        steps.passed("it puts the key away, the definitions go, and the Secret is there");

        self.definitions_again(steps).await?;
        self.comes_back(steps, key).await?;

        steps.begin("it is the process that saw them go");
        let after = self.cluster.ready_pod(SYSTEM, OPERATOR, None).await?;
        ensure!(
            after.metadata.uid == before.metadata.uid && restarts(&after)? == restarts(&before)?,
            "the operator was started again"
        );
        steps.passed("the same pod, not started again");
        Ok(())
    }

    async fn delete_definitions(&self) -> anyhow::Result<()> {
        let definitions: Api<CustomResourceDefinition> = Api::all(self.cluster.client.clone());
        for name in DEFINITIONS {
            let deleted = definitions.delete(name, &DeleteParams::default()).await;
            deleted.with_context(|| format!("delete {name}"))?;
        }
        Ok(())
    }

    async fn definitions_are_gone(&self) -> anyhow::Result<()> {
        let definitions: Api<CustomResourceDefinition> = Api::all(self.cluster.client.clone());
        for name in DEFINITIONS {
            until(
                &format!("{name} is gone"),
                PATIENCE,
                async || match definitions.get_opt(name).await {
                    Ok(None) => Ok(()),
                    other => Err(format!(
                        "{:?}",
                        other.map(|found| found.map(|one| one.status))
                    )),
                },
            )
            .await?;
        }
        Ok(())
    }

    /// With the manifests, as from Git.
    async fn definitions_again(&self, steps: &mut Steps) -> anyhow::Result<()> {
        steps.begin("the definitions are installed again");
        self.helm.run(&["uninstall", CRDS])?;
        self.helm.run(&["install", CRDS, &Helm::chart(CRDS)])?;
        self.cluster.apply(TEAM, &keys::manifest()).await?;
        steps.passed(CRDS);
        Ok(())
    }

    /// The manifest is applied again, as from Git.
    async fn comes_back(&self, steps: &mut Steps, key: &[u8]) -> anyhow::Result<()> {
        steps.begin("the SshKey is applied again, and has the key that it had");
        self.goes_on(NAME).await?;
        ensure!(self.private_key().await? == key, "it has another key");
        let seen = keys::login(self.cluster, self.azure, NAME).await?;
        steps.passed(seen);
        Ok(())
    }

    async fn is_held(&self) -> anyhow::Result<()> {
        let key = self.cluster.api::<SshKey>(TEAM).get(NAME).await;
        let key = key.with_context(|| format!("look for SshKey {NAME}"))?;
        ensure!(
            key.metadata.deletion_timestamp.is_some()
                && key.finalizers().iter().any(|one| one == FINALIZER),
            "SshKey {NAME} has {:?}",
            key.metadata
        );
        let kept = keys::kept(self.cluster, self.azure, NAME).await?;
        ensure!(kept.is_published(), "key {NAME} has left Azure: {kept:?}");
        Ok(())
    }

    async fn is_put_away(&self, key: &[u8]) -> anyhow::Result<()> {
        self.cluster.wait_gone::<SshKey>(NAME).await?;
        self.is_away(key).await
    }

    /// Out of Azure, while its Secret has the private key.
    async fn is_away(&self, key: &[u8]) -> anyhow::Result<()> {
        let left = self.azure.key(self.cluster, &in_azure(NAME)).await?;
        ensure!(left.is_none(), "key {NAME} is still in Azure");
        ensure!(
            self.private_key().await? == key,
            "its Secret has another key"
        );
        Ok(())
    }

    async fn private_key(&self) -> anyhow::Result<Vec<u8>> {
        let secret = keys::secret(self.cluster, NAME).await?;
        let data = secret.data.unwrap_or_default();
        let key = data.get("ssh-privatekey");
        Ok(key.context("a Secret without a key")?.0.clone())
    }
}
