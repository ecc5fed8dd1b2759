//! The rights that the chart gives are those of `files/rbac.yaml`, which the tests on real servers run the operator with.

use std::collections::BTreeSet;

use k8s_openapi::api::rbac::v1::PolicyRule;
use serde::Deserialize;
use serde_json::Value;

use crate::helm::{Helm, Objects, merged, yaml};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rights {
    cluster: Vec<PolicyRule>,
    leader: Vec<PolicyRule>,
    watched: Vec<PolicyRule>,
    cluster_stores: Vec<PolicyRule>,
    own_namespace: Vec<PolicyRule>,
}

/// As the chart has them: the Lease has the release's name.
fn rights() -> Rights {
    let mut rights: Rights = yaml("charts/sshkey-operator/files/rbac.yaml");
    for rule in &mut rights.leader {
        if let Some(names) = &mut rule.resource_names {
            *names = vec!["release-sshkey-operator".to_owned()];
        }
    }
    rights
}

/// What is rendered without the roles of tenants.
fn rendered(helm: &Helm, values: &str) -> Objects {
    let without = "rbac: {tenants: {create: false}}";
    let values = merged(&[without, values]).to_string();
    helm.operator(&values).unwrap()
}

fn rules(role: &Value) -> Vec<PolicyRule> {
    serde_json::from_value(role["rules"].clone()).unwrap()
}

fn about<'a>(rules: &'a [PolicyRule], resource: &str) -> Vec<&'a PolicyRule> {
    let named = |rule: &&PolicyRule| {
        let mut resources = rule.resources.iter().flatten();
        resources.any(|found| found == resource)
    };
    rules.iter().filter(named).collect()
}

/// Every binding is of the role of its own name and place, to the operator's account.
fn are_bound(objects: &Objects, roles: &str, bindings: &str) {
    let account = &objects.one("ServiceAccount")["metadata"];
    let roles: Vec<&Value> = objects.all(roles).collect();
    let bindings: Vec<&Value> = objects.all(bindings).collect();
    assert_eq!(roles.len(), bindings.len());
    for (role, binding) in roles.into_iter().zip(bindings) {
        let (role_meta, meta) = (&role["metadata"], &binding["metadata"]);
        assert_eq!(role_meta["namespace"], meta["namespace"]);
        assert_eq!(binding["roleRef"]["kind"], role["kind"]);
        assert_eq!(binding["roleRef"]["name"], role_meta["name"]);
        let subjects = binding["subjects"].as_array().unwrap();
        assert_eq!(subjects.len(), 1);
        assert_eq!(subjects[0]["kind"], "ServiceAccount");
        assert_eq!(subjects[0]["name"], account["name"]);
        assert_eq!(subjects[0]["namespace"], account["namespace"]);
    }
}

#[test]
fn all_namespaces_are_watched_by_a_cluster_role_of_all_rules() {
    let helm = Helm::built();
    let objects = rendered(&helm, "{}");
    let rights = rights();
    assert_eq!(
        rules(objects.one("ClusterRole")),
        [rights.cluster, rights.cluster_stores, rights.watched].concat()
    );
    assert_eq!(rules(objects.one("Role")), rights.leader);
    are_bound(&objects, "Role", "RoleBinding");
    are_bound(&objects, "ClusterRole", "ClusterRoleBinding");
}

#[test]
fn named_namespaces_are_watched_by_roles_and_cluster_wide_no_secret_can_be_read() {
    let helm = Helm::built();
    let objects = rendered(&helm, "watchNamespaces: [team-a, team-b]");
    let rights = rights();
    assert_eq!(
        rules(objects.one("ClusterRole")),
        [rights.cluster, rights.cluster_stores].concat()
    );
    let roles: Vec<&Value> = objects.all("Role").collect();
    assert_eq!(roles.len(), 4);
    let places = [
        ("team-a", &rights.watched),
        ("team-b", &rights.watched),
        ("ops", &rights.own_namespace),
        ("ops", &rights.leader),
    ];
    for (role, (namespace, wanted)) in roles.into_iter().zip(places) {
        assert_eq!(role["metadata"]["namespace"], namespace);
        assert_eq!(rules(role), *wanted);
    }
    are_bound(&objects, "ClusterRole", "ClusterRoleBinding");
    are_bound(&objects, "Role", "RoleBinding");
}

#[test]
fn with_an_id_of_its_own_the_clusters_is_not_read() {
    let helm = Helm::built();
    let objects = rendered(&helm, "clusterId: prod");
    let rights = rights();
    assert_eq!(
        rules(objects.one("ClusterRole")),
        [rights.cluster_stores, rights.watched.clone()].concat()
    );
    let objects = rendered(
        &helm,
        "{clusterId: prod, watchNamespaces: [team-a], watchClusterStores: false}",
    );
    assert_eq!(objects.all("ClusterRole").count(), 0);
    assert_eq!(objects.all("ClusterRoleBinding").count(), 0);
    let roles: Vec<_> = objects.all("Role").map(rules).collect();
    assert_eq!(roles, [rights.watched, rights.leader]);
}

#[test]
fn without_the_stores_of_the_cluster_there_is_no_right_for_them() {
    let helm = Helm::built();
    for values in [
        "watchClusterStores: false",
        "{watchClusterStores: false, watchNamespaces: [team-a]}",
    ] {
        let objects = rendered(&helm, values);
        let roles = objects.all("ClusterRole").chain(objects.all("Role"));
        let all: Vec<PolicyRule> = roles.flat_map(rules).collect();
        assert!(about(&all, "clusterazurestores").is_empty());
        assert_eq!(
            about(&all, "secrets").len(),
            2,
            "one to list, one for the rest"
        );
        are_bound(&objects, "Role", "RoleBinding");
    }
}

#[test]
fn an_operator_in_a_namespace_that_it_watches_has_both_roles_there() {
    let helm = Helm::built();
    let objects = rendered(&helm, "watchNamespaces: [ops]");
    let names: Vec<&Value> = objects
        .all("Role")
        .map(|role| &role["metadata"]["name"])
        .collect();
    let different: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
    assert_eq!((names.len(), different.len()), (3, 3));
    are_bound(&objects, "Role", "RoleBinding");
}

#[test]
fn without_the_watch_no_secret_and_no_config_map_can_be_listed() {
    let helm = Helm::built();
    for values in [
        "watchSecrets: false",
        "{watchSecrets: false, watchNamespaces: [team-a]}",
    ] {
        let objects = rendered(&helm, values);
        let roles = objects.all("ClusterRole").chain(objects.all("Role"));
        let all: Vec<PolicyRule> = roles.flat_map(rules).collect();
        let verbs: Vec<&Vec<String>> = about(&all, "secrets")
            .into_iter()
            .map(|rule| &rule.verbs)
            .collect();
        assert_eq!(*verbs[0], ["get", "create", "patch", "delete"]);
        assert!(
            verbs[1..].iter().all(|verbs| **verbs == ["get"]),
            "{verbs:#?}"
        );
        let maps = about(&all, "configmaps");
        assert_eq!(maps.len(), 1, "{maps:#?}");
        assert_eq!(maps[0].verbs, ["get", "create", "patch", "delete"]);
    }
}

#[test]
fn tokens_are_minted_for_the_account_that_the_values_name() {
    let helm = Helm::built();
    let objects = rendered(&helm, "workloadIdentityServiceAccount: azure");
    let all = rules(objects.one("ClusterRole"));
    let tokens = about(&all, "serviceaccounts/token");
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens[0].resource_names, Some(vec!["azure".to_owned()]));
    assert_eq!(objects.flags().workload_identity_service_account, "azure");
    let objects = rendered(
        &helm,
        "{workloadIdentityServiceAccount: azure, watchNamespaces: [team-a]}",
    );
    let all: Vec<PolicyRule> = objects.all("Role").flat_map(rules).collect();
    let tokens = about(&all, "serviceaccounts/token");
    assert_eq!(tokens.len(), 2, "where it watches, and where it is");
    for rule in tokens {
        assert_eq!(rule.resource_names, Some(vec!["azure".to_owned()]));
    }
}

#[test]
fn no_rule_that_is_rendered_has_a_wildcard() {
    let helm = Helm::built();
    for values in ["{}", "watchNamespaces: [team-a]"] {
        let objects = rendered(&helm, values);
        let roles: Vec<&Value> = objects
            .all("ClusterRole")
            .chain(objects.all("Role"))
            .collect();
        assert!(!roles.is_empty());
        for role in roles {
            assert!(!role["rules"].to_string().contains('*'), "{role:#}");
        }
    }
}
