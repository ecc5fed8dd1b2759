//! A tenant with stores of its own, on the very group of a store of the cluster: its identity may do there what it wants,
//! and the operator does in its name only what concerns keys of its own.

use arm_emulator::StoredKey;
use dev::world::{CLIENT, LOCATION, RESOURCE_GROUP, SUBSCRIPTION, TENANT, resource_id};
use serde_json::{Value, json};
use sshkey_operator::api::names::annotation;

use super::stage::{
    EVIL, GOOD, STRICT, Stage, apply_as, ready_reason, stores_and_secrets, uploading,
};
use crate::stores::of_the_cluster::credentials;

/// The tenant's store `mine` on the group that the stores of the cluster publish to.
async fn own_store(stage: &Stage) -> kube::Client {
    let tenant = stage
        .world
        .tenant(EVIL, "evil", &stores_and_secrets())
        .await;
    let store = json!({
        "apiVersion": "sshkey-operator.io/v1alpha1",
        "kind": "AzureStore",
        "metadata": { "name": "mine" },
        "spec": {
            "subscriptionID": SUBSCRIPTION,
            "tenantID": TENANT,
            "auth": { "clientSecret": { "clientID": CLIENT, "secretRef": { "name": "azure-credentials" } } },
            "defaults": { "resourceGroup": { "name": RESOURCE_GROUP }, "location": LOCATION },
        },
    });
    let both = format!("{}---\n{store}\n", credentials());
    dev::manifests::apply(&tenant, EVIL, &both).await.unwrap();
    tenant
}

fn own_record(id: &str) -> Value {
    let record =
        json!([{ "id": id, "location": LOCATION, "store": "mine", "deletionPolicy": "Delete" }]);
    json!({ annotation::AZURE_KEYS: record.to_string() })
}

fn through_own_store(mut spec: Value, name: &str, policy: &str) -> Value {
    spec["azure"] = json!({
        "name": name,
        "conflictPolicy": policy,
        "storeRef": { "kind": "AzureStore", "name": "mine" },
    });
    spec
}

/// A key of the good team, published through the store of the cluster.
async fn good_key(stage: &Stage) -> StoredKey {
    let spec = json!({ "azure": { "storeRef": { "kind": "ClusterAzureStore", "name": STRICT } } });
    apply_as(stage.world.client(), GOOD, "web", &json!({}), &spec).await;
    stage.until_reason(GOOD, "web", "UpToDate").await;
    let id = resource_id(&format!("{GOOD}.web"));
    stage.world.emulator().key(&id).unwrap()
}

#[tokio::test]
async fn a_key_of_another_namespace_in_the_same_group_is_neither_taken_nor_deleted() {
    let stage = Stage::start().await;
    let theirs = good_key(&stage).await;
    let tenant = own_store(&stage).await;
    let public_key = theirs.public_key.clone().unwrap();
    for (name, policy, hint) in [
        ("refuse", "Refuse", json!({})),
        ("adopt", "Adopt", json!({})),
        ("matching", "AdoptMatching", json!({})),
        ("hinted", "Adopt", own_record(&theirs.id)),
    ] {
        let spec = through_own_store(uploading(&public_key), &theirs.name, policy);
        apply_as(&tenant, EVIL, name, &hint, &spec).await;
        stage.until_reason(EVIL, name, "AzureKeyConflict").await;
    }
    let plain = uploading(&public_key);
    let hint = own_record(&theirs.id);
    apply_as(&tenant, EVIL, "hint-only", &hint, &plain).await;
    stage.until_reason(EVIL, "hint-only", "UpToDate").await;
    stage.sweeps_pass().await;
    for name in ["refuse", "adopt", "matching", "hinted", "hint-only"] {
        stage.delete(EVIL, name).await;
    }
    stage.sweeps_pass().await;
    let id = resource_id(&theirs.name);
    assert_eq!(stage.world.emulator().key(&id), Some(theirs));
    stage.until_reason(GOOD, "web", "UpToDate").await;
}

#[tokio::test]
async fn a_hint_through_ones_own_store_deletes_no_key_that_nobody_has_marked() {
    let stage = Stage::start().await;
    let victim = stage.victim(RESOURCE_GROUP, "prod-admin");
    let tenant = own_store(&stage).await;
    let hint = own_record(&victim.id);
    let spec = uploading(&victim.public_key);
    apply_as(&tenant, EVIL, "innocent", &hint, &spec).await;
    stage.until_reason(EVIL, "innocent", "UpToDate").await;
    stage.sweeps_pass().await;
    stage.delete(EVIL, "innocent").await;
    stage.is_untouched(&victim);

    let spec = through_own_store(spec, "prod-admin", "Refuse");
    apply_as(&tenant, EVIL, "takeover", &hint, &spec).await;
    stage
        .until_reason(EVIL, "takeover", "AzureKeyConflict")
        .await;
    stage.delete(EVIL, "takeover").await;
    stage.is_untouched(&victim);
}

#[tokio::test]
async fn a_key_that_is_adopted_through_ones_own_store_stays_when_the_object_goes() {
    let stage = Stage::start().await;
    let victim = stage.victim(RESOURCE_GROUP, "legacy");
    let tenant = own_store(&stage).await;
    // The hint says that it was created: the key was there before, so that is not believed.
    let hint = own_record(&victim.id);
    let spec = through_own_store(uploading(&victim.public_key), "legacy", "Adopt");
    apply_as(&tenant, EVIL, "heir", &hint, &spec).await;
    let seen = stage.until_reason(EVIL, "heir", "UpToDate").await;
    assert_eq!(ready_reason(&seen).as_deref(), Some("UpToDate"));
    stage.delete(EVIL, "heir").await;
    let left = stage.world.emulator().key(&victim.id);
    assert_eq!(left.and_then(|key| key.public_key), Some(victim.public_key));
}

#[tokio::test]
async fn an_uploaded_key_that_equals_a_strangers_is_a_conflict_and_no_claim() {
    let stage = Stage::start().await;
    let victim = stage.victim(RESOURCE_GROUP, &format!("{EVIL}.same"));
    let tenant = own_store(&stage).await;
    let mut spec = uploading(&victim.public_key);
    spec["azure"] = json!({ "storeRef": { "kind": "AzureStore", "name": "mine" } });
    apply_as(&tenant, EVIL, "same", &json!({}), &spec).await;
    stage.until_reason(EVIL, "same", "AzureKeyConflict").await;
    stage.delete(EVIL, "same").await;
    stage.is_untouched(&victim);
}
