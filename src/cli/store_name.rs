//! A store as a person names it on the command line.

use crate::api::{StoreKey, StoreKind, is_object_name};

/// Reads `NAME` as a store of the namespace, and `ClusterAzureStore/NAME` as one of the cluster.
pub(super) fn store(text: &str) -> Result<StoreKey, String> {
    let (kind, name) = text.split_once('/').unwrap_or(("AzureStore", text));
    let kinds = [StoreKind::AzureStore, StoreKind::ClusterAzureStore];
    let kind = kinds
        .into_iter()
        .find(|known| known.as_str().eq_ignore_ascii_case(kind));
    match kind {
        Some(kind) if is_object_name(name) => Ok(StoreKey::new(kind, name.to_owned())),
        _ => Err("write NAME for an AzureStore, or ClusterAzureStore/NAME".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_one_of_the_namespace_unless_its_kind_is_given() {
        assert_eq!(store("a").unwrap().kind, StoreKind::AzureStore);
        let shared = store("clusterazurestore/b").unwrap();
        assert_eq!(
            (shared.kind, shared.name.as_str()),
            (StoreKind::ClusterAzureStore, "b")
        );
        for wrong in ["", "a/b/c", "Secret/a", "A"] {
            assert!(store(wrong).is_err(), "{wrong}");
        }
    }
}
