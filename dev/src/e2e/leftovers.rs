//! What an earlier run has left, or this one leaves.

use std::time::Duration;

use anyhow::{Context, bail};
use k8s_openapi::{
    api::{core::v1::Namespace, rbac::v1::ClusterRoleBinding},
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::SshKey;

use super::{
    charts::{Helm, OPERATOR},
    cluster::{AZURE, Cluster, MARK, SYSTEM, TEAM},
    steps::until,
};

/// A namespace takes its time.
const PATIENCE: Duration = Duration::from_mins(3);

/// Removes what a run has made. Refuses where there is an sshkey-operator that is not a run's.
pub(super) async fn remove(cluster: &Cluster, helm: &Helm) -> anyhow::Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(cluster.client.clone());
    let all = definitions.list(&ListParams::default()).await;
    let all = all.context("list the definitions")?.items;
    let ours = all
        .into_iter()
        .filter(|one| one.spec.group == "sshkey-operator.io");
    let ours: Vec<CustomResourceDefinition> = ours.collect();
    for definition in &ours {
        let release = definition
            .annotations()
            .get("meta.helm.sh/release-namespace");
        if release.is_none_or(|namespace| namespace != SYSTEM) {
            bail!(
                "the cluster has {} already, which no run of this has made: take a cluster without sshkey-operator",
                definition.name_any()
            );
        }
    }
    let namespaces = own_namespaces(cluster).await?;
    if namespaces.iter().any(|name| name == SYSTEM) {
        let absent = ["uninstall", OPERATOR, "--ignore-not-found"];
        helm.run(&absent)?;
    }
    if ours
        .iter()
        .any(|one| one.name_any() == "sshkeys.sshkey-operator.io")
    {
        let_go(cluster).await?;
    }
    for definition in &ours {
        let name = definition.name_any();
        definitions
            .delete(&name, &DeleteParams::default())
            .await
            .with_context(|| format!("delete {name}"))?;
    }
    let bindings: Api<ClusterRoleBinding> = Api::all(cluster.client.clone());
    let marked = ListParams::default().labels(MARK);
    bindings
        .delete_collection(&DeleteParams::default(), &marked)
        .await
        .context("delete the right to the issuer's keys")?;
    let api: Api<Namespace> = Api::all(cluster.client.clone());
    for name in namespaces {
        api.delete(&name, &DeleteParams::default())
            .await
            .with_context(|| format!("delete namespace {name}"))?;
    }
    until(
        "its namespaces are gone",
        PATIENCE,
        async || match own_namespaces(cluster).await {
            Ok(left) if left.is_empty() => Ok(()),
            other => Err(format!("{other:?}")),
        },
    )
    .await
}

async fn own_namespaces(cluster: &Cluster) -> anyhow::Result<Vec<String>> {
    let api: Api<Namespace> = Api::all(cluster.client.clone());
    let marked = ListParams::default().labels(MARK);
    let found = api.list(&marked).await.context("list the namespaces")?;
    let names = found.items.iter().map(ResourceExt::name_any);
    Ok(names
        .filter(|name| [SYSTEM, AZURE, TEAM].contains(&name.as_str()))
        .collect())
}

/// Takes the finalizers away: their Azure goes with the run.
async fn let_go(cluster: &Cluster) -> anyhow::Result<()> {
    let keys = cluster.api::<SshKey>(TEAM);
    let found = keys.list_metadata(&ListParams::default()).await;
    for key in found.context("list the SshKeys")?.items {
        let none = json!({"metadata": {"finalizers": null}});
        let name = key.name_any();
        keys.patch(&name, &PatchParams::default(), &Patch::Merge(none))
            .await
            .with_context(|| format!("let go of SshKey {name}"))?;
    }
    Ok(())
}
