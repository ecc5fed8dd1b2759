//! The operator's `ServiceAccount` with its roles, and tokens for it.

use anyhow::Context;
use k8s_openapi::{
    api::{
        authentication::v1::{TokenRequest, TokenRequestSpec},
        core::v1::{Namespace, ServiceAccount},
        rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding},
    },
    serde_json::json,
};
use kube::{
    Api, Client,
    api::{Patch, PatchParams, PostParams},
    core::NamespaceResourceScope,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::Rules;

/// Name of the account, of its roles and of their bindings.
const NAME: &str = "sshkey-operator";
/// Who writes them: `make run` may find those of an earlier run in a cluster that is not its own.
const MANAGER: &str = "sshkey-operator-dev";
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Which namespaces the operator watches, and has rights in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// All of them.
    All,
    /// These; they exist.
    These(Vec<String>),
}

/// Whether the operator uses the stores of the cluster, and has rights for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClusterStores {
    /// It does.
    Used,
    /// It does not: those of other tests on the same control plane are nothing to it.
    #[default]
    Left,
}

/// The operator's account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its namespace.
    pub namespace: String,
    /// Its token, good for 30 days or as long as the cluster allows.
    pub token: String,
}

impl Account {
    /// Makes the namespace, the account and its roles as the chart would, and a token.
    ///
    /// # Errors
    /// When the API server refuses.
    pub async fn create(
        admin: &Client,
        namespace: &str,
        watched: &Watched,
        cluster_stores: ClusterStores,
    ) -> anyhow::Result<Self> {
        let rules = Rules::read()?;
        apply_all::<Namespace>(admin, namespace, json!({})).await?;
        apply_in::<ServiceAccount>(admin, namespace, NAME, json!({})).await?;
        // Cluster-scoped names are shared by all instances: the namespace tells them apart.
        let instance = format!("{NAME}:{namespace}");
        let leader = format!("{instance}:leader");
        let role = json!({ "rules": rules.leader });
        apply_in::<Role>(admin, namespace, &leader, role).await?;
        let bound = binding("Role", &leader, namespace);
        apply_in::<RoleBinding>(admin, namespace, &leader, bound).await?;
        let mut cluster = rules.cluster;
        if cluster_stores == ClusterStores::Used {
            cluster.extend(rules.cluster_stores);
            let name = format!("{instance}:credentials");
            let role = json!({ "rules": rules.own_namespace });
            apply_in::<Role>(admin, namespace, &name, role).await?;
            let binding = binding("Role", &name, namespace);
            apply_in::<RoleBinding>(admin, namespace, &name, binding).await?;
        }
        match watched {
            Watched::All => cluster.extend(rules.watched),
            Watched::These(namespaces) => {
                for watched in namespaces {
                    apply_in::<Role>(admin, watched, &instance, json!({ "rules": rules.watched }))
                        .await?;
                    let binding = binding("Role", &instance, namespace);
                    apply_in::<RoleBinding>(admin, watched, &instance, binding).await?;
                }
            }
        }
        cluster_role(admin, &instance, namespace, &cluster).await?;
        let token = token(admin, namespace, NAME).await?;
        Ok(Self {
            namespace: namespace.to_owned(),
            token,
        })
    }
}

async fn cluster_role(
    admin: &Client,
    name: &str,
    namespace: &str,
    rules: &[PolicyRule],
) -> anyhow::Result<()> {
    apply_all::<ClusterRole>(admin, name, json!({ "rules": rules })).await?;
    apply_all::<ClusterRoleBinding>(admin, name, binding("ClusterRole", name, namespace)).await
}

fn binding(kind: &str, role: &str, namespace: &str) -> Value {
    json!({
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role },
        "subjects": [{ "kind": "ServiceAccount", "name": NAME, "namespace": namespace }],
    })
}

/// A token of a `ServiceAccount` for the API server, good for 30 days or as long as the cluster allows.
///
/// # Errors
/// When there is no such account, or the API server refuses.
pub async fn token(admin: &Client, namespace: &str, account: &str) -> anyhow::Result<String> {
    let accounts: Api<ServiceAccount> = Api::namespaced(admin.clone(), namespace);
    let spec = TokenRequestSpec {
        expiration_seconds: Some(30 * DAY_SECONDS),
        ..TokenRequestSpec::default()
    };
    let request = TokenRequest {
        spec,
        ..TokenRequest::default()
    };
    let issued = accounts
        .create_token_request(account, &PostParams::default(), &request)
        .await
        .with_context(|| format!("get a token of ServiceAccount {account}"))?;
    Ok(issued
        .status
        .context("a token request without a token")?
        .token)
}

async fn apply_in<K>(
    admin: &Client,
    namespace: &str,
    name: &str,
    content: Value,
) -> anyhow::Result<()>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + Serialize
        + DeserializeOwned,
{
    apply(
        &Api::<K>::namespaced(admin.clone(), namespace),
        name,
        content,
    )
    .await
}

async fn apply_all<K>(admin: &Client, name: &str, content: Value) -> anyhow::Result<()>
where
    K: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + Serialize + DeserializeOwned,
{
    apply(&Api::<K>::all(admin.clone()), name, content).await
}

async fn apply<K>(api: &Api<K>, name: &str, mut content: Value) -> anyhow::Result<()>
where
    K: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + Serialize + DeserializeOwned,
{
    content["apiVersion"] = K::api_version(&()).into();
    content["kind"] = K::kind(&()).into();
    content["metadata"] = json!({ "name": name });
    let params = PatchParams::apply(MANAGER).force();
    api.patch(name, &params, &Patch::Apply(&content))
        .await
        .with_context(|| format!("apply {} {name}", K::kind(&())))?;
    Ok(())
}
