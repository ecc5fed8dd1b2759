//! An `SshKey` of the crowd, and where it is to be published.

use serde_json::{Value, json};

/// Where the crowd finds its Azure.
#[derive(Clone, Copy, Debug)]
pub struct Azure<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The subscription.
    pub subscription: &'a str,
    /// The application's client ID.
    pub client: &'a str,
    /// The resource group of the recorded places.
    pub group: &'a str,
}

/// An `SshKey`; `annotations` are an object, or null for none.
pub(super) fn key(name: &str, spec: &Value, annotations: &Value) -> Value {
    json!({
        "metadata": { "name": name, "annotations": annotations },
        "spec": spec,
    })
}
