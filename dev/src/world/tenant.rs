//! A tenant: a `ServiceAccount` with the rights that it is given in one namespace, and no others.

use anyhow::Context;
use k8s_openapi::api::{
    core::v1::ServiceAccount,
    rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject},
};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use serde_json::json;

use super::World;
use crate::{
    control_plane::{Access, kubeconfig_text},
    operator::token,
};

const RBAC: &str = "rbac.authorization.k8s.io";

impl World {
    /// A client that acts as a new `ServiceAccount` of `namespace`, which may do there what `rules` say.
    ///
    /// # Panics
    /// When the API server refuses.
    pub async fn tenant(&self, namespace: &str, name: &str, rules: &[PolicyRule]) -> Client {
        match self.try_tenant(namespace, name, rules).await {
            Ok(client) => client,
            Err(error) => panic!("no tenant {name} in {namespace}: {error:#}"),
        }
    }

    async fn try_tenant(
        &self,
        namespace: &str,
        name: &str,
        rules: &[PolicyRule],
    ) -> anyhow::Result<Client> {
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        };
        let params = PostParams::default();
        let account = ServiceAccount {
            metadata: metadata.clone(),
            ..ServiceAccount::default()
        };
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), namespace);
        accounts
            .create(&params, &account)
            .await
            .context("create the account")?;
        let role = Role {
            metadata: metadata.clone(),
            rules: Some(rules.to_vec()),
        };
        let in_namespace: Api<Role> = Api::namespaced(self.client.clone(), namespace);
        in_namespace
            .create(&params, &role)
            .await
            .context("create its role")?;
        let binding = RoleBinding {
            metadata,
            role_ref: RoleRef {
                api_group: RBAC.to_owned(),
                kind: "Role".to_owned(),
                name: name.to_owned(),
            },
            subjects: Some(vec![Subject {
                kind: "ServiceAccount".to_owned(),
                name: name.to_owned(),
                namespace: Some(namespace.to_owned()),
                ..Subject::default()
            }]),
        };
        let bindings: Api<RoleBinding> = Api::namespaced(self.client.clone(), namespace);
        bindings
            .create(&params, &binding)
            .await
            .context("bind its role")?;
        let token = token(&self.client, namespace, name).await?;
        let plane = self.control_plane();
        let user = json!({ "token": token });
        let text = kubeconfig_text(&plane.server_url(), plane.ca_pem(), namespace, &user)?;
        Access::new(text).client().await
    }
}
