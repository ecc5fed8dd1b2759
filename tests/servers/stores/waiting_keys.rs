//! Keys whose store is missing, goes away or changes: they wait, lose nothing, and move nowhere.

use dev::world::{CLIENT_SECRET, World, WorldOptions};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::api::{Patch, PatchParams};
use serde_json::json;
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey, condition::find};

use super::of_a_namespace::{client_secret, credentials, no_store, store, wait_issued};
use crate::{manifests::key, stores::deletion::delete_by_force};

#[tokio::test]
async fn keys_wait_for_a_store_that_is_missing_and_go_on_when_it_comes() {
    let world = no_store().await;
    world.apply(&key("plain", "{azure: {}}")).await;
    world
        .apply(&key("named", "{azure: {storeRef: {name: team}}}"))
        .await;
    for (name, store) in [("plain", "default"), ("named", "team")] {
        let waiting: SshKey = world
            .wait_condition(name, ConditionType::Ready, "False", Reason::StoreNotFound)
            .await;
        let conditions = waiting.status.clone().unwrap().conditions;
        let said = &find(&conditions, ConditionType::AzureSynced)
            .unwrap()
            .message;
        assert!(
            said.contains(&format!(
                "AzureStore {store} does not exist in namespace {}",
                world.namespace()
            )),
            "{said}"
        );
        assert_eq!(
            find(&conditions, ConditionType::KeyAvailable)
                .unwrap()
                .status,
            "True"
        );
        assert!(find(&conditions, ConditionType::Stalled).is_some());
        assert!(
            world.secret(name).await.is_some(),
            "the Secret needs no store"
        );
        assert!(waiting.status.unwrap().public_key.is_some());
    }
    let before = world
        .secret("named")
        .await
        .unwrap()
        .metadata
        .resource_version;
    world
        .apply(&credentials("clientSecret", CLIENT_SECRET))
        .await;
    world.apply(&store("team", &client_secret())).await;
    world.wait_ready("named").await;
    let _: SshKey = world
        .wait_condition(
            "plain",
            ConditionType::Ready,
            "False",
            Reason::StoreNotFound,
        )
        .await;
    world.apply(&store("default", &client_secret())).await;
    world.wait_ready("plain").await;
    assert_eq!(
        world
            .secret("named")
            .await
            .unwrap()
            .metadata
            .resource_version,
        before,
        "the same key all the time"
    );
    assert_eq!(world.emulator().keys().len(), 2);
}

#[tokio::test]
async fn a_store_that_goes_away_is_told_and_costs_no_key() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let before = world.wait_ready("web").await.status.unwrap();
    let spec = wait_issued(&world, "default").await.spec;
    world.emulator().clear_log();
    delete_by_force(&world.api::<AzureStore>(), "default").await;
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotFound)
        .await;
    world
        .api::<AzureStore>()
        .create(&Default::default(), &AzureStore::new("default", spec))
        .await
        .unwrap();
    let after = world.wait_ready("web").await.status.unwrap();
    assert_eq!(before.azure, after.azure);
    assert_eq!(before.fingerprint, after.fingerprint);
    assert!(
        !world
            .emulator()
            .log()
            .iter()
            .any(|record| record.request.is_arm_write())
    );
}

#[tokio::test]
async fn a_changed_default_of_the_store_moves_no_key() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let before = world.wait_ready("web").await.status.unwrap().azure.unwrap();
    let defaults = json!({ "spec": { "defaults": {
        "location": "northeurope", "resourceGroup": { "name": "rg-other", "creationPolicy": "IfMissing" }, "nameTemplate": "new-{name}", "tags": { "a": "b" },
    } } });
    world
        .api::<AzureStore>()
        .patch("default", &PatchParams::default(), &Patch::Merge(defaults))
        .await
        .unwrap();
    wait_issued(&world, "default").await;
    world
        .until("the store's new tag is on the key", async || {
            let keys = world.emulator().keys();
            if keys.len() == 1 && keys[0].tags.contains_key("a") {
                Ok(())
            } else {
                Err(format!("{keys:?}"))
            }
        })
        .await;
    let status = world.wait_ready("web").await.status.unwrap();
    let mut now = status.azure.unwrap();
    // Which tags the operator put on the key is remembered with the place.
    now.places[0].tags.clear();
    assert_eq!(now, before);
    world.apply(&key("new", "{azure: {}}")).await;
    let azure = world.wait_ready("new").await.status.unwrap().azure.unwrap();
    assert!(
        azure.resource_id.ends_with(
            "/resourceGroups/rg-other/providers/Microsoft.Compute/sshPublicKeys/new-new"
        ),
        "{azure:?}"
    );
    assert_eq!(azure.location, "northeurope");
    assert!(
        world
            .api::<Secret>()
            .get_opt("new")
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        world
            .api::<ServiceAccount>()
            .get_opt("sshkey-operator-azure")
            .await
            .unwrap()
            .is_none(),
        "the operator makes no account"
    );
}
