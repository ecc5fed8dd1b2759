//! Users with Kubernetes' own roles in a namespace, which the roles of tenants have joined: what each may do.

use dev::{
    operator::TenantRules,
    world::{World, WorldOptions},
};
use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use sshkey_operator::api::{AzureStore, ClusterAzureStore, SshKey, SshKeyPlan};

/// A namespace, and users with one of Kubernetes' roles in it each.
struct Team {
    world: World,
    viewer: Client,
    editor: Client,
    admin: Client,
}

impl Team {
    async fn start() -> Self {
        let world = World::start(WorldOptions::new()).await;
        let rules = TenantRules::read().unwrap();
        for (role, rules) in [
            ("view", rules.view),
            ("edit", rules.edit),
            ("admin", rules.admin),
        ] {
            joins(&world, role, &rules).await;
        }
        let team = Self {
            viewer: bound(&world, "view").await,
            editor: bound(&world, "edit").await,
            admin: bound(&world, "admin").await,
            world,
        };
        // The rules of an aggregated role are put together by a controller.
        team.world
            .until("the roles are aggregated", async || {
                let stores: Api<AzureStore> = team.of(&team.admin);
                let seen = stores.delete("none", &DeleteParams::default()).await;
                let seen = seen.map(|_| ()).err().and_then(code);
                let keys: Api<SshKey> = team.of(&team.editor);
                let edits = keys.delete("none", &DeleteParams::default()).await;
                let edits = edits.map(|_| ()).err().and_then(code);
                let views: Api<SshKey> = team.of(&team.viewer);
                let views = views.list(&ListParams::default()).await.map(|_| ());
                match (seen, edits, views) {
                    (Some(404), Some(404), Ok(())) => Ok(()),
                    other => Err(format!("{other:?}")),
                }
            })
            .await;
        team
    }

    fn of<K>(&self, user: &Client) -> Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
    {
        Api::namespaced(user.clone(), self.world.namespace())
    }
}

/// As the chart labels it.
async fn joins(world: &World, role: &str, rules: &[PolicyRule]) {
    let manifest = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {
            "name": format!("tenants-{role}"),
            "labels": { format!("rbac.authorization.k8s.io/aggregate-to-{role}"): "true" },
        },
        "rules": rules,
    });
    world.apply(&manifest.to_string()).await;
}

/// As a user whom nobody else is, with the role in the world's namespace only.
async fn bound(world: &World, role: &str) -> Client {
    let user = format!("{role}-of-{}", world.namespace());
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": { "name": user },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user }],
    });
    world.apply(&binding.to_string()).await;
    let mut config = world.control_plane().admin().config().await.unwrap();
    config.auth_info.impersonate = Some(user);
    Client::try_from(config).unwrap()
}

fn code(error: kube::Error) -> Option<u16> {
    match error {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}

fn read<K: serde::de::DeserializeOwned>(value: &Value) -> K {
    serde_json::from_value(value.clone()).unwrap()
}

fn key(name: &str) -> SshKey {
    read(&json!({ "metadata": { "name": name }, "spec": { "azure": {} } }))
}

fn plan(name: &str) -> SshKeyPlan {
    read(&json!({ "metadata": { "name": name }, "spec": { "name": "web", "delete": true } }))
}

fn store(name: &str) -> AzureStore {
    read(&json!({ "metadata": { "name": name }, "spec": {
        "subscriptionID": "00000000-0000-0000-0000-000000000000",
        "tenantID": "11111111-1111-1111-1111-111111111111",
        "auth": { "workloadIdentity": { "clientID": "22222222-2222-2222-2222-222222222222" } },
    } }))
}

fn forbidden<T>(result: kube::Result<T>) -> bool {
    result.err().and_then(code) == Some(403)
}

#[tokio::test]
async fn edit_makes_asks_about_and_deletes_keys_and_view_sees_them() {
    let team = Team::start().await;
    let new = PostParams::default();
    let keys: Api<SshKey> = team.of(&team.editor);
    keys.create(&new, &key("web")).await.unwrap();
    team.world.wait_ready("web").await;
    let plans: Api<SshKeyPlan> = team.of(&team.editor);
    plans.create(&new, &plan("what-if")).await.unwrap();
    let protect = Patch::Merge(json!({ "spec": { "deletionProtection": false } }));
    keys.patch("web", &PatchParams::default(), &protect)
        .await
        .unwrap();

    let seen: Api<SshKey> = team.of(&team.viewer);
    assert_eq!(seen.get("web").await.unwrap().name_any(), "web");
    let seen: Api<SshKeyPlan> = team.of(&team.viewer);
    assert_eq!(
        seen.list(&ListParams::default()).await.unwrap().items.len(),
        1
    );
    let seen: Api<AzureStore> = team.of(&team.viewer);
    assert!(
        !seen
            .list(&ListParams::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );

    keys.delete("web", &DeleteParams::default()).await.unwrap();
    team.world.wait_gone::<SshKey>("web").await;
}

#[tokio::test]
async fn view_changes_nothing_edit_no_store_and_admin_may_have_stores() {
    let team = Team::start().await;
    let new = PostParams::default();
    let viewer: Api<SshKey> = team.of(&team.viewer);
    assert!(forbidden(viewer.create(&new, &key("web")).await));
    let viewer: Api<SshKeyPlan> = team.of(&team.viewer);
    assert!(forbidden(viewer.create(&new, &plan("what-if")).await));
    let editor: Api<AzureStore> = team.of(&team.editor);
    assert!(forbidden(editor.create(&new, &store("mine")).await));
    let admin: Api<AzureStore> = team.of(&team.admin);
    admin.create(&new, &store("mine")).await.unwrap();
    let admin: Api<SshKey> = team.of(&team.admin);
    admin.create(&new, &key("web")).await.unwrap();
    team.world.wait_ready("web").await;
}

#[tokio::test]
async fn nobody_writes_a_status_touches_stores_of_the_cluster_or_reaches_another_namespace() {
    let team = Team::start().await;
    let new = PostParams::default();
    let keys: Api<SshKey> = team.of(&team.admin);
    keys.create(&new, &key("web")).await.unwrap();
    team.world.wait_ready("web").await;
    let forged = Patch::Merge(json!({ "status": { "fingerprint": "SHA256:forged" } }));
    let apply = PatchParams::default();
    for user in [&team.viewer, &team.editor, &team.admin] {
        let keys: Api<SshKey> = team.of(user);
        assert!(forbidden(keys.patch_status("web", &apply, &forged).await));
        let stores: Api<AzureStore> = team.of(user);
        assert!(forbidden(
            stores.patch_status("default", &apply, &forged).await
        ));
        let plans: Api<SshKeyPlan> = team.of(user);
        assert!(forbidden(plans.patch_status("any", &apply, &forged).await));
        let cluster: Api<ClusterAzureStore> = Api::all(user.clone());
        assert!(forbidden(cluster.list(&ListParams::default()).await));
        assert!(forbidden(cluster.get("default").await));
        let elsewhere: Api<SshKey> = Api::namespaced(user.clone(), "kube-system");
        assert!(forbidden(elsewhere.list(&ListParams::default()).await));
    }
}
