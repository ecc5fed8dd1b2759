//! What tools and tenants write over what the operator wrote into the metadata.

use serde_json::{Value, json};
use sshkey_operator::api::names::annotation;

use crate::world::{LOCATION, resource_id};

/// The metadata without what the operator wrote there.
pub(super) fn replaced() -> Value {
    json!({ "metadata": {
        "finalizers": null,
        "annotations": {
            annotation::AZURE_KEYS: null,
            annotation::OUTPUTS: null,
            annotation::ROTATION: null,
            annotation::RECORDED_UID: null,
        },
    }})
}

/// The records of another object of the namespace, which may be there or not.
pub(super) fn forged(namespace: &str) -> Value {
    let records = json!([{
        "id": resource_id(&format!("{namespace}.key-00000")),
        "location": LOCATION,
        "store": "default",
        "deletionPolicy": "Delete",
    }]);
    json!({ "metadata": { "annotations": { annotation::AZURE_KEYS: records.to_string() } } })
}
