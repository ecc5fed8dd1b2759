//! Values that say what the operator does: what it watches, how often, and how it reaches Azure.

use crate::values::Row;

/// What the operator is told.
pub(crate) const FOR_OPERATOR: &[Row] = &[
    (
        "watchNamespaces",
        "watchNamespaces: [a]",
        "arg",
        "--watch-namespace=a",
    ),
    (
        "watchNamespaces",
        "watchNamespaces: [a]",
        "Role/metadata/namespace",
        "a",
    ),
    ("clusterId", "clusterId: prod", "arg", "--cluster-id=prod"),
    ("concurrency", "concurrency: 7", "arg", "--concurrency=7"),
    (
        "watchSecrets",
        "watchSecrets: false",
        "arg",
        "--watch-secrets=false",
    ),
    (
        "watchClusterStores",
        "watchClusterStores: false",
        "arg",
        "--watch-cluster-stores=false",
    ),
    (
        "defaultStore",
        DEFAULT_STORE,
        "ClusterAzureStore/spec/tenants/namespaces/names",
        "[a]",
    ),
    (
        "workloadIdentity.clientId",
        WORKLOAD_IDENTITY,
        "{meta}/labels/azure.workload.identity~1use",
        "'true'",
    ),
    (
        "workloadIdentity.clientId",
        WORKLOAD_IDENTITY,
        "ServiceAccount/metadata/annotations/azure.workload.identity~1client-id",
        "22222222-2222-2222-2222-222222222222",
    ),
    (
        "workloadIdentityServiceAccount",
        "workloadIdentityServiceAccount: a",
        "arg",
        "--workload-identity-service-account=a",
    ),
    (
        "admissionPolicies.enabled",
        "admissionPolicies: {enabled: true}",
        "ValidatingAdmissionPolicy/spec/failurePolicy",
        "Fail",
    ),
    (
        "admissionPolicies.exemptUsers",
        "admissionPolicies: {enabled: true, exemptUsers: [a, \"b'c\"]}",
        "ValidatingAdmissionPolicy/spec/matchConditions/2/expression",
        "'!(request.userInfo.username in [\"a\",\"b''c\"])'",
    ),
    (
        "watchNamespaces",
        "{watchNamespaces: [a], admissionPolicies: {enabled: true}}",
        "ValidatingAdmissionPolicyBinding/spec/matchResources/namespaceSelector/matchExpressions/0/values",
        "[a]",
    ),
    (
        "watchTimeout",
        "watchTimeout: 50s",
        "arg",
        "--watch-timeout=50s",
    ),
    (
        "pollInterval",
        "pollInterval: 90s",
        "arg",
        "--poll-interval=90s",
    ),
    ("retryMax", "retryMax: 1h30m", "arg", "--retry-max=1h30m"),
    ("orphanAfter", "orphanAfter: 1h", "arg", "--orphan-after=1h"),
    (
        "azure.sweepInterval",
        "azure: {sweepInterval: 5m}",
        "arg",
        "--azure-sweep-interval=5m",
    ),
    (
        "azure.writesBurst",
        "azure: {writesBurst: 3000000}",
        "arg",
        "--azure-writes-burst=3000000",
    ),
    (
        "azure.writesPerMinute",
        "azure: {writesPerMinute: 4000000000}",
        "arg",
        "--azure-writes-per-minute=4000000000",
    ),
    (
        "azure.armEndpoint",
        "azure: {armEndpoint: 'https://a'}",
        "arg",
        "--azure-arm-endpoint=https://a",
    ),
    (
        "azure.authorityHost",
        "azure: {authorityHost: 'https://a'}",
        "arg",
        "--azure-authority-host=https://a",
    ),
    (
        "azure.ca.pem",
        CA_PEM,
        "arg",
        "--azure-ca-file=/etc/sshkey-operator/azure-ca/ca.crt",
    ),
    (
        "azure.ca.pem",
        CA_PEM,
        "ConfigMap/data/ca.crt",
        "'-----BEGIN CERTIFICATE-----'",
    ),
    (
        "azure.ca.configMap",
        "azure: {ca: {configMap: a}}",
        "arg",
        "--azure-ca-file=/etc/sshkey-operator/azure-ca/ca.crt",
    ),
    (
        "azure.ca.configMap",
        "azure: {ca: {configMap: a}}",
        "{pod}/volumes/0/configMap",
        "{name: a, items: [{key: ca.crt, path: ca.crt}]}",
    ),
    (
        "azure.ca.secret",
        "azure: {ca: {secret: a}}",
        "{pod}/volumes/0/secret",
        "{secretName: a, items: [{key: ca.crt, path: ca.crt}]}",
    ),
    (
        "azure.ca.key",
        "azure: {ca: {secret: a, key: b}}",
        "{pod}/volumes/0/secret/items/0/key",
        "b",
    ),
    ("logFormat", "logFormat: text", "arg", "--log-format=text"),
    (
        "logFilter",
        "logFilter: sshkey_operator=debug",
        "arg",
        "--log-filter=sshkey_operator=debug",
    ),
    (
        "tests.enabled",
        "tests: {enabled: false}",
        "test/Pod/kind",
        "null",
    ),
    (
        "tests.timeout",
        "tests: {timeout: 1m}",
        "test/Pod/spec/containers/0/args/2",
        "--timeout=1m",
    ),
];

const CA_PEM: &str = "azure: {ca: {pem: '-----BEGIN CERTIFICATE-----'}}";
const WORKLOAD_IDENTITY: &str =
    "workloadIdentity: {clientId: 22222222-2222-2222-2222-222222222222}";
const DEFAULT_STORE: &str = "defaultStore: {subscriptionID: 00000000-0000-0000-0000-000000000000, tenantID: 11111111-1111-1111-1111-111111111111, auth: {ambient: {}}, tenants: {namespaces: {names: [a]}}}";
