//! The operator's pod.

use serde_json::{Value, json};
use sshkey_operator::app::Flags;

use clap::Parser;

use crate::{
    cluster::{Cluster, IMAGE},
    helm::{Helm, OPERATOR},
};

const CA: &str = "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n";

#[test]
fn without_values_the_operator_runs_as_it_does_without_flags() {
    let helm = Helm::built();
    let rendered = helm.operator("{}").unwrap().flags();
    let default = Flags {
        // Another release in the same namespace has a Lease of its own.
        leader_election_lease: rendered.leader_election_lease.clone(),
        ..Flags::try_parse_from(["sshkey-operator"]).unwrap()
    };
    assert_eq!(format!("{rendered:?}"), format!("{default:?}"));
}

#[test]
fn replicas_agree_by_a_lease_in_the_name_of_their_pod() {
    let helm = Helm::built();
    let objects = helm.operator("replicas: 2").unwrap();
    let spec = &objects.one("Deployment")["spec"];
    assert_eq!(spec["replicas"], 2);
    assert_eq!(spec["strategy"]["type"], "RollingUpdate");
    let name = &objects.one("Deployment")["metadata"]["name"];
    let lease = format!("--leader-election-lease={}", name.as_str().unwrap());
    let container = &objects.pod()["spec"]["containers"][0];
    assert!(
        container["args"]
            .as_array()
            .unwrap()
            .contains(&json!(lease))
    );
    assert_eq!(
        container["env"][0],
        json!({
            "name": "SSHKEY_OPERATOR_LEADER_ELECTION_IDENTITY",
            "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
        })
    );
    let role = objects.one("Role");
    assert_eq!(role["rules"][1]["resourceNames"], json!([name]));
}

#[test]
fn the_pod_can_write_nothing_and_become_nobody() {
    let helm = Helm::built();
    for values in ["{}".to_owned(), format!("azure: {{ca: {{pem: \"{CA}\"}}}}")] {
        let objects = helm.operator(&values).unwrap();
        let pod = &objects.pod()["spec"];
        assert_eq!(
            pod["securityContext"],
            json!({
                "runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"},
            })
        );
        assert_eq!(pod["containers"].as_array().unwrap().len(), 1);
        let container = &pod["containers"][0];
        assert_eq!(
            container["securityContext"],
            json!({
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            })
        );
        for mount in container["volumeMounts"].as_array().into_iter().flatten() {
            assert_eq!(mount["readOnly"], true);
        }
        for volume in pod["volumes"].as_array().into_iter().flatten() {
            assert!(
                volume["configMap"].is_object() || volume["secret"].is_object(),
                "{volume}"
            );
        }
        for host in ["hostNetwork", "hostPID", "hostIPC"] {
            assert_eq!(pod[host], Value::Null);
        }
        assert_eq!(pod["terminationGracePeriodSeconds"], 30);
    }
}

#[test]
fn the_probes_ask_where_the_operator_answers() {
    let helm = Helm::built();
    for (values, port) in [("{}", 8081), ("healthAddress: '[::]:9000'", 9000)] {
        let objects = helm.operator(values).unwrap();
        let container = &objects.pod()["spec"]["containers"][0];
        assert_eq!(container["ports"][0]["containerPort"], port);
        assert_eq!(objects.flags().health_address.port(), port);
        for (probe, path) in [("livenessProbe", "/livez"), ("readinessProbe", "/readyz")] {
            let get = &container[probe]["httpGet"];
            assert_eq!(get["path"], path);
            assert_eq!(get["port"], container["ports"][0]["name"]);
        }
    }
}

#[test]
fn metrics_are_scraped_where_the_operator_serves_them() {
    let helm = Helm::built();
    let values = "metrics: {address: '0.0.0.0:9100', service: {enabled: true}, podMonitor: {enabled: true}}\n\
                  networkPolicy: {enabled: true}";
    let objects = helm.operator(values).unwrap();
    let ports = &objects.pod()["spec"]["containers"][0]["ports"];
    assert_eq!(ports[1], json!({"name": "metrics", "containerPort": 9100}));
    assert_eq!(objects.flags().metrics_address.0.unwrap().port(), 9100);
    let selected = &objects.one("Deployment")["spec"]["selector"]["matchLabels"];
    assert_eq!(objects.one("Service")["spec"]["selector"], *selected);
    let monitored = &objects.one("PodMonitor")["spec"]["selector"]["matchLabels"];
    assert_eq!(monitored, selected);
    let policy = &objects.one("NetworkPolicy")["spec"];
    assert_eq!(policy["podSelector"]["matchLabels"], *selected);
    assert_eq!(policy["ingress"][0]["ports"][0]["port"], ports[0]["name"]);
    assert_eq!(policy["ingress"][1]["ports"][0]["port"], ports[1]["name"]);
}

#[test]
fn without_metrics_there_is_no_port_for_them() {
    let helm = Helm::built();
    let values = "metrics: {enabled: false}\nnetworkPolicy: {enabled: true}";
    let objects = helm.operator(values).unwrap();
    assert_eq!(objects.flags().metrics_address.0, None);
    let ports = &objects.pod()["spec"]["containers"][0]["ports"];
    assert_eq!(ports.as_array().unwrap().len(), 1);
    let ingress = &objects.one("NetworkPolicy")["spec"]["ingress"];
    assert_eq!(ingress.as_array().unwrap().len(), 1);
}

#[test]
fn the_deployment_selects_its_own_pods_whatever_labels_are_added() {
    let helm = Helm::built();
    let values = "podLabels: {app.kubernetes.io/name: other, more: label}";
    let objects = helm.operator(values).unwrap();
    let labels = &objects.pod()["metadata"]["labels"];
    let selector = &objects.one("Deployment")["spec"]["selector"]["matchLabels"];
    assert_eq!(selector.as_object().unwrap().len(), 2);
    for (name, value) in selector.as_object().unwrap() {
        assert_eq!(&labels[name], value);
    }
    assert_eq!(labels["more"], "label");
}

#[test]
fn new_certificate_authorities_restart_the_pod() {
    let helm = Helm::built();
    let annotations = |text: &str| {
        let values = format!("azure: {{ca: {{pem: \"{CA}{text}\"}}}}");
        let objects = helm.operator(&values).unwrap();
        let pod = objects.pod();
        // What the pod mounts is what the chart makes, where the operator looks for it.
        let config = objects.one("ConfigMap");
        let volume = &pod["spec"]["volumes"][0];
        assert_eq!(volume["configMap"]["name"], config["metadata"]["name"]);
        assert!(
            config["data"]["ca.crt"]
                .as_str()
                .unwrap()
                .contains("\nAAAA\n")
        );
        let mount = &pod["spec"]["containers"][0]["volumeMounts"][0];
        assert_eq!(mount["name"], volume["name"]);
        let file = objects.flags().azure_ca_file.unwrap();
        assert_eq!(
            file.to_str().unwrap(),
            format!("{}/ca.crt", mount["mountPath"].as_str().unwrap())
        );
        pod["metadata"]["annotations"].clone()
    };
    assert_ne!(annotations(""), annotations("more"));
    assert_eq!(annotations("more"), annotations("more"));
}

/// Helm 3 shows them only where there is a cluster.
#[tokio::test]
async fn the_notes_name_the_next_step() {
    let cluster = Cluster::start(Helm::built()).await;
    let notes = |values: &str| {
        let words = format!("install release {OPERATOR} --dry-run=client {IMAGE} {values}");
        let text = cluster.try_helm(words.trim()).unwrap();
        text.split_once("NOTES:").unwrap().1.to_owned()
    };
    let all = notes("");
    assert!(all.contains("rollout status deployment/release-sshkey-operator --namespace ops"));
    assert!(all.contains("kind: SshKey"), "{all}");
    assert!(!all.contains("rights in a namespace"), "{all}");
    let some = notes("--set watchNamespaces={team-a,team-b}");
    assert!(some.contains("watches team-a, team-b."), "{some}");
    assert!(some.contains("apply --namespace team-a"), "{some}");
    assert!(
        some.contains("rights in a namespace go with the namespace"),
        "{some}"
    );
    let elsewhere = notes("--set azure.armEndpoint=https://arm.example.com");
    assert!(elsewhere.contains("https://arm.example.com"), "{elsewhere}");
}
