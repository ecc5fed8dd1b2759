//! What an earlier run has left, or this one leaves.

use std::{fmt::Debug, time::Duration};

use super::{
    charts::{Helm, OPERATOR},
    cluster::{AZURE, Cluster, MARK, SYSTEM, TEAM},
    steps::until,
};
use anyhow::{Context, bail};
use k8s_openapi::{
    api::{
        core::v1::Namespace,
        rbac::v1::{ClusterRole, ClusterRoleBinding},
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Resource, ResourceExt,
    api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams},
    core::{ClusterResourceScope, GroupVersionKind},
};
use serde::de::DeserializeOwned;
use serde_json::json;

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
    for definition in &ours {
        let_go(cluster, definition).await?;
    }
    for definition in &ours {
        let name = definition.name_any();
        definitions
            .delete(&name, &DeleteParams::default())
            .await
            .with_context(|| format!("delete {name}"))?;
    }
    remove_rights::<ClusterRole>(cluster).await?;
    remove_rights::<ClusterRoleBinding>(cluster).await?;
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
    .await?;
    for definition in &ours {
        let name = definition.name_any();
        until(
            &format!("{name} is gone"),
            PATIENCE,
            async || match definitions.get_opt(&name).await {
                Ok(None) => Ok(()),
                other => Err(format!("{other:?}")),
            },
        )
        .await?;
    }
    Ok(())
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

/// Takes the finalizers away of all objects of a kind: their Azure goes with the run. Without the operator they would hold
/// their namespace and their definition for ever.
async fn let_go(cluster: &Cluster, definition: &CustomResourceDefinition) -> anyhow::Result<()> {
    let spec = &definition.spec;
    for version in spec.versions.iter().filter(|version| version.served) {
        let kind = GroupVersionKind::gvk(&spec.group, &version.name, &spec.names.kind);
        let resource = ApiResource::from_gvk_with_plural(&kind, &spec.names.plural);
        let all: Api<DynamicObject> = Api::all_with(cluster.client.clone(), &resource);
        let found = all.list_metadata(&ListParams::default()).await;
        let found = found.with_context(|| format!("list every {}", kind.kind))?;
        for object in found.items {
            let name = object.name_any();
            let api: Api<DynamicObject> = match object.namespace() {
                Some(namespace) => {
                    Api::namespaced_with(cluster.client.clone(), &namespace, &resource)
                }
                None => all.clone(),
            };
            let none = Patch::Merge(json!({"metadata": {"finalizers": null}}));
            match api.patch(&name, &PatchParams::default(), &none).await {
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                other => {
                    other.with_context(|| format!("let go of {} {name}", kind.kind))?;
                }
            }
        }
    }
    Ok(())
}

/// What a release has made outside of namespaces, and leaves when its namespace was deleted before it.
async fn remove_rights<K>(cluster: &Cluster) -> anyhow::Result<()>
where
    K: Resource<Scope = ClusterResourceScope, DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let api: Api<K> = Api::all(cluster.client.clone());
    let of_helm = ListParams::default().labels("app.kubernetes.io/managed-by=Helm");
    let found = api.list(&of_helm).await.context("list the rights")?;
    for right in found.items {
        let release = right.annotations().get("meta.helm.sh/release-namespace");
        if release.is_some_and(|namespace| namespace == SYSTEM) {
            let name = right.name_any();
            api.delete(&name, &DeleteParams::default())
                .await
                .with_context(|| format!("delete {name}"))?;
        }
    }
    Ok(())
}
