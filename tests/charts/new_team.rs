//! A new team, by the example of the manual, on a cluster that the chart was installed into.

use k8s_openapi::api::core::v1::ResourceQuota;
use kube::{
    Api,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::{AzureStore, ClusterAzureStore, SshKey};

use crate::{
    cluster::{Cluster, IMAGE, until},
    helm::{Helm, OPERATOR, read},
};

#[tokio::test]
async fn a_new_team_has_the_rights_and_the_quota_of_the_example() {
    let helm = Helm::built();
    let cluster = Cluster::start(helm).await;
    cluster.helm(&format!(
        "install operator {OPERATOR} {IMAGE} --set crds.enabled=true"
    ));
    dev::manifests::apply(&cluster.client, "team-a", &read("examples/team.yaml"))
        .await
        .unwrap();
    let quotas: Api<ResourceQuota> = Api::namespaced(cluster.client.clone(), "team-a");
    let member = cluster.member_of("team-a").await;
    let lead = cluster.member_of("team-a-leads").await;
    let keys: Api<SshKey> = Api::namespaced(member.clone(), "team-a");
    let key = |name: &str| SshKey::new(name, Default::default());

    // The role joins, and the quota is counted, by controllers.
    until("the team can make a key", async || {
        keys.create(&PostParams::default(), &key("web")).await
    })
    .await;
    for refused in [
        keys.patch_status(
            "web",
            &PatchParams::default(),
            &Patch::Merge(json!({"status": {}})),
        )
        .await
        .map(|_| ()),
        Api::<AzureStore>::namespaced(member.clone(), "team-a")
            .delete("default", &Default::default())
            .await
            .map(|_| ()),
        Api::<ClusterAzureStore>::all(lead.clone())
            .list(&Default::default())
            .await
            .map(|_| ()),
    ] {
        assert!(refused.unwrap_err().to_string().contains("forbidden"));
    }
    let stores: Api<AzureStore> = Api::namespaced(lead, "team-a");
    until("the lead can change the store", async || {
        let change = json!({"spec": {"defaults": {"location": "northeurope"}}});
        let params = PatchParams::default();
        stores
            .patch("default", &params, &Patch::Merge(&change))
            .await
    })
    .await;

    let less = json!({"spec": {"hard": {"count/sshkeys.sshkey-operator.io": "1"}}});
    quotas
        .patch("ssh-keys", &PatchParams::default(), &Patch::Merge(&less))
        .await
        .unwrap();
    let refused = until("the quota refuses one more", async || {
        let dry = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        match keys.create(&dry, &key("more")).await {
            Ok(_) => Err("it was taken".to_owned()),
            Err(error) => Ok(error.to_string()),
        }
    })
    .await;
    assert!(refused.contains("exceeded quota: ssh-keys"), "{refused}");
}
