//! The roles of tenants.

use k8s_openapi::api::rbac::v1::PolicyRule;
use serde_json::{Value, json};

use crate::helm::{Helm, yaml};

const ROLES: [&str; 3] = ["view", "edit", "admin"];

#[test]
fn each_role_has_its_rules_and_those_before_it_and_joins_kubernetes_own() {
    let helm = Helm::built();
    let objects = helm.operator("{}").unwrap();
    let all: Value = yaml("charts/sshkey-operator/files/tenants.yaml");
    let mut wanted: Vec<Value> = Vec::new();
    for role in ROLES {
        wanted.extend(all[role].as_array().unwrap().clone());
        let name = format!("release-sshkey-operator-{role}");
        let mut found = objects.all("ClusterRole");
        let found = found.find(|one| one["metadata"]["name"] == name).unwrap();
        assert_eq!(found["rules"], json!(wanted), "{role}");
        let labels = found["metadata"]["labels"].as_object().unwrap();
        let joined: Vec<&String> = labels
            .keys()
            .filter(|label| label.contains("aggregate-to-"))
            .collect();
        let label = format!("rbac.authorization.k8s.io/aggregate-to-{role}");
        assert_eq!(joined, [&label]);
    }
}

#[test]
fn no_tenant_writes_a_status_or_has_to_do_with_stores_of_the_cluster() {
    let all: Value = yaml("charts/sshkey-operator/files/tenants.yaml");
    assert_eq!(all.as_object().unwrap().len(), ROLES.len());
    for role in ROLES {
        let rules: Vec<PolicyRule> = serde_json::from_value(all[role].clone()).unwrap();
        for rule in &rules {
            assert_eq!(rule.api_groups, Some(vec!["sshkey-operator.io".to_owned()]));
            for resource in rule.resources.iter().flatten() {
                let known = ["sshkeys", "sshkeyplans", "azurestores"];
                assert!(known.contains(&resource.as_str()), "{role}: {resource}");
            }
            assert!(!rule.verbs.iter().any(|verb| verb == "*"), "{role}");
        }
    }
    let writes = |role: &str| all[role].to_string().contains("\"create\"");
    assert!(!writes("view") && writes("edit") && writes("admin"));
}
