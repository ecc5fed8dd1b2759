//! A person who may write `SshKey`s writes hints: where keys are said to be in Azure. Alone they reach nothing.

use dev::world::{LOCATION, SUBSCRIPTION, resource_id};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use sshkey_operator::api::{ClusterAzureStore, SshKey, names::annotation};

use super::stage::{
    ADMINS, ADOPTING, CUSTOM, EVIL, GOOD, OUT, STRICT, Stage, apply_as, ready_reason, record,
    sshkeys_only, uploading,
};
use crate::{
    made::Made,
    seen::{azure_writes, requests_about},
};

/// What the annotation of places is when it holds these records.
fn hints(records: &[Value]) -> Value {
    json!({ annotation::AZURE_KEYS: Value::from(records).to_string() })
}

fn is_up_to_date(seen: &Value) -> bool {
    ready_reason(seen).as_deref() == Some("UpToDate")
}

#[tokio::test]
async fn a_hint_at_a_strangers_key_reads_and_deletes_nothing_from_a_namespace_that_may_use_no_store()
 {
    let stage = Stage::start().await;
    let victim = stage.victim(ADMINS, "prod-admin");
    let tenant = stage.world.tenant(OUT, "out", &sshkeys_only()).await;
    for (name, store, policy) in [
        ("innocent", ADOPTING, "Delete"),
        ("harmless", STRICT, "Delete"),
        ("retaining", CUSTOM, "Retain"),
    ] {
        let mut hint = record(&victim.id, store);
        hint["deletionPolicy"] = json!(policy);
        let spec = uploading(&victim.public_key);
        apply_as(&tenant, OUT, name, &hints(&[hint]), &spec).await;
        stage.until(OUT, name, "it goes on", is_up_to_date).await;
    }
    stage.sweeps_pass().await;
    stage.is_untouched(&victim);
    for name in ["innocent", "harmless", "retaining"] {
        stage.delete(OUT, name).await;
    }
    stage.sweeps_pass().await;
    stage.is_untouched(&victim);
    let about = requests_about(&stage.world, "prod-admin");
    assert!(about.is_empty(), "it was not even read: {about:?}");
    for store in [ADOPTING, CUSTOM] {
        stage.store_is_as_it_was(store).await;
    }
}

#[tokio::test]
async fn a_hint_reaches_no_group_name_or_subscription_beyond_the_limits_of_a_store_that_is_open() {
    let stage = Stage::start().await;
    let elsewhere = stage.victim(ADMINS, "prod-admin");
    let named = stage.victim("rg-test", "prod-web");
    let tenant = stage.world.tenant(GOOD, "mallory", &sshkeys_only()).await;
    let other = "44444444-4444-4444-8444-444444444444";
    let foreign = elsewhere.id.replace(SUBSCRIPTION, other);
    for (name, id, public_key) in [
        ("group", &elsewhere.id, &elsewhere.public_key),
        ("name", &named.id, &named.public_key),
        ("subscription", &foreign, &elsewhere.public_key),
    ] {
        let spec = uploading(public_key);
        let hint = hints(&[record(id, STRICT)]);
        apply_as(&tenant, GOOD, name, &hint, &spec).await;
        stage.until(GOOD, name, "it goes on", is_up_to_date).await;
        stage.delete(GOOD, name).await;
    }
    stage.sweeps_pass().await;
    stage.is_untouched(&elsewhere);
    stage.is_untouched(&named);
    for part in ["prod-admin", "prod-web", other] {
        let about = requests_about(&stage.world, part);
        assert!(about.is_empty(), "{part}: {about:?}");
    }
}

#[tokio::test]
async fn a_hint_and_the_strangers_own_public_key_delete_nothing_in_the_tenants_own_place() {
    let stage = Stage::start().await;
    // The name is the one that the store makes for this object, so that every limit is kept.
    let victim = stage.victim("rg-test", &format!("{GOOD}.web"));
    let tenant = stage.world.tenant(GOOD, "mallory", &sshkeys_only()).await;
    for store in [ADOPTING, STRICT] {
        let spec = uploading(&victim.public_key);
        let hint = hints(&[record(&victim.id, store)]);
        apply_as(&tenant, GOOD, "web", &hint, &spec).await;
        stage.until(GOOD, "web", "it goes on", is_up_to_date).await;
        stage.sweeps_pass().await;
        stage.delete(GOOD, "web").await;
        stage.is_untouched(&victim);
    }
}

#[tokio::test]
async fn a_hint_is_no_adoption() {
    let stage = Stage::start().await;
    let victim = stage.victim("rg-test", "prod-admin");
    let tenant = stage.world.tenant(EVIL, "evil", &sshkeys_only()).await;
    let spec = |public_key: &str| {
        json!({
            "source": { "publicKey": { "value": public_key } },
            "azure": {
                "name": "prod-admin",
                "storeRef": { "kind": "ClusterAzureStore", "name": CUSTOM },
            },
        })
    };
    let hint = hints(&[record(&victim.id, CUSTOM)]);
    let theirs = spec(&victim.public_key);
    apply_as(&tenant, EVIL, "takeover", &hint, &theirs).await;
    let refused = "AzureKeyConflict";
    stage.until_reason(EVIL, "takeover", refused).await;
    stage.is_untouched(&victim);
    let own = spec(&Made::ed25519().material());
    apply_as(&tenant, EVIL, "takeover", &hint, &own).await;
    stage.until_reason(EVIL, "takeover", refused).await;
    stage.sweeps_pass().await;
    stage.is_untouched(&victim);
    stage.delete(EVIL, "takeover").await;
    stage.is_untouched(&victim);
}

#[tokio::test]
async fn a_hint_says_nothing_in_the_conditions_of_a_store_that_is_not_open() {
    let stage = Stage::start().await;
    let tenant = stage.world.tenant(OUT, "out", &sshkeys_only()).await;
    let text = "text-of-the-tenant";
    let id = resource_id(text).replace(SUBSCRIPTION, "deadbeef-dead-4bad-8bad-deadbeefdead");
    let here = resource_id(text);
    for (name, id) in [("smear", &id), ("smear-here", &here)] {
        let hint = hints(&[record(id, ADOPTING)]);
        apply_as(&tenant, OUT, name, &hint, &json!({})).await;
        let seen = stage.until(OUT, name, "it goes on", is_up_to_date).await;
        let status = seen["status"].to_string();
        assert!(!status.contains(text), "{status}");
    }
    stage.sweeps_pass().await;
    stage.store_is_as_it_was(ADOPTING).await;
    assert_eq!(requests_about(&stage.world, text), Vec::<String>::new());
    let store_events = stage.all_events().await;
    let said = store_events.iter().find(|note| note.contains(text));
    assert_eq!(said, None, "nor does any event repeat it");
}

#[tokio::test]
async fn hints_that_nobody_can_read_hold_no_store_that_is_deleted() {
    let stage = Stage::start().await;
    let tenant = stage.world.tenant(OUT, "out", &sshkeys_only()).await;
    let rubbish = json!({ annotation::AZURE_KEYS: "rubbish" });
    let suspended = json!({ "suspend": true });
    apply_as(&tenant, OUT, "squat", &rubbish, &suspended).await;
    let hint = hints(&[record(&resource_id("any"), ADOPTING)]);
    apply_as(&tenant, OUT, "named", &hint, &suspended).await;
    // A store waits for its keys, and for no others.
    let spec =
        json!({ "azure": { "storeRef": { "kind": "ClusterAzureStore", "name": ADOPTING } } });
    apply_as(stage.world.client(), GOOD, "web", &json!({}), &spec).await;
    stage.until_reason(GOOD, "web", "UpToDate").await;
    let stores: Api<ClusterAzureStore> = Api::all(stage.world.client().clone());
    let params = DeleteParams::default();
    stores.delete(ADOPTING, &params).await.unwrap();
    stage.sweeps_pass().await;
    assert!(stores.get_opt(ADOPTING).await.unwrap().is_some());
    stage.delete(GOOD, "web").await;
    stage
        .world
        .until("the store is gone", async || {
            match stores.get_opt(ADOPTING).await.unwrap() {
                None => Ok(()),
                Some(store) => Err(format!("{store:#?}")),
            }
        })
        .await;
}

#[tokio::test]
async fn a_thousand_hints_cost_no_request_each_and_are_replaced() {
    let stage = Stage::start().await;
    let tenant = stage.world.tenant(GOOD, "mallory", &sshkeys_only()).await;
    let flood: Vec<Value> = (0..1_050)
        .map(|number| record(&resource_id(&format!("flood-{number}")), STRICT))
        .collect();
    let spec = json!({ "azure": { "storeRef": { "kind": "ClusterAzureStore", "name": STRICT } } });
    apply_as(&tenant, GOOD, "web", &hints(&flood), &spec).await;
    stage.until(GOOD, "web", "it goes on", is_up_to_date).await;
    stage
        .until(GOOD, "web", "the hints are its own", |seen| {
            let text = seen["metadata"]["annotations"][annotation::AZURE_KEYS].as_str();
            text.is_some_and(|text| {
                !text.contains("flood") && text.contains(&format!("{GOOD}.web"))
            })
        })
        .await;
    stage.sweeps_pass().await;
    let about = requests_about(&stage.world, "flood-");
    assert!(about.len() <= 16, "{} requests", about.len());
    stage.delete(GOOD, "web").await;
    let kept = stage.world.emulator().keys();
    assert!(kept.iter().all(|key| key.name != format!("{GOOD}.web")));
}

#[tokio::test]
async fn hints_of_another_object_give_no_defaults() {
    let stage = Stage::start().await;
    let tenant = stage.world.tenant(GOOD, "mallory", &sshkeys_only()).await;
    stage
        .world
        .emulator()
        .put_group(SUBSCRIPTION, ADMINS, LOCATION);
    let id = resource_id("chosen").replace("rg-test", ADMINS);
    let hint = hints(&[record(&id, CUSTOM)]);
    let spec = json!({ "azure": { "storeRef": { "kind": "ClusterAzureStore", "name": CUSTOM } } });
    apply_as(&tenant, GOOD, "web", &hint, &spec).await;
    let seen = stage.until(GOOD, "web", "it goes on", is_up_to_date).await;
    let published = seen["status"]["azure"]["resourceID"].as_str().unwrap();
    assert_eq!(published, resource_id(&format!("{GOOD}.web")));
    assert_eq!(azure_writes(&stage.world), [format!("PUT {GOOD}.web")]);
    // Nor does a hint that comes later move it.
    let api: Api<SshKey> = stage.api(GOOD);
    let patch = Patch::Merge(json!({ "metadata": { "annotations": hint } }));
    let params = PatchParams::default();
    api.patch("web", &params, &patch).await.unwrap();
    stage.sweeps_pass().await;
    stage.until(GOOD, "web", "it goes on", is_up_to_date).await;
    let moved = requests_about(&stage.world, "chosen");
    assert!(moved.is_empty(), "{moved:?}");
}
