//! `helm test`: a pod that checks the installation, with the rights that it takes and no others.

use clap::Parser as _;
use k8s_openapi::api::rbac::v1::PolicyRule;
use serde::Deserialize;
use serde_json::{Value, json};
use sshkey_operator::cli::Arguments;

use crate::helm::{Helm, Objects, yaml};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rights {
    watched: Vec<PolicyRule>,
    cluster_stores: Vec<PolicyRule>,
}

fn rules(role: &Value) -> Vec<PolicyRule> {
    serde_json::from_value(role["rules"].clone()).unwrap()
}

fn rendered(values: &str) -> Objects {
    Helm::built().operator(values).unwrap().of_test()
}

#[test]
fn the_test_runs_the_check_as_the_plugin_reads_it_and_as_strictly_as_the_operator() {
    let helm = Helm::built();
    let all = helm.operator("imagePullSecrets: [{name: pull}]").unwrap();
    let test = all.of_test();
    let (pod, operator) = (test.one("Pod"), &all.pod()["spec"]);
    let (container, own) = (&pod["spec"]["containers"][0], &operator["containers"][0]);
    assert_eq!(container["command"], json!(["/kubectl-sshkey"]));
    let args: Vec<String> = serde_json::from_value(container["args"].clone()).unwrap();
    assert_eq!(args, ["check", "--namespace=ops", "--timeout=30s"]);
    Arguments::try_parse_from(["kubectl-sshkey".to_owned()].into_iter().chain(args)).unwrap();
    for field in ["image", "imagePullPolicy", "securityContext", "resources"] {
        assert_eq!(container[field], own[field], "{field}");
        assert!(!own[field].is_null(), "{field}");
    }
    for field in ["securityContext", "imagePullSecrets"] {
        assert_eq!(pod["spec"][field], operator[field], "{field}");
    }
    assert_eq!(pod["spec"]["restartPolicy"], "Never");
    let logs = &pod["metadata"]["annotations"]["helm.sh/hook-output-log-policy"];
    assert_eq!(
        logs, "hook-failed",
        "what is not sound is told by Helm itself"
    );
    for object in &test.0 {
        let annotations = &object["metadata"]["annotations"];
        assert_eq!(annotations["helm.sh/hook"], "test", "{object}");
        let goes = "before-hook-creation,hook-succeeded";
        assert_eq!(annotations["helm.sh/hook-delete-policy"], goes);
        let is_first = annotations["helm.sh/hook-weight"] == "-1";
        assert_eq!(
            is_first,
            object["kind"] != "Pod",
            "what the pod needs is there before it"
        );
    }
}

#[test]
fn no_selector_takes_the_test_for_the_operator() {
    let helm = Helm::built();
    let values =
        "{replicas: 2, networkPolicy: {enabled: true}, metrics: {service: {enabled: true}}}";
    let all = helm.operator(values).unwrap();
    let labels = &all.of_test().one("Pod")["metadata"]["labels"].clone();
    for (kind, path) in [
        ("Deployment", "/spec/selector/matchLabels"),
        ("PodDisruptionBudget", "/spec/selector/matchLabels"),
        ("NetworkPolicy", "/spec/podSelector/matchLabels"),
        ("Service", "/spec/selector"),
    ] {
        let selector = all.one(kind).pointer(path).unwrap().as_object().unwrap();
        let is_taken = selector.iter().all(|(name, value)| labels[name] == *value);
        assert!(!selector.is_empty() && !is_taken, "{kind}: {labels}");
    }
}

#[test]
fn the_rights_are_those_of_the_file_where_the_check_asks() {
    let wanted: Rights = yaml("charts/sshkey-operator/files/test-rights.yaml");
    let test = rendered("{}");
    let account = test.one("ServiceAccount")["metadata"]["name"].clone();
    assert_eq!(test.one("Pod")["spec"]["serviceAccountName"], account);
    assert_eq!(rules(test.one("Role")), wanted.watched);
    assert_eq!(test.one("Role")["metadata"]["namespace"], "ops");
    assert_eq!(rules(test.one("ClusterRole")), wanted.cluster_stores);
    for kind in ["RoleBinding", "ClusterRoleBinding"] {
        let subject = &test.one(kind)["subjects"][0];
        assert_eq!(
            (&subject["name"], &subject["namespace"]),
            (&account, &"ops".into())
        );
    }

    let test = rendered("{watchNamespaces: [team-a, team-b], watchClusterStores: false}");
    assert_eq!(test.one("Role")["metadata"]["namespace"], "team-a");
    assert_eq!(test.one("RoleBinding")["metadata"]["namespace"], "team-a");
    assert_eq!(test.one("RoleBinding")["subjects"][0]["namespace"], "ops");
    assert_eq!(
        test.one("Pod")["spec"]["containers"][0]["args"][1],
        "--namespace=team-a"
    );
    assert_eq!(test.all("ClusterRole").count(), 0);
}

#[test]
fn whoever_keeps_accounts_and_roles_elsewhere_gets_none() {
    let own = "{rbac: {create: false}, serviceAccount: {create: false, name: given}}";
    let test = rendered(own);
    assert_eq!(test.0.len(), 1, "the pod alone");
    assert_eq!(test.one("Pod")["spec"]["serviceAccountName"], "given");
    assert!(rendered("tests: {enabled: false}").0.is_empty());
}
