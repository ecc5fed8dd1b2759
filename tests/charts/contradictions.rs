//! Values that contradict each other are refused, though each of them alone is good.

use crate::helm::Helm;

const STORE: &str = "defaultStore: {subscriptionID: 00000000-0000-0000-0000-000000000000, tenantID: 11111111-1111-1111-1111-111111111111, auth: {ambient: {}}, tenants: {namespaces: {names: [team-a, team-b]}}}";

/// Values, and what Helm says against them.
const REFUSED: [(&str, &str); 17] = [
    (
        "{leaderElection: false, replicas: 2, strategy: {type: Recreate}}",
        "replicas: 2 needs leaderElection",
    ),
    (
        "leaderElection: false",
        "leaderElection: false needs strategy.type: Recreate",
    ),
    (
        "extraEnv: [{name: SSHKEY_OPERATOR_LEADER_ELECTION, value: 'false'}]",
        "say leaderElection",
    ),
    (
        "{proxy: {https: 'http://a'}, extraEnv: [{name: HTTPS_PROXY, value: b}]}",
        "give one of proxy.https",
    ),
    (
        "{proxy: {noProxy: a}, extraEnv: [{name: NO_PROXY, value: b}]}",
        "give one of proxy.noProxy",
    ),
    (
        "azure: {ca: {configMap: a, secret: b}}",
        "give one of pem, configMap and secret",
    ),
    (
        "azure: {ca: {pem: '-----BEGIN CERTIFICATE-----', secret: b}}",
        "give one of pem, configMap and secret",
    ),
    (
        "serviceAccount: {create: false}",
        "needs serviceAccount.name",
    ),
    (
        "{watchClusterStores: false, STORE}",
        "of no use with watchClusterStores: false",
    ),
    (
        "{watchNamespaces: [team-a], STORE}",
        "lets in the namespace team-b, which is not among watchNamespaces",
    ),
    (
        "metrics: {enabled: false, service: {enabled: true}}",
        "metrics.service needs metrics.enabled",
    ),
    (
        "metrics: {enabled: false, podMonitor: {enabled: true}}",
        "metrics.podMonitor needs metrics.enabled",
    ),
    (
        "metrics: {enabled: false, prometheusRule: {enabled: true}}",
        "metrics.prometheusRule needs metrics.enabled",
    ),
    (
        "metrics: {enabled: false, dashboard: {enabled: true}}",
        "metrics.dashboard needs metrics.enabled",
    ),
    (
        "metrics: {enabled: false, serviceMonitor: {enabled: true}}",
        "metrics.serviceMonitor needs metrics.enabled",
    ),
    (
        "metrics: {serviceMonitor: {enabled: true}}",
        "needs metrics.service.enabled",
    ),
    (
        "metrics: {service: {enabled: true}, serviceMonitor: {enabled: true}, podMonitor: {enabled: true}}",
        "counted twice",
    ),
];

#[test]
fn values_that_contradict_each_other_are_refused_by_name() {
    let helm = Helm::built();
    for (values, words) in REFUSED {
        let values = values.replace("STORE", STORE);
        let error = helm.operator(&values).unwrap_err();
        assert!(error.contains(words), "{values}: {error}");
    }
}

#[test]
fn what_only_looks_like_a_contradiction_is_rendered() {
    let helm = Helm::built();
    for values in [
        "{leaderElection: false, strategy: {type: Recreate}}",
        "{watchNamespaces: [team-a, team-b], STORE}",
        "{serviceAccount: {create: false, name: a}, replicas: 2}",
        "{proxy: {https: 'http://a'}, extraEnv: [{name: NO_PROXY, value: b}]}",
    ] {
        let values = values.replace("STORE", STORE);
        helm.operator(&values).unwrap();
    }
}

#[test]
fn an_operator_without_an_election_needs_no_lease() {
    let helm = Helm::built();
    let values = "{leaderElection: false, strategy: {type: Recreate}}";
    let objects = helm.operator(values).unwrap();
    assert!(!objects.flags().leader_election);
    assert_eq!(objects.all("Role").count(), 0);
    assert_eq!(objects.all("RoleBinding").count(), 0);
}
