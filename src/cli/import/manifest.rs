//! An `SshKey` for a key of Azure. Pure.

use serde_json::{Value, json};

use super::listed::Listed;
use crate::{
    api::{
        StoreKey,
        names::{GROUP, VERSION},
    },
    keys::{Algorithm, PublicKey},
};

/// What every manifest says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Common<'a> {
    /// The namespace that the command line names.
    pub(super) namespace: Option<&'a str>,
    pub(super) store: Option<&'a StoreKey>,
}

/// An `SshKey` that follows the key, and writes nothing to it.
pub(super) fn follows(key: &Listed, name: &str, common: Common<'_>) -> Value {
    let azure = azure(key, common);
    object(
        name,
        common,
        &json!({ "source": { "azureKey": {} }, "azure": azure }),
    )
}

/// An `SshKey` that takes the key over, with the pair in a Secret of its own name.
pub(super) fn adopts(key: &Listed, name: &str, common: Common<'_>) -> Value {
    let mut azure = azure(key, common);
    azure["location"] = key.location.to_ascii_lowercase().replace(' ', "").into();
    azure["conflictPolicy"] = "AdoptMatching".into();
    let spec = json!({
        "source": { "generate": kind(&key.public) },
        "secret": { "conflictPolicy": "Adopt" },
        "azure": azure
    });
    object(name, common, &spec)
}

/// The kind of key, as the spec asks for it.
fn kind(key: &PublicKey) -> Value {
    match key.algorithm() {
        Algorithm::Ed25519 => json!({ "algorithm": "Ed25519" }),
        algorithm => json!({ "algorithm": algorithm.to_string(), "size": key.bits() }),
    }
}

fn azure(key: &Listed, common: Common<'_>) -> Value {
    let mut azure = json!({
        "name": key.id.name,
        "resourceGroup": { "name": key.id.resource_group }
    });
    if let Some(store) = common.store {
        azure["storeRef"] = json!({ "name": store.name });
        if !store.kind.is_default() {
            azure["storeRef"]["kind"] = store.kind.as_str().into();
        }
    }
    azure
}

fn object(name: &str, common: Common<'_>, spec: &Value) -> Value {
    let mut metadata = json!({ "name": name });
    if let Some(namespace) = common.namespace {
        metadata["namespace"] = namespace.into();
    }
    json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": "SshKey",
        "metadata": metadata,
        "spec": spec
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::{SshKey, StoreKind},
        cli::structured,
        keys::{KeySpec, RsaSize},
    };

    fn key(spec: KeySpec) -> Listed {
        Listed {
            id: "/subscriptions/s/resourceGroups/G/providers/Microsoft.Compute/sshPublicKeys/Web_1"
                .parse()
                .unwrap(),
            location: "westeurope".to_owned(),
            public: PublicKey::stand_in(spec, 1),
        }
    }

    #[test]
    fn a_manifest_follows_the_key_and_reads_like_one_that_a_person_wrote() {
        let store = StoreKey::new(StoreKind::ClusterAzureStore, "shared".to_owned());
        let common = Common {
            namespace: Some("team-a"),
            store: Some(&store),
        };
        let manifest = follows(&key(KeySpec::Ed25519), "web-1", common);
        let expected = "\
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata:
  name: web-1
  namespace: team-a
spec:
  azure:
    name: Web_1
    resourceGroup:
      name: G
    storeRef:
      kind: ClusterAzureStore
      name: shared
  source:
    azureKey: {}
";
        assert_eq!(structured::yaml(&manifest).unwrap(), expected);
        serde_json::from_value::<SshKey>(manifest).unwrap();
    }

    #[test]
    fn a_pair_is_taken_over_as_it_is() {
        let rsa = key(KeySpec::Rsa(RsaSize::Bits2048));
        let manifest = adopts(&rsa, "web-1", Common::default());
        let spec = &manifest["spec"];
        assert_eq!(
            spec["source"]["generate"],
            json!({ "algorithm": "RSA", "size": 2048 })
        );
        assert_eq!(spec["azure"]["location"], "westeurope");
        assert_eq!(spec["azure"]["conflictPolicy"], "AdoptMatching");
        assert_eq!(spec["secret"], json!({ "conflictPolicy": "Adopt" }));
        serde_json::from_value::<SshKey>(manifest).unwrap();
    }
}
