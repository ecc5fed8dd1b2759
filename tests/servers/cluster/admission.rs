//! Deletions that the API server refuses at once, by the policies that the chart has.

use dev::world::{World, WorldOptions};
use k8s_openapi::api::{
    admissionregistration::v1::{
        MatchCondition, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
        ValidatingAdmissionPolicySpec,
    },
    rbac::v1::PolicyRule,
};
use kube::{
    Api,
    api::{DeleteParams, ListParams, PostParams},
};
use serde::Deserialize;
use serde_json::json;
use sshkey_operator::api::{AzureStore, ClusterAzureStore, ConditionType, Reason, SshKey};

use crate::{
    cluster::namespaces::{delete_namespace, wait_namespace_gone},
    manifests::key,
    stores::of_the_cluster::{ANYBODY, tenant},
};

const PROTECTED: &str = "{deletionProtection: true, azure: {}}";
const FREE: &str = "{azure: {}}";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policies {
    match_conditions: Vec<MatchCondition>,
    protected_keys: ValidatingAdmissionPolicySpec,
    stores_in_use: ValidatingAdmissionPolicySpec,
}

/// A world with a control plane of its own, which has the policies.
async fn world() -> World {
    let options = WorldOptions::new().own_control_plane().all_namespaces();
    let world = World::start(options).await;
    install(&world).await;
    world
}

async fn install(world: &World) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/charts/sshkey-operator/files/admission.yaml"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let policies: Policies = serde_saphyr::from_str(&text).unwrap();
    let specs = [
        ("protected-keys", policies.protected_keys),
        ("stores-in-use", policies.stores_in_use),
    ];
    for (name, spec) in specs {
        let policy = ValidatingAdmissionPolicy {
            metadata: kube::api::ObjectMeta {
                name: Some(name.to_owned()),
                ..Default::default()
            },
            spec: Some(ValidatingAdmissionPolicySpec {
                match_conditions: Some(policies.match_conditions.clone()),
                ..spec
            }),
            status: None,
        };
        let binding: ValidatingAdmissionPolicyBinding = serde_json::from_value(json!({
            "metadata": { "name": name },
            "spec": { "policyName": name, "validationActions": ["Deny"] },
        }))
        .unwrap();
        let params = PostParams::default();
        let client = world.client();
        let api = Api::<ValidatingAdmissionPolicy>::all(client.clone());
        api.create(&params, &policy).await.unwrap();
        let api = Api::<ValidatingAdmissionPolicyBinding>::all(client.clone());
        api.create(&params, &binding).await.unwrap();
    }
}

/// Creates a protected key, and waits until the policies hold it.
async fn protected(world: &World, name: &str) {
    world.apply(&key(name, PROTECTED)).await;
    world.wait_ready(name).await;
    let keys = world.api::<SshKey>();
    let only_ask = DeleteParams {
        dry_run: true,
        ..DeleteParams::default()
    };
    world
        .until("the policy is in force", async || {
            match keys.delete(name, &only_ask).await {
                Ok(_) => Err("a deletion is accepted".to_owned()),
                Err(_) => Ok(()),
            }
        })
        .await;
}

/// What the API server says to a deletion; empty when it accepts it.
async fn delete<K>(api: &Api<K>, name: &str) -> String
where
    K: kube::Resource + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    match api.delete(name, &DeleteParams::default()).await {
        Ok(_) => String::new(),
        Err(kube::Error::Api(status)) => {
            assert_eq!(status.code, 403, "{status:?}");
            status.message
        }
        Err(error) => panic!("{error}"),
    }
}

/// Asks for a deletion until it is accepted and done.
async fn goes_in_the_end<K>(world: &World, api: &Api<K>, name: &str)
where
    K: kube::Resource + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    world
        .until("the deletion is accepted", async || {
            match delete(api, name).await {
                said if said.is_empty() => Ok(()),
                said => Err(said),
            }
        })
        .await;
    world
        .until("the object is gone", async || {
            match api.get_opt(name).await {
                Ok(None) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
}

#[tokio::test]
async fn a_protected_key_is_not_even_marked_for_deletion() {
    let world = world().await;
    protected(&world, "web").await;
    world.apply(&key("other", FREE)).await;
    world.wait_ready("other").await;
    let keys = world.api::<SshKey>();
    let said = delete(&keys, "web").await;
    let wanted = format!(
        "SshKey {}/web is protected from deletion: set spec.deletionProtection to false first",
        world.namespace()
    );
    assert!(said.contains(&wanted), "{said}");
    // Of many, it is the only one that stays.
    let all = (DeleteParams::default(), ListParams::default());
    let refused = keys.delete_collection(&all.0, &all.1).await.unwrap_err();
    assert!(refused.to_string().contains(&wanted), "{refused}");
    assert_eq!(delete(&keys, "other").await, "");
    world.wait_gone::<SshKey>("other").await;
    let web = keys.get("web").await.unwrap();
    assert_eq!(web.metadata.deletion_timestamp, None);

    world.apply(&key("web", FREE)).await;
    assert_eq!(delete(&keys, "web").await, "");
    world.wait_gone::<SshKey>("web").await;
}

#[tokio::test]
async fn a_store_of_either_kind_is_refused_as_long_as_keys_are_in_azure_through_it() {
    let world = tenant(ANYBODY).await;
    install(&world).await;
    protected(&world, "web").await;
    let stores: Api<ClusterAzureStore> = Api::all(world.client().clone());
    let said = delete(&stores, "default").await;
    assert!(
        said.contains("ClusterAzureStore default has keys in Azure"),
        "{said}"
    );
    world.apply(&key("web", FREE)).await;
    assert_eq!(delete(&world.api::<SshKey>(), "web").await, "");
    world.wait_gone::<SshKey>("web").await;
    goes_in_the_end(&world, &stores, "default").await;
}

#[tokio::test]
async fn a_namespace_takes_protected_keys_and_their_store_along() {
    let world = world().await;
    protected(&world, "web").await;
    delete_namespace(&world).await;
    // The namespace controller is not refused: from here on it is the finalizer that holds the key.
    let held: SshKey = world
        .wait_condition(
            "web",
            ConditionType::Ready,
            "False",
            Reason::DeletionProtected,
        )
        .await;
    assert!(held.metadata.deletion_timestamp.is_some());
    world.apply(&key("web", FREE)).await;
    wait_namespace_gone(&world).await;
}

#[tokio::test]
async fn a_prune_of_a_gitops_tool_is_refused_what_is_protected_and_comes_to_its_end_by_itself() {
    let world = world().await;
    protected(&world, "kept").await;
    world.apply(&key("web", FREE)).await;
    world.wait_ready("web").await;
    let rule = PolicyRule {
        api_groups: Some(vec!["sshkey-operator.io".to_owned()]),
        resources: Some(vec!["sshkeys".to_owned(), "azurestores".to_owned()]),
        verbs: vec!["get".to_owned(), "delete".to_owned()],
        ..PolicyRule::default()
    };
    let tool = world.tenant(world.namespace(), "gitops", &[rule]).await;
    let stores: Api<AzureStore> = Api::namespaced(tool.clone(), world.namespace());
    let keys: Api<SshKey> = Api::namespaced(tool, world.namespace());
    // The tool knows nothing of their order.
    let said = delete(&stores, "default").await;
    assert!(
        said.contains("AzureStore default has keys in Azure: first delete the SshKeys"),
        "{said}"
    );
    assert_ne!(delete(&keys, "kept").await, "");
    assert_eq!(delete(&keys, "web").await, "");
    world.wait_gone::<SshKey>("web").await;
    // The store still serves the key that stays.
    world.wait_ready("kept").await;
    let store = stores.get("default").await.unwrap();
    assert_eq!(store.metadata.deletion_timestamp, None);

    world.apply(&key("kept", FREE)).await;
    assert_eq!(delete(&keys, "kept").await, "");
    goes_in_the_end(&world, &stores, "default").await;
}
