//! Which keys of Azure `SshKey`s have already, and which names are taken. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::ArmId;

/// What is there already.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) names: BTreeSet<String>,
    /// The places in Azure by their resource IDs in lower case.
    ids: BTreeSet<String>,
    /// The same as specs name them: group, empty where none is named, and name, in lower case. The status of the object says
    /// in which subscription that is, if it is known.
    places: BTreeSet<(String, String, Option<String>)>,
}

impl Known {
    /// From `SshKey`s of a folder or of the cluster.
    pub(super) fn of<'a>(objects: impl Iterator<Item = &'a Value>) -> Self {
        let mut known = Self::default();
        for object in objects {
            let text = |path: &str| object.pointer(path).and_then(Value::as_str);
            known
                .names
                .extend(text("/metadata/name").map(str::to_owned));
            let id = text("/status/azure/resourceID");
            known.ids.extend(id.map(str::to_lowercase));
            if let Some(name) = text("/spec/azure/name") {
                let group = text("/spec/azure/resourceGroup/name").unwrap_or_default();
                let id: Option<ArmId> = id.and_then(|id| id.parse().ok());
                let subscription = id.map(|id| id.subscription.to_lowercase());
                known
                    .places
                    .insert((group.to_lowercase(), name.to_lowercase(), subscription));
            }
        }
        known
    }

    /// Whether one of them has this key.
    pub(super) fn has(&self, id: &ArmId) -> bool {
        let in_subscription = |subscription| {
            let (group, name) = (id.resource_group.to_lowercase(), id.name.to_lowercase());
            self.places.contains(&(group, name, subscription))
        };
        self.ids.contains(&id.to_string().to_lowercase())
            || in_subscription(None)
            || in_subscription(Some(id.subscription.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_known_by_its_place_in_a_spec_or_in_a_status() {
        let id: ArmId =
            "/subscriptions/s/resourceGroups/Group/providers/Microsoft.Compute/sshPublicKeys/Web"
                .parse()
                .unwrap();
        let spec = json!({ "metadata": { "name": "a" }, "spec": { "azure": { "name": "web",
            "resourceGroup": { "name": "GROUP" } } } });
        let status = json!({ "metadata": { "name": "b" }, "status": { "azure": { "resourceID":
            id.to_string().to_uppercase() } } });
        let other = json!({ "metadata": { "name": "c" }, "spec": { "azure": { "name": "web" } } });
        assert!(Known::of([&spec].into_iter()).has(&id));
        assert!(Known::of([&status].into_iter()).has(&id));
        let other = Known::of([&other].into_iter());
        assert!(!other.has(&id) && other.names.contains("c"));
    }

    #[test]
    fn a_key_of_the_same_name_in_another_subscription_is_another() {
        let id: ArmId =
            "/subscriptions/s/resourceGroups/group/providers/Microsoft.Compute/sshPublicKeys/web"
                .parse()
                .unwrap();
        let elsewhere = id.to_string().replace("/s/", "/other/");
        let object = json!({ "metadata": { "name": "a" },
            "spec": { "azure": { "name": "web", "resourceGroup": { "name": "group" } } },
            "status": { "azure": { "resourceID": elsewhere } } });
        let known = Known::of([&object].into_iter());
        assert!(!known.has(&id) && known.has(&elsewhere.parse().unwrap()));
    }
}
