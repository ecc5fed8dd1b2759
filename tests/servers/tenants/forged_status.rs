//! A Role with `*` writes the status too. What is outside of its namespace is not harmed by it.

use dev::world::{LOCATION, resource_id};
use serde_json::{Value, json};
use sshkey_operator::api::names::annotation;

use super::stage::{
    ADMINS, ADOPTING, CUSTOM, EVIL, GOOD, OUT, STRICT, Stage, apply_as, everything, ready_reason,
    record, uploading, write_status_as,
};
use crate::{made::Made, seen::requests_about};

/// A place as the operator's own witness would have it.
pub(super) fn place(id: &str, store: &str, origin: &str, phase: &str) -> Value {
    json!({
        "id": id,
        "location": LOCATION,
        "store": store,
        "storeKind": "ClusterAzureStore",
        "origin": origin,
        "deletionPolicy": "Delete",
        "phase": phase,
    })
}

/// A whole forged status: the places, for the very object, with the fingerprint of the key there.
pub(super) fn forged(object: &Value, fingerprint: &str, places: &[Value]) -> Value {
    let first = &places[0];
    json!({
        "recordedFor": object["metadata"]["uid"],
        "fingerprint": fingerprint,
        "azure": {
            "resourceID": first["id"],
            "location": LOCATION,
            "store": first["store"],
            "storeKind": "ClusterAzureStore",
            "places": places,
        },
    })
}

fn is_settled(seen: &Value) -> bool {
    ready_reason(seen).is_some_and(|reason| reason != "Progressing")
}

#[tokio::test]
async fn places_that_a_tenant_writes_into_the_status_reach_no_strangers_key() {
    let stage = Stage::start().await;
    let outside = stage.victim(ADMINS, "prod-admin");
    let named = stage.victim("rg-test", "prod-web");
    let cases = [
        (OUT, ADOPTING, &outside, "Created", "Published"),
        (OUT, STRICT, &named, "Adopted", "Leaving"),
        (GOOD, STRICT, &outside, "Created", "Leaving"),
        (GOOD, STRICT, &named, "Adopted", "Published"),
        (GOOD, ADOPTING, &outside, "Adopted", "Leaving"),
        (EVIL, CUSTOM, &outside, "Found", "Leaving"),
    ];
    for (number, (namespace, store, victim, origin, phase)) in cases.into_iter().enumerate() {
        let tenant = stage
            .world
            .tenant(namespace, &format!("admin-{number}"), &everything())
            .await;
        let name = format!("forger-{number}");
        let spec = uploading(&victim.public_key);
        let hint = Value::from(vec![record(&victim.id, store)]).to_string();
        let hint = json!({ annotation::AZURE_KEYS: hint });
        apply_as(&tenant, namespace, &name, &hint, &spec).await;
        let seen = stage.until(namespace, &name, "settled", is_settled).await;
        let fingerprint = seen["status"]["fingerprint"].as_str().unwrap_or_default();
        let places = [place(&victim.id, store, origin, phase)];
        let status = forged(&seen, fingerprint, &places);
        write_status_as(&tenant, namespace, &name, &status).await;
        stage.sweeps_pass().await;
        stage.is_untouched(victim);
        stage.delete(namespace, &name).await;
        stage.is_untouched(victim);
    }
    for name in ["prod-admin", "prod-web"] {
        let about = requests_about(&stage.world, name);
        assert!(about.is_empty(), "{name}: {about:?}");
    }
    stage.store_is_as_it_was(ADOPTING).await;
    stage.store_is_as_it_was(CUSTOM).await;
}

#[tokio::test]
async fn a_place_and_a_hint_and_the_same_public_key_together_are_no_proof_either() {
    let stage = Stage::start().await;
    let victim = stage.victim("rg-test", "prod-admin");
    let tenant = stage.world.tenant(EVIL, "evil", &everything()).await;
    let azure = json!({ "name": "prod-admin", "storeRef": { "kind": "ClusterAzureStore", "name": CUSTOM } });
    let mut spec = uploading(&victim.public_key);
    spec["azure"] = azure;
    let hint = Value::from(vec![record(&victim.id, CUSTOM)]).to_string();
    let hint = json!({ annotation::AZURE_KEYS: hint });
    apply_as(&tenant, EVIL, "takeover", &hint, &spec).await;
    let seen = stage
        .until_reason(EVIL, "takeover", "AzureKeyConflict")
        .await;
    for origin in ["Created", "Adopted"] {
        let fingerprint = seen["status"]["fingerprint"].as_str().unwrap_or_default();
        let places = [place(&victim.id, CUSTOM, origin, "Published")];
        let status = forged(&seen, fingerprint, &places);
        write_status_as(&tenant, EVIL, "takeover", &status).await;
        stage.sweeps_pass().await;
        stage
            .until_reason(EVIL, "takeover", "AzureKeyConflict")
            .await;
        stage.is_untouched(&victim);
    }
    stage.delete(EVIL, "takeover").await;
    stage.is_untouched(&victim);
}

#[tokio::test]
async fn a_status_that_a_tenant_has_wiped_or_filled_with_lies_loses_no_key() {
    let stage = Stage::start().await;
    let tenant = stage.world.tenant(GOOD, "admin", &everything()).await;
    let spec = json!({ "azure": { "storeRef": { "kind": "ClusterAzureStore", "name": STRICT } } });
    apply_as(&tenant, GOOD, "web", &json!({}), &spec).await;
    let own = resource_id(&format!("{GOOD}.web"));
    let first = stage.until_reason(GOOD, "web", "UpToDate").await;
    let before = stage.world.emulator().key(&own).unwrap();
    let false_places: Vec<Value> = (0..16)
        .map(|number| {
            let id = resource_id(&format!("{GOOD}.false-{number}"));
            place(&id, STRICT, "Created", "Leaving")
        })
        .collect();
    let mut lies = forged(&first, "SHA256:lies", &false_places);
    lies["publicKey"] = json!(Made::ed25519().public().trim_end());
    let mut foreign = lies.clone();
    foreign["recordedFor"] = json!("00000000-0000-4000-8000-000000000000");
    for (what, status) in [("wiped", Value::Null), ("of another", foreign)] {
        write_status_as(&tenant, GOOD, "web", &status).await;
        stage
            .until(GOOD, "web", what, |seen| {
                seen["status"]["azure"]["places"][0]["id"] == own
                    && seen["status"]["fingerprint"] == first["status"]["fingerprint"]
                    && ready_reason(seen).as_deref() == Some("UpToDate")
            })
            .await;
        assert_eq!(stage.world.emulator().key(&own), Some(before.clone()));
    }
    // What lies about the object itself may hold it up; it does not lose or change its key.
    write_status_as(&tenant, GOOD, "web", &lies).await;
    stage.sweeps_pass().await;
    assert_eq!(stage.world.emulator().key(&own), Some(before));
    stage.delete(GOOD, "web").await;
    assert_eq!(stage.world.emulator().key(&own), None);
}
