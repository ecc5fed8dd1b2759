//! Two pods as any user, of which the leader dies in the middle of a rotation.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use k8s_openapi::api::{coordination::v1::Lease, core::v1::Pod};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::{SshKey, names::annotation};

use super::{
    azure::in_azure,
    charts::{Helm, OPERATOR},
    cluster::{PATIENCE, SYSTEM, TEAM, is_ready},
    keys,
    life::Life,
    steps::{Steps, until},
};

/// The key that is rotated.
const NAME: &str = "rotated";
/// A user of the range that a namespace of `OpenShift` has.
const USER: i64 = 1_000_660_000;

impl Life<'_> {
    /// Both, and one pod again in the end.
    pub(super) async fn replicas(&self, steps: &mut Steps) -> anyhow::Result<()> {
        steps.begin("two pods run as a user whom the image does not know");
        self.scale(
            2,
            &["--set", &format!("podSecurityContext.runAsUser={USER}")],
        )?;
        let pods = self.ready_pods(2, &BTreeSet::new()).await?;
        for pod in &pods {
            let spec = json!(pod.spec);
            let user = &spec["securityContext"]["runAsUser"];
            ensure!(*user == USER, "a pod runs as {user}");
        }
        let leader = self.leader(&pods, None).await?;
        steps.passed(format_args!("user {USER}; {leader} works"));

        self.leader_dies(steps, &pods, &leader).await?;

        steps.begin("one pod is left again");
        self.scale(1, &["--set", "podSecurityContext.runAsUser=null"])?;
        self.ready_pods(1, &BTreeSet::new()).await?;
        steps.passed("as before");
        Ok(())
    }

    async fn leader_dies(
        &self,
        steps: &mut Steps,
        pods: &[Pod],
        leader: &str,
    ) -> anyhow::Result<()> {
        steps.begin("the leader's pod dies in the middle of a rotation, and the other ends it");
        let manifest = format!(
            "{}  rotation: {{activation: Manual}}\n",
            keys::another(NAME)
        );
        self.cluster.apply(TEAM, &manifest).await?;
        let first = self.cluster.wait_ready::<SshKey>(NAME).await?;
        let first = fingerprint(&first);
        self.annotate(annotation::ROTATE_REQUESTED_AT, "e2e")
            .await?;
        let staged = self
            .cluster
            .wait_for(NAME, "has a next key", |key: &SshKey| next(key).is_some())
            .await?;
        let next = next(&staged).context("no next key")?;
        self.annotate(annotation::ACTIVATE, &next).await?;
        let now = DeleteParams::default().grace_period(0);
        let of_operator: Api<Pod> = self.cluster.api(SYSTEM);
        let killed = of_operator.delete(leader, &now).await;
        killed.context("delete the leader's pod")?;
        let done = self
            .cluster
            .wait_for(NAME, "has the next key", |key: &SshKey| {
                fingerprint(key).as_deref() == Some(&next) && self::next(key).is_none()
            })
            .await?;
        ensure!(fingerprint(&done) != first, "the key is the first one");
        self.cluster.wait_ready::<SshKey>(NAME).await?;
        let old: BTreeSet<String> = [leader.to_owned()].into();
        let now = self.ready_pods(2, &old).await?;
        let other = self.leader(&now, Some(leader)).await?;
        ensure!(pods.iter().any(|pod| pod.name_any() == other) || other != leader);
        let seen = keys::login(self.cluster, self.azure, NAME).await?;
        self.delete(NAME).await?;
        self.cluster.wait_gone::<SshKey>(NAME).await?;
        let left = self.azure.key(self.cluster, &in_azure(NAME)).await?;
        ensure!(left.is_none(), "the key is still in Azure");
        steps.passed(format_args!("{seen}; {other} has taken over"));
        Ok(())
    }

    fn scale(&self, replicas: u8, more: &[&str]) -> anyhow::Result<()> {
        let replicas = format!("replicas={replicas}");
        let chart = Helm::chart(OPERATOR);
        let args = [
            "upgrade",
            OPERATOR,
            &chart,
            "--reset-then-reuse-values",
            "--set",
            &replicas,
        ];
        self.helm.run(&[&args[..], more].concat())?;
        Ok(())
    }

    async fn annotate(&self, name: &str, value: &str) -> anyhow::Result<()> {
        let patch = Patch::Merge(json!({"metadata": {"annotations": {name: value}}}));
        let keys: Api<SshKey> = self.cluster.api(TEAM);
        let done = keys.patch(NAME, &PatchParams::default(), &patch).await;
        done.with_context(|| format!("annotate SshKey {NAME}"))?;
        Ok(())
    }

    /// Waits until there are exactly so many pods, all of the newest revision, Ready, and none of `old`.
    async fn ready_pods(&self, count: usize, old: &BTreeSet<String>) -> anyhow::Result<Vec<Pod>> {
        until(&format!("{count} pods are Ready"), PATIENCE, async || {
            let pods = self.cluster.pods(SYSTEM, OPERATOR).await;
            let pods = pods.map_err(|error| format!("{error:#}"))?;
            let revisions: BTreeSet<_> = pods
                .iter()
                .map(|pod| pod.labels().get("pod-template-hash").cloned())
                .collect();
            let is_new = |pod: &Pod| is_ready(pod) && !old.contains(&pod.name_any());
            if pods.len() == count && revisions.len() == 1 && pods.iter().all(is_new) {
                Ok(pods)
            } else {
                Err(json!(pods).to_string())
            }
        })
        .await
    }

    /// Waits until one of the pods, and not `former`, holds the Lease.
    async fn leader(&self, pods: &[Pod], former: Option<&str>) -> anyhow::Result<String> {
        let leases: Api<Lease> = self.cluster.api(SYSTEM);
        until("one of the pods holds the Lease", PATIENCE, async || {
            let lease = leases.get(OPERATOR).await;
            let lease = lease.map_err(|error| error.to_string())?;
            let holder = lease.spec.and_then(|spec| spec.holder_identity);
            let holder = holder.ok_or("nobody holds it")?;
            let is_one = pods.iter().any(|pod| pod.name_any() == holder);
            if is_one && Some(holder.as_str()) != former {
                Ok(holder)
            } else {
                Err(format!("{holder} holds it"))
            }
        })
        .await
    }
}

fn fingerprint(key: &SshKey) -> Option<String> {
    key.status.as_ref()?.fingerprint.clone()
}

/// The fingerprint of the key that waits to take over.
fn next(key: &SshKey) -> Option<String> {
    let status = json!(key.status);
    let next = status["rotation"]["pending"]["fingerprint"].as_str();
    next.map(str::to_owned)
}
