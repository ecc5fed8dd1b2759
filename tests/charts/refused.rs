//! Values that are wrong are refused before anything is installed.

use serde_json::{Map, Value, json};

use crate::helm::{CRDS, Helm, OPERATOR, merged, yaml};

/// The objects within the values in which only known names may stand, as JSON pointers.
fn levels(schema: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(properties) = schema["properties"].as_object() {
        found.push(at.to_owned());
        for (name, inner) in properties {
            levels(inner, &format!("{at}/{name}"), found);
        }
    }
}

fn at<'a>(values: &'a mut Value, path: &str) -> &'a mut Map<String, Value> {
    let mut values = values;
    for name in path.split('/').skip(1) {
        values = &mut values[name];
        if values.is_null() {
            *values = json!({});
        }
    }
    values.as_object_mut().unwrap()
}

#[test]
fn a_typo_is_refused_at_every_level() {
    let helm = Helm::built();
    let mut found = Vec::new();
    levels(
        &yaml(&format!("{OPERATOR}/values.schema.json")),
        "",
        &mut found,
    );
    assert!(found.len() > 5, "{found:?}");
    for level in found {
        let mut values = merged(&["image: {repository: r.example.com/o}"]);
        at(&mut values, &level).insert("typo".to_owned(), json!("1"));
        if level == "/resources" {
            values["resources"]["requests"] = json!({"cpu": 1});
        }
        let error = helm.template(OPERATOR, &values.to_string()).unwrap_err();
        // Helm 4, and Helm 3 in its way.
        let dotted = level.trim_start_matches('/').replace('/', ".");
        let dotted = if dotted.is_empty() { "(root)" } else { &dotted };
        let by_3 = format!("- {dotted}: Additional property typo is not allowed");
        let by_4 = error.contains("'typo' not allowed") && error.contains(&format!("'{level}'"));
        assert!(by_4 || error.contains(&by_3), "{level}: {error}");
    }
    let error = helm.template(CRDS, "crds: true").unwrap_err();
    assert!(
        error.contains("'crds' not allowed") || error.contains("property crds is not allowed"),
        "{error}"
    );
}

#[test]
fn a_typo_in_a_list_is_refused() {
    let helm = Helm::built();
    for values in [
        "extraEnv: [{name: A, vlaue: b}]",
        "extraEnv: [{value: b}]",
        "tolerations: [{kye: a}]",
    ] {
        let error = helm.operator(values).unwrap_err();
        assert!(
            ["not allowed", "missing", "is required"]
                .iter()
                .any(|words| error.contains(words)),
            "{error}"
        );
    }
}

#[test]
fn what_the_operator_would_not_start_with_is_refused() {
    let helm = Helm::built();
    for values in [
        "concurrency: 0",
        "concurrency: 1001",
        "concurrency: '32'",
        "clusterId: a b",
        "watchSecrets: 'false'",
        "watchNamespaces: team-a",
        "watchNamespaces: [team-a, team-a]",
        "watchNamespaces: ['*']",
        "workloadIdentityServiceAccount: default",
        "workloadIdentityServiceAccount: ''",
        "pollInterval: soon",
        "pollInterval: 60",
        "retryMax: -1m",
        "orphanAfter: ''",
        "azure: {sweepInterval: 1 day}",
        "azure: {writesBurst: 0}",
        "azure: {writesPerMinute: 4294967296}",
        "azure: {armEndpoint: 'http://arm.example.com'}",
        "azure: {authorityHost: login.example.com}",
        "azure: {ca: {pem: /etc/ca.crt}}",
        "healthAddress: 8081",
        "healthAddress: localhost:8081",
        "metrics: {address: '8080'}",
        "metrics: {address: 'off'}",
        "metrics: {podMonitor: {interval: 30}}",
        "networkPolicy: {egressPorts: []}",
        "networkPolicy: {egressPorts: [0]}",
        "networkPolicy: {metricsFrom: [{namespaceSelctor: {}}]}",
        "logFormat: xml",
        "logFilter: ''",
        "image: {digest: abc}",
        "image: {pullPolicy: Sometimes}",
        "image: {tag: 'a:b'}",
        "imagePullSecrets: [a]",
        "nameOverride: NAME55",
        "fullnameOverride: NAME55",
        "namespaceOverride: NAME55NAME55",
        "serviceAccount: {name: NAME55NAME55}",
        "watchNamespaces: [NAME55NAME55]",
        "strategy: {type: Sometimes}",
        "strategy: {rollingUpdate: {maxSurge: many}}",
        "podDisruptionBudget: {maxUnavailable: 0}",
        "podDisruptionBudget: {maxUnavailable: 101%}",
        "topologySpreadConstraints: [{topologyKey: a}]",
        "proxy: {https: 'proxy.example.com:3128'}",
        "metrics: {prometheusRule: {without: [NoSuchAlert]}}",
        "metrics: {serviceMonitor: {scrapeTimeout: soon}}",
        "networkPolicy: {extraEgress: [{from: []}]}",
        "extraVolumes: [{name: azure-ca, emptyDir: {}}]",
        "extraVolumeMounts: [{name: a}]",
        "extraObjects: [{metadata: {name: a}}]",
        "hostAliases: [{ip: 10.0.0.1}]",
        "podLabels: {a: 1}",
    ] {
        let values = values.replace("NAME55", &"n".repeat(55));
        let error = helm.operator(&values).unwrap_err();
        assert!(error.contains("schema"), "{values}: {error}");
    }
}

#[test]
fn an_image_must_be_named() {
    let helm = Helm::built();
    let error = helm.template(OPERATOR, "{}").unwrap_err();
    assert!(error.contains("image.repository must be given"), "{error}");
}
