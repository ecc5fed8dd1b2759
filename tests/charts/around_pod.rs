//! What stands around the pod: more than one of them, alerts, a dashboard, the definitions.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sshkey_operator::metrics::Metrics;

use crate::helm::{CRDS, Helm, OPERATOR, read, root, yaml};

#[test]
fn replicas_are_spread_and_drained_one_by_one_and_one_alone_holds_up_no_drain() {
    let helm = Helm::built();
    let objects = helm.operator("replicas: 2").unwrap();
    let selector = &objects.one("Deployment")["spec"]["selector"];
    let budget = &objects.one("PodDisruptionBudget")["spec"];
    assert_eq!(budget["selector"], *selector);
    assert_eq!(budget["maxUnavailable"], 1);
    let spread = objects.pod()["spec"]["topologySpreadConstraints"].as_array();
    let spread = spread.unwrap();
    let keys: Vec<&Value> = spread.iter().map(|one| &one["topologyKey"]).collect();
    assert_eq!(
        keys,
        ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    );
    for constraint in spread {
        assert_eq!(constraint["whenUnsatisfiable"], "ScheduleAnyway");
        assert_eq!(constraint["labelSelector"], *selector);
        assert_eq!(constraint["matchLabelKeys"], json!(["pod-template-hash"]));
    }
    let alone = helm.operator("{}").unwrap();
    assert_eq!(alone.all("PodDisruptionBudget").count(), 0);
    assert_eq!(
        alone.pod()["spec"]["topologySpreadConstraints"],
        Value::Null
    );
}

#[test]
fn the_alerts_are_those_of_the_manual() {
    let alerts: Value = yaml(&format!("{OPERATOR}/files/alerts.yaml"));
    let page = read("docs/metrics.md");
    let (_, block) = page.split_once("```yaml\ngroups:").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let shown: Value = serde_saphyr::from_str(&format!("groups:{block}")).unwrap();
    assert_eq!(alerts, shown);
    let all = alerts["groups"][0]["rules"].as_array().unwrap();
    let names: Vec<&Value> = all.iter().map(|rule| &rule["alert"]).collect();
    let schema: Value = yaml(&format!("{OPERATOR}/values.schema.json"));
    let rule = &schema["properties"]["metrics"]["properties"]["prometheusRule"]["properties"];
    let mut known = rule["without"]["items"]["enum"].as_array().unwrap().iter();
    assert_eq!(known.len(), names.len());
    assert!(known.all(|name| names.contains(&name)));
    let helm = Helm::built();
    let objects = helm
        .operator("metrics: {prometheusRule: {enabled: true}}")
        .unwrap();
    assert_eq!(objects.one("PrometheusRule")["spec"], alerts);
}

#[test]
fn the_dashboard_shows_metrics_of_the_operator() {
    let helm = Helm::built();
    let objects = helm
        .operator("metrics: {dashboard: {enabled: true}}")
        .unwrap();
    let text = &objects.one("ConfigMap")["data"]["sshkey-operator.json"];
    let dashboard: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    let known: BTreeSet<String> = Metrics::new()
        .described()
        .iter()
        .map(|metric| metric.name.clone())
        .collect();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() > 5);
    for target in panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap())
    {
        let expression = target["expr"].as_str().unwrap();
        let words = expression.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
        let metrics: Vec<&str> = words.filter(|word| word.starts_with("sshkey_")).collect();
        assert_eq!(metrics.len(), 1, "{expression}");
        // A histogram's series of buckets.
        let metric = metrics[0].strip_suffix("_bucket").unwrap_or(metrics[0]);
        assert!(known.contains(metric), "{expression}");
    }
}

#[test]
fn one_release_can_bring_the_definitions_along() {
    let helm = Helm::built();
    let objects = helm.operator("crds: {enabled: true}").unwrap();
    let brought: Vec<&Value> = objects.all("CustomResourceDefinition").collect();
    let alone = helm.template(CRDS, "{}").unwrap();
    let specs =
        |all: &[&Value]| -> Vec<Value> { all.iter().map(|one| one["spec"].clone()).collect() };
    assert_eq!(specs(&brought), specs(&alone.0.iter().collect::<Vec<_>>()));
    for definition in brought {
        let annotations = &definition["metadata"]["annotations"];
        assert_eq!(annotations["helm.sh/resource-policy"], "keep");
    }
    // A checkout needs no `helm dependency build`, and there is no second copy.
    let linked = root().join(OPERATOR).join("charts/sshkey-operator-crds");
    assert_eq!(
        linked.canonicalize().unwrap(),
        root().join(CRDS).canonicalize().unwrap()
    );
    let about: Value = yaml(&format!("{OPERATOR}/Chart.yaml"));
    let brings: Value = yaml(&format!("{CRDS}/Chart.yaml"));
    assert_eq!(about["dependencies"][0]["version"], brings["version"]);
}
