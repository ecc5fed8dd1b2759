//! The definitions in `crds/` are those of the code, compared as definitions, not as text.

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use sshkey_operator::api::crd;

use crate::files;

#[test]
fn the_definitions_in_crds_are_those_of_the_code() {
    let mut written: BTreeMap<String, CustomResourceDefinition> = files::all()
        .into_iter()
        .filter(|file| file.is_under("crds"))
        .map(|file| {
            let definition = serde_saphyr::from_str(&file.text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.path));
            (file.path, definition)
        })
        .collect();
    for made in crd::all() {
        let path = format!("crds/{}.yaml", made.spec.names.plural);
        let found = written
            .remove(&path)
            .unwrap_or_else(|| panic!("{path} is missing: run `make crds`"));
        assert!(found == made, "{path} is stale: run `make crds`");
    }
    let extra: Vec<&String> = written.keys().collect();
    assert!(extra.is_empty(), "the code makes no {extra:?}");
}
