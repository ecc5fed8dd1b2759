//! A user of the team, who has Kubernetes' role `edit` in its namespace and so the chart's role that joins it.

use anyhow::{Context, bail, ensure};
use kube::{
    Api, Client, Config,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    config::KubeConfigOptions,
};
use serde_json::json;
use sshkey_operator::api::{AzureStore, SshKey};

use super::{
    cluster::{PATIENCE, TEAM},
    life::Life,
    steps::{Steps, until},
};

/// The key that the user makes.
const NAME: &str = "of-a-member";

impl Life<'_> {
    /// What the user may do, and what not.
    pub(super) async fn team(&self, steps: &mut Steps) -> anyhow::Result<()> {
        steps.begin("a user with the role edit makes a key, and no store and no status");
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "member"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}],
        });
        self.cluster.apply(TEAM, &binding.to_string()).await?;
        let member = member().await?;
        let keys: Api<SshKey> = Api::namespaced(member.clone(), TEAM);
        let key = json!({"metadata": {"name": NAME}, "spec": {"azure": {}}});
        let key: SshKey = serde_json::from_value(key).context("make an SshKey")?;
        // The rules of a role that others join are put together by a controller.
        until("the user may make keys", PATIENCE, async || {
            let made = keys.create(&PostParams::default(), &key).await;
            made.map(|_| ()).map_err(|error| error.to_string())
        })
        .await?;
        self.cluster.wait_ready::<SshKey>(NAME).await?;
        let forged = Patch::Merge(json!({"status": {"fingerprint": "SHA256:forged"}}));
        let params = PatchParams::default();
        is_forbidden(keys.patch_status(NAME, &params, &forged).await)?;
        let stores: Api<AzureStore> = Api::namespaced(member, TEAM);
        is_forbidden(stores.delete("default", &DeleteParams::default()).await)?;
        let deleted = keys.delete(NAME, &DeleteParams::default()).await;
        deleted.context("delete the user's key")?;
        self.cluster.wait_gone::<SshKey>(NAME).await?;
        let kept = super::keys::kept(self.cluster, self.azure, NAME).await?;
        ensure!(!kept.is_published(), "the key is still in Azure");
        steps.passed("made, Ready, and deleted again by the user");
        Ok(())
    }
}

/// The administrator, as that user.
async fn member() -> anyhow::Result<Client> {
    let config = Config::from_kubeconfig(&KubeConfigOptions::default()).await;
    let mut config = config.context("read the file that KUBECONFIG names")?;
    config.auth_info.impersonate = Some("jane".to_owned());
    Client::try_from(config).context("make a client")
}

fn is_forbidden<T>(result: kube::Result<T>) -> anyhow::Result<()> {
    match result {
        Err(kube::Error::Api(status)) if status.code == 403 => Ok(()),
        Err(error) => Err(error).context("ask for what is forbidden"),
        Ok(_) => bail!("what is forbidden was done"),
    }
}
