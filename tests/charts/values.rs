//! No value does nothing.

use std::collections::BTreeSet;

use clap::CommandFactory;
use serde_json::Value;
use sshkey_operator::app::Flags;

use crate::helm::{Helm, OPERATOR, Objects, yaml};

/// The operator's container.
const CONTAINER: &str = "Deployment/spec/template/spec/containers/0";
/// Its pod.
const POD: &str = "Deployment/spec/template/spec";
/// What the pod carries.
const META: &str = "Deployment/spec/template/metadata";

/// Each value, an example of it, what it changes (an argument of the operator, or a kind and a path in it) and to what.
const TABLE: [(&str, &str, &str, &str); 60] = [
    (
        "nameOverride",
        "nameOverride: keys",
        "Deployment/metadata/name",
        "release-keys",
    ),
    (
        "fullnameOverride",
        "fullnameOverride: keys",
        "Deployment/metadata/name",
        "keys",
    ),
    (
        "image.repository",
        "image: {repository: r.example.com/o}",
        CONTAINER_IMAGE,
        "r.example.com/o:0.1.0",
    ),
    (
        "image.tag",
        "image: {tag: v9}",
        CONTAINER_IMAGE,
        "registry.example.com/sshkey-operator:v9",
    ),
    ("image.digest", DIGEST, CONTAINER_IMAGE, DIGESTED),
    (
        "image.pullPolicy",
        "image: {pullPolicy: Always}",
        "{container}/imagePullPolicy",
        "Always",
    ),
    (
        "image.pullSecrets",
        "image: {pullSecrets: [a, b]}",
        "{pod}/imagePullSecrets",
        "[{name: a}, {name: b}]",
    ),
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
    ("replicas", "replicas: 3", "Deployment/spec/replicas", "3"),
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
    (
        "healthAddress",
        "healthAddress: '[::]:9000'",
        "arg",
        "--health-address=[::]:9000",
    ),
    (
        "healthAddress",
        "healthAddress: '[::]:9000'",
        "{container}/ports/0/containerPort",
        "9000",
    ),
    (
        "metrics.enabled",
        "metrics: {enabled: false}",
        "arg",
        "--metrics-address=off",
    ),
    (
        "metrics.address",
        "metrics: {address: '[::]:9100'}",
        "arg",
        "--metrics-address=[::]:9100",
    ),
    (
        "metrics.address",
        "metrics: {address: '[::]:9100'}",
        "{container}/ports/1/containerPort",
        "9100",
    ),
    (
        "metrics.service.enabled",
        "metrics: {address: '[::]:9100', service: {enabled: true}}",
        "Service/spec/ports",
        "[{name: metrics, port: 9100, targetPort: metrics}]",
    ),
    (
        "metrics.service.annotations",
        "metrics: {service: {enabled: true, annotations: {a: b}}}",
        "Service/metadata/annotations",
        "{a: b}",
    ),
    (
        "metrics.podMonitor.enabled",
        "metrics: {podMonitor: {enabled: true}}",
        "PodMonitor/spec/podMetricsEndpoints",
        "[{port: metrics, path: /metrics, interval: 30s}]",
    ),
    (
        "metrics.podMonitor.interval",
        "metrics: {podMonitor: {enabled: true, interval: 1m}}",
        "PodMonitor/spec/podMetricsEndpoints/0/interval",
        "1m",
    ),
    (
        "metrics.podMonitor.labels",
        "metrics: {podMonitor: {enabled: true, labels: {a: b}}}",
        "PodMonitor/metadata/labels/a",
        "b",
    ),
    (
        "networkPolicy.enabled",
        "networkPolicy: {enabled: true}",
        "NetworkPolicy/spec/policyTypes",
        "[Ingress, Egress]",
    ),
    (
        "networkPolicy.metricsFrom",
        "networkPolicy: {enabled: true, metricsFrom: [{namespaceSelector: {}}]}",
        "NetworkPolicy/spec/ingress/1/from",
        "[{namespaceSelector: {}}]",
    ),
    (
        "networkPolicy.egressPorts",
        "networkPolicy: {enabled: true, egressPorts: [8443]}",
        "NetworkPolicy/spec/egress/1/ports",
        "[{port: 8443, protocol: TCP}]",
    ),
    ("logFormat", "logFormat: text", "arg", "--log-format=text"),
    (
        "logFilter",
        "logFilter: sshkey_operator=debug",
        "arg",
        "--log-filter=sshkey_operator=debug",
    ),
    (
        "extraEnv",
        "extraEnv: [{name: HTTPS_PROXY, value: p}]",
        "{container}/env/1",
        "{name: HTTPS_PROXY, value: p}",
    ),
    (
        "serviceAccount.name",
        "serviceAccount: {name: a}",
        "ServiceAccount/metadata/name",
        "a",
    ),
    (
        "serviceAccount.name",
        "serviceAccount: {name: a}",
        "{pod}/serviceAccountName",
        "a",
    ),
    (
        "serviceAccount.annotations",
        "serviceAccount: {annotations: {a: b}}",
        "ServiceAccount/metadata/annotations",
        "{a: b}",
    ),
    (
        "resources",
        "resources: {limits: {memory: 1Gi}}",
        "{container}/resources/limits/memory",
        "1Gi",
    ),
    (
        "nodeSelector",
        "nodeSelector: {a: b}",
        "{pod}/nodeSelector",
        "{a: b}",
    ),
    (
        "tolerations",
        "tolerations: [{key: a}]",
        "{pod}/tolerations",
        "[{key: a}]",
    ),
    (
        "affinity",
        "affinity: {nodeAffinity: {a: b}}",
        "{pod}/affinity",
        "{nodeAffinity: {a: b}}",
    ),
    (
        "priorityClassName",
        "priorityClassName: a",
        "{pod}/priorityClassName",
        "a",
    ),
    ("podLabels", "podLabels: {a: b}", "{meta}/labels/a", "b"),
    (
        "podAnnotations",
        "podAnnotations: {a: b}",
        "{meta}/annotations/a",
        "b",
    ),
    (
        "podAnnotations",
        "podAnnotations: {checksum/azure-ca: b, c: d}",
        "{meta}/annotations/c",
        "d",
    ),
];

const CONTAINER_IMAGE: &str = "{container}/image";
const CA_PEM: &str = "azure: {ca: {pem: '-----BEGIN CERTIFICATE-----'}}";
const WORKLOAD_IDENTITY: &str =
    "workloadIdentity: {clientId: 22222222-2222-2222-2222-222222222222}";
const DEFAULT_STORE: &str = "defaultStore: {subscriptionID: 00000000-0000-0000-0000-000000000000, tenantID: 11111111-1111-1111-1111-111111111111, auth: {ambient: {}}, tenants: {namespaces: {names: [a]}}}";
const DIGEST: &str = "image: {tag: v9, digest: 'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'}";
const DIGESTED: &str = "registry.example.com/sshkey-operator@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// What stands in a place: an argument or null, or what a path of an object leads to.
fn place(objects: &Objects, place: &str, expected: &str) -> Value {
    if place == "arg" {
        let found = objects.args().into_iter().find(|arg| *arg == expected);
        return found.into();
    }
    let place = place
        .replace("{container}", CONTAINER)
        .replace("{pod}", POD)
        .replace("{meta}", META);
    let (kind, path) = place.split_once('/').unwrap();
    // Of several, such as Roles, the first.
    let found = objects.all(kind).next();
    let found = found.and_then(|object| object.pointer(&format!("/{path}")));
    found.cloned().unwrap_or_default()
}

#[test]
fn every_value_changes_what_is_rendered() {
    let Some(helm) = Helm::ready() else { return };
    let default = helm.operator("{}").unwrap();
    for (value, example, path, expected) in TABLE {
        let objects = helm
            .operator(example)
            .unwrap_or_else(|error| panic!("{example}: {error}"));
        let wanted: Value = match path {
            "arg" => expected.into(),
            _ => serde_saphyr::from_str(expected).unwrap(),
        };
        assert_eq!(place(&objects, path, expected), wanted, "{value}");
        assert_ne!(place(&default, path, expected), wanted, "{value}");
        // The operator takes what it is given.
        objects.flags();
    }
}

#[test]
fn every_value_is_in_the_table_and_the_table_has_no_other() {
    let values: Value = yaml(&format!("{OPERATOR}/values.yaml"));
    let mut found = BTreeSet::new();
    leaves(&values, "", &mut found);
    let shown: BTreeSet<String> = TABLE.iter().map(|row| row.0.to_owned()).collect();
    assert_eq!(found, shown);
}

#[test]
fn the_schema_knows_the_values_and_no_other() {
    let mut schema: Value = yaml(&format!("{OPERATOR}/values.schema.json"));
    // Helm's own.
    let global = schema["properties"]
        .as_object_mut()
        .unwrap()
        .remove("global");
    assert!(global.is_some());
    let values: Value = yaml(&format!("{OPERATOR}/values.yaml"));
    is_described(&schema, &values, "");
}

/// Only `--kubeconfig` makes no sense in a pod, and `--namespace` is the pod's own.
#[test]
fn every_flag_can_be_set() {
    let set: BTreeSet<&str> = TABLE
        .iter()
        .filter(|row| row.2 == "arg")
        .map(|row| row.3.split('=').next().unwrap())
        .collect();
    let command = Flags::command();
    let flags: BTreeSet<String> = command
        .get_arguments()
        .map(|flag| format!("--{}", flag.get_long().unwrap()))
        // What the chart itself decides.
        .filter(|flag| flag != "--kubeconfig" && flag != "--namespace")
        .filter(|flag| !flag.starts_with("--leader-election"))
        .collect();
    assert_eq!(set, flags.iter().map(String::as_str).collect());
}

/// What a user sets: objects of the chart's own names are gone into; `resources` is Kubernetes'.
fn leaves(values: &Value, at: &str, found: &mut BTreeSet<String>) {
    match values {
        Value::Object(inner) if !inner.is_empty() && at != "resources" => {
            for (name, inner) in inner {
                let at = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                leaves(inner, &at, found);
            }
        }
        _ => {
            found.insert(at.to_owned());
        }
    }
}

fn is_described(schema: &Value, values: &Value, at: &str) {
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(schema["additionalProperties"], false, "{at}");
    assert_eq!(names(&schema["properties"]), names(values), "{at}");
    for (name, inner) in values.as_object().unwrap() {
        if inner.as_object().is_some_and(|inner| !inner.is_empty()) && name != "resources" {
            is_described(&schema["properties"][name], inner, &format!("{at}.{name}"));
        }
    }
}
