//! The rights that ship are the least that will do.

use clap::CommandFactory;
use k8s_openapi::api::rbac::v1::PolicyRule;
use serde::Deserialize;
use sshkey_operator::app::Flags;

use crate::files;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rights {
    cluster: Vec<PolicyRule>,
    leader: Vec<PolicyRule>,
    watched: Vec<PolicyRule>,
    cluster_stores: Vec<PolicyRule>,
    own_namespace: Vec<PolicyRule>,
}

#[test]
fn no_rule_has_a_wildcard() {
    for rule in rules() {
        let groups = rule.api_groups.iter().flatten();
        let resources = rule.resources.iter().flatten();
        for word in groups.chain(resources).chain(&rule.verbs) {
            assert!(!word.contains('*'), "{rule:?}");
        }
        assert_eq!(rule.non_resource_urls, None, "{rule:?}");
    }
}

#[test]
fn no_rule_lets_the_operator_become_somebody_else() {
    for rule in rules() {
        for verb in ["impersonate", "bind", "escalate"] {
            assert!(!rule.verbs.iter().any(|found| found == verb), "{rule:?}");
        }
    }
}

#[test]
fn tokens_are_minted_for_the_one_account_only() {
    let command = Flags::command();
    let flag = command
        .get_arguments()
        .find(|flag| flag.get_long() == Some("workload-identity-service-account"))
        .unwrap();
    let account = flag.get_default_values()[0].to_string_lossy().into_owned();
    let about_accounts: Vec<PolicyRule> = rules()
        .into_iter()
        .filter(|rule| {
            let mut resources = rule.resources.iter().flatten();
            resources.any(|resource| resource.starts_with("serviceaccounts"))
        })
        .collect();
    // In the namespaces that are watched, and in the operator's own.
    assert_eq!(about_accounts.len(), 2, "{about_accounts:#?}");
    let token = vec!["serviceaccounts/token".to_owned()];
    for rule in about_accounts {
        assert_eq!(rule.resources.as_ref(), Some(&token));
        assert_eq!(rule.resource_names, Some(vec![account.clone()]));
        assert_eq!(rule.verbs, ["create"]);
    }
}

#[test]
fn for_the_stores_of_the_cluster_nothing_is_read_cluster_wide_but_they() {
    let rights = rights();
    let resources: Vec<String> = rights
        .cluster_stores
        .iter()
        .flat_map(|rule| rule.resources.clone().unwrap_or_default())
        .collect();
    assert_eq!(
        resources,
        ["clusterazurestores", "clusterazurestores/status", "events"]
    );
    for rule in &rights.own_namespace {
        assert!(
            rule.verbs == ["get"] || rule.verbs == ["create"],
            "{rule:?}"
        );
    }
}

#[test]
fn cluster_wide_the_operator_reads_one_namespace_only() {
    let rights = rights();
    let rule = &rights.cluster[0];
    assert_eq!(rights.cluster.len(), 1, "{:#?}", rights.cluster);
    assert_eq!(rule.resources, Some(vec!["namespaces".to_owned()]));
    assert_eq!(rule.resource_names, Some(vec!["kube-system".to_owned()]));
    assert_eq!(rule.verbs, ["get"]);
}

fn rights() -> Rights {
    serde_saphyr::from_str(&files::read("charts/sshkey-operator/files/rbac.yaml")).unwrap()
}

fn rules() -> Vec<PolicyRule> {
    let Rights {
        cluster,
        leader,
        watched,
        cluster_stores,
        own_namespace,
    } = rights();
    let rules: Vec<PolicyRule> = [cluster, leader, watched, cluster_stores, own_namespace].concat();
    assert!(rules.len() > 5, "{rules:#?}");
    rules
}
