//! From the first installation to an upgrade.

use std::time::Instant;

use anyhow::{Context, ensure};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::Pod,
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{Api, ResourceExt, api::DeleteParams};
use serde_json::json;
use sshkey_operator::api::{AzureStore, SshKey};

use super::{
    azure::Azure,
    charts::{CRDS, Helm, OPERATOR},
    cluster::{AZURE, Cluster, SYSTEM, TEAM, restarts},
    images::Archived,
    keys::{self, AFTER_KILL, AFTER_UPGRADE, DEPLOY, Kept, WEB},
    steps::Steps,
};
use crate::image::mebibytes;

/// A column that the next version of the definitions has.
const COLUMN: &str = "e2e";

/// What a run is about.
pub(super) struct Life<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) helm: &'a Helm,
    pub(super) image: &'a Archived,
    pub(super) azure: &'a Azure,
}

impl Life<'_> {
    /// All of it.
    pub(super) async fn all(&self, steps: &mut Steps) -> anyhow::Result<()> {
        steps.begin("Helm installs the definitions");
        self.helm.run(&["install", CRDS, &Helm::chart(CRDS)])?;
        steps.passed(CRDS);

        let pod = self.first_key(steps).await?;
        self.published(steps).await?;
        self.tested(steps)?;

        steps.begin("the operator's pod is at rest");
        // When the logins have ended nothing has changed for a while, and the kubelet counts every few seconds.
        let memory = self.cluster.memory(&pod, Timestamp::now()).await?;
        let restarts = restarts(&self.cluster.ready_pod(SYSTEM, OPERATOR, None).await?)?;
        ensure!(restarts == 0, "it was started {restarts} times again");
        steps.passed(format_args!(
            "{} MiB of memory, no restart",
            mebibytes(memory)
        ));

        let before = self.kept().await?;
        self.killed(steps, &pod, &before).await?;
        self.upgraded(steps, &before).await
    }

    async fn first_key(&self, steps: &mut Steps) -> anyhow::Result<Pod> {
        steps.begin("Helm installs the operator, and the first key is Ready");
        let installed = Instant::now();
        self.install()?;
        self.cluster.create_namespace(TEAM).await?;
        self.cluster.apply(TEAM, &keys::manifest()).await?;
        self.cluster.wait_ready::<SshKey>(WEB).await?;
        let ready = installed.elapsed();
        let pod = self.cluster.ready_pod(SYSTEM, OPERATOR, None).await?;
        steps.passed(format_args!(
            "{:.1} s from `helm install` to the key, {:.1} s until the pod says that it is ready",
            ready.as_secs_f64(),
            installed.elapsed().as_secs_f64()
        ));
        Ok(pod)
    }

    /// Installs the operator, with the emulated Azure as its Azure.
    pub(super) fn install(&self) -> anyhow::Result<()> {
        let ca = self.helm.file("ca.pem", &self.azure.ca)?;
        let values = [
            format!("image.repository={}", self.image.repository()),
            format!("azure.armEndpoint={}", self.azure.endpoint),
            format!("azure.authorityHost={}", self.azure.endpoint),
            "pollInterval=5s".to_owned(),
        ];
        let chart = Helm::chart(OPERATOR);
        let ca = format!("azure.ca.pem={ca}");
        let mut args = vec!["install", OPERATOR, &chart, "--set-file", &ca];
        for value in &values {
            args.extend(["--set", value]);
        }
        self.helm.run(&args)?;
        Ok(())
    }

    /// The release's own test, in a pod of its own and with that pod's rights.
    fn tested(&self, steps: &mut Steps) -> anyhow::Result<()> {
        steps.begin("helm test says that the installation is sound");
        let said = self.helm.run(&["test", OPERATOR, "--timeout", "2m"])?;
        ensure!(
            said.contains("Phase:") && said.contains("Succeeded"),
            "it said: {said}"
        );
        steps.passed("its pod has succeeded");
        Ok(())
    }

    async fn published(&self, steps: &mut Steps) -> anyhow::Result<()> {
        steps.begin("a store signs in by workload identity, another by a client secret");
        for store in ["default", "by-secret"] {
            self.cluster.wait_ready::<AzureStore>(store).await?;
        }
        self.cluster.wait_ready::<SshKey>(DEPLOY).await?;
        steps.passed("both are Ready, through the Service's name in the cluster's DNS");

        for name in [WEB, DEPLOY] {
            steps.begin("the key in Azure lets its private key in");
            steps.passed(keys::login(self.cluster, self.azure, name).await?);
        }
        Ok(())
    }

    async fn kept(&self) -> anyhow::Result<Vec<(&'static str, Kept)>> {
        let mut kept = Vec::new();
        for name in [WEB, DEPLOY] {
            kept.push((name, keys::kept(self.cluster, self.azure, name).await?));
        }
        Ok(kept)
    }

    async fn killed(
        &self,
        steps: &mut Steps,
        pod: &Pod,
        before: &[(&str, Kept)],
    ) -> anyhow::Result<()> {
        steps.begin("the pod is killed and comes back");
        self.azure.forget(self.cluster).await?;
        let now = DeleteParams::default().grace_period(0);
        let pods: Api<Pod> = self.cluster.api(SYSTEM);
        pods.delete(&pod.name_any(), &now)
            .await
            .context("delete the operator's pod")?;
        self.cluster.ready_pod(SYSTEM, OPERATOR, Some(pod)).await?;
        self.goes_on(AFTER_KILL).await?;
        keys::unchanged(self.cluster, self.azure, before).await?;
        self.azure.nothing_written(self.cluster, AFTER_KILL).await?;
        steps.passed("no second key, no other Secret, no write to Azure but that of a new key");
        Ok(())
    }

    /// Makes a key, which is Ready only after the operator has looked at what is in Azure.
    pub(super) async fn goes_on(&self, name: &str) -> anyhow::Result<()> {
        self.cluster.apply(TEAM, &keys::another(name)).await?;
        self.cluster.wait_ready::<SshKey>(name).await?;
        Ok(())
    }

    async fn upgraded(&self, steps: &mut Steps, before: &[(&str, Kept)]) -> anyhow::Result<()> {
        steps.begin("Helm upgrades the definitions");
        let columns = "  - additionalPrinterColumns:\n";
        let column =
            format!("{columns}    - {{name: {COLUMN}, type: string, jsonPath: .metadata.uid}}\n");
        let next = self
            .helm
            .next(CRDS, |_, text| text.replacen(columns, &column, 1))?;
        self.helm.run(&["upgrade", CRDS, &next])?;
        let definitions: Api<CustomResourceDefinition> = Api::all(self.cluster.client.clone());
        let definition = definitions.get("sshkeys.sshkey-operator.io").await;
        let definition = definition.context("read a definition")?;
        let versions = json!(definition.spec.versions);
        let columns = versions[0]["additionalPrinterColumns"].as_array().cloned();
        let names: Vec<String> = columns
            .into_iter()
            .flatten()
            .filter_map(|column| Some(column["name"].as_str()?.to_owned()))
            .collect();
        ensure!(
            names.iter().any(|name| name == COLUMN),
            "its columns are {names:?}"
        );
        steps.passed("a column that the next version has is there");

        steps.begin("Helm upgrades the operator");
        self.azure.forget(self.cluster).await?;
        let old = self.cluster.ready_pod(SYSTEM, OPERATOR, None).await?;
        let next = self.helm.next(OPERATOR, |_, text| text)?;
        let changed = ["--reset-then-reuse-values", "--set", "concurrency=16"];
        let args = [&["upgrade", OPERATOR, &next][..], &changed].concat();
        self.helm.run(&args)?;
        let pod = self.cluster.ready_pod(SYSTEM, OPERATOR, Some(&old)).await?;
        let spec = json!(pod.spec);
        let args = &spec["containers"][0]["args"];
        let given = args.as_array().into_iter().flatten();
        ensure!(
            given.clone().any(|arg| arg == "--concurrency=16")
                && given.clone().any(|arg| arg == "--poll-interval=5s"),
            "its arguments are {args}"
        );
        self.goes_on(AFTER_UPGRADE).await?;
        keys::unchanged(self.cluster, self.azure, before).await?;
        self.azure
            .nothing_written(self.cluster, AFTER_UPGRADE)
            .await?;
        steps.passed("a new pod with the new value and the old ones; the keys stay as they are");

        steps.begin("the emulator's pod is one all along");
        let emulator = self
            .cluster
            .ready_pod(AZURE, super::azure::PROGRAM, None)
            .await?;
        ensure!(
            emulator.name_any() == self.azure.pod_name() && restarts(&emulator)? == 0,
            "it was started again"
        );
        steps.passed(emulator.name_any());
        Ok(())
    }
}
