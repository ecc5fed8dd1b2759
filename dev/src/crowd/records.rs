//! Objects whose annotation names places in Azure at which they have nothing.

use serde_json::{Value, json};
use sshkey_operator::{api::names::annotation, plan::PLACES_MAX};

use super::object::{Azure, key};

/// Places that are recorded on objects in their annotations: on one object all of them, and a few on each of many.
pub const RECORDS: usize = 1_050;
/// Of the places of an object, one is left for its own.
const EACH: usize = PLACES_MAX - 1;

/// One object that names all places, which is more than is read, and many that name as many as are read. All are published.
pub(super) fn objects(azure: Azure<'_>) -> Vec<Value> {
    let places: Vec<Value> = (0..RECORDS).map(|number| place(azure, number)).collect();
    let object = |name: &str, places: &[Value]| {
        let text = json!(places).to_string();
        let annotations = json!({ annotation::AZURE_KEYS: text });
        key(name, &json!({ "azure": {} }), &annotations)
    };
    let parts = places.chunks(EACH).enumerate();
    let parts = parts.map(|(number, part)| object(&format!("records-{number}"), part));
    let all = object("records-all", &places);
    parts.chain([all]).collect()
}

fn place(azure: Azure<'_>, number: usize) -> Value {
    let (subscription, group) = (azure.subscription, azure.group);
    json!({
        "id": format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/sshPublicKeys/recorded-{number}"),
        "location": "westeurope",
        "store": "default",
        "deletionPolicy": "Delete",
    })
}
