//! Values that say where and how the operator runs: its image and its pod.

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
        "extraEnv",
        "extraEnv: [{name: HTTPS_PROXY, value: p}]",
        "{container}/env/1",
        "{name: HTTPS_PROXY, value: p}",
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
    (
        "namespaceOverride",
        "namespaceOverride: a",
        "Deployment/metadata/namespace",
        "a",
    ),
    (
        "namespaceOverride",
        "namespaceOverride: a",
        "ClusterRoleBinding/subjects/0/namespace",
        "a",
    ),
    (
        "commonLabels",
        "commonLabels: {a: b}",
        "Deployment/metadata/labels/a",
        "b",
    ),
    (
        "commonLabels",
        "commonLabels: {a: b}",
        "ClusterRole/metadata/labels/a",
        "b",
    ),
    (
        "image.registry",
        "image: {registry: mirror.example.com, repository: team/o}",
        "{container}/image",
        "mirror.example.com/team/o:0.1.0",
    ),
    (
        "imagePullSecrets",
        "imagePullSecrets: [{name: a}]",
        "{pod}/imagePullSecrets",
        "[{name: a}]",
    ),
    (
        "leaderElection",
        "{leaderElection: false, strategy: {type: Recreate}}",
        "arg",
        "--leader-election=false",
    ),
    (
        "strategy.type",
        "strategy: {type: Recreate}",
        "Deployment/spec/strategy",
        "{type: Recreate}",
    ),
    (
        "strategy.rollingUpdate.maxUnavailable",
        "strategy: {rollingUpdate: {maxUnavailable: 50%}}",
        "Deployment/spec/strategy/rollingUpdate/maxUnavailable",
        "50%",
    ),
    (
        "strategy.rollingUpdate.maxSurge",
        "strategy: {rollingUpdate: {maxSurge: 2}}",
        "Deployment/spec/strategy/rollingUpdate/maxSurge",
        "2",
    ),
    (
        "revisionHistoryLimit",
        "revisionHistoryLimit: 0",
        "Deployment/spec/revisionHistoryLimit",
        "0",
    ),
    (
        "podDisruptionBudget.enabled",
        "{replicas: 2, podDisruptionBudget: {enabled: false}}",
        "PodDisruptionBudget/metadata/name",
        "null",
    ),
    (
        "podDisruptionBudget.maxUnavailable",
        "{replicas: 3, podDisruptionBudget: {maxUnavailable: 2}}",
        "PodDisruptionBudget/spec/maxUnavailable",
        "2",
    ),
    (
        "topologySpreadConstraints",
        "{replicas: 2, topologySpreadConstraints: [{topologyKey: a, maxSkew: 2, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]}",
        "{pod}/topologySpreadConstraints",
        "[{topologyKey: a, maxSkew: 2, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]",
    ),
    (
        "proxy.https",
        "proxy: {https: 'http://a:3128'}",
        "{container}/env/1",
        "{name: HTTPS_PROXY, value: 'http://a:3128'}",
    ),
    (
        "proxy.noProxy",
        "proxy: {noProxy: 'a,b'}",
        "{container}/env/1",
        "{name: NO_PROXY, value: 'a,b'}",
    ),
    (
        "extraEnvFrom",
        "extraEnvFrom: [{secretRef: {name: a}}]",
        "{container}/envFrom",
        "[{secretRef: {name: a}}]",
    ),
    (
        "extraVolumes",
        "extraVolumes: [{name: a, emptyDir: {}}]",
        "{pod}/volumes",
        "[{name: a, emptyDir: {}}]",
    ),
    (
        "extraVolumeMounts",
        "extraVolumeMounts: [{name: a, mountPath: /a}]",
        "{container}/volumeMounts",
        "[{name: a, mountPath: /a}]",
    ),
    (
        "podSecurityContext",
        "podSecurityContext: {fsGroup: 7}",
        "{pod}/securityContext/fsGroup",
        "7",
    ),
    (
        "securityContext",
        "securityContext: {runAsUser: 7}",
        "{container}/securityContext/runAsUser",
        "7",
    ),
    (
        "runtimeClassName",
        "runtimeClassName: a",
        "{pod}/runtimeClassName",
        "a",
    ),
    (
        "dnsConfig",
        "dnsConfig: {nameservers: [10.0.0.1]}",
        "{pod}/dnsConfig",
        "{nameservers: [10.0.0.1]}",
    ),
    (
        "hostAliases",
        "hostAliases: [{ip: 10.0.0.1, hostnames: [a]}]",
        "{pod}/hostAliases",
        "[{ip: 10.0.0.1, hostnames: [a]}]",
    ),
    (
        "deploymentAnnotations",
        "deploymentAnnotations: {a: b}",
        "Deployment/metadata/annotations",
        "{a: b}",
    ),
];

const CONTAINER_IMAGE: &str = "{container}/image";
const DIGEST: &str = "image: {tag: v9, digest: 'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'}";
const DIGESTED: &str = "registry.example.com/sshkey-operator@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
