//! Values that say where and how the operator runs: its image, its pod, and what stands around it.

use crate::values::Row;

/// What Kubernetes is told.
pub(crate) const FOR_POD: &[Row] = &[
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
    ("replicas", "replicas: 3", "Deployment/spec/replicas", "3"),
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
const DIGEST: &str = "image: {tag: v9, digest: 'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'}";
const DIGESTED: &str = "registry.example.com/sshkey-operator@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
