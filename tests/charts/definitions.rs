//! The chart of the custom resource definitions.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use sshkey_operator::api::crd;

use crate::helm::{CRDS, Helm, OPERATOR, read, root, yaml};

#[test]
fn the_chart_has_the_files_of_the_folder_crds() {
    let names = |folder: &str| {
        let mut names: Vec<String> = std::fs::read_dir(root().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let copies = format!("{CRDS}/files");
    assert_eq!(names(&copies), names("crds"));
    for name in names("crds") {
        assert!(
            read(&format!("{copies}/{name}")) == read(&format!("crds/{name}")),
            "{copies}/{name} is stale: run `make crds`"
        );
    }
}

#[test]
fn what_is_rendered_are_the_definitions_of_the_code_and_they_survive_an_uninstall() {
    let helm = Helm::built();
    let rendered = helm.template(CRDS, "{}").unwrap().0;
    let made = crd::all();
    assert_eq!(rendered.len(), made.len());
    for wanted in made {
        let found = rendered
            .iter()
            .find(|found| found["metadata"]["name"] == wanted.metadata.name.clone().unwrap())
            .unwrap();
        let annotations = &found["metadata"]["annotations"];
        assert_eq!(annotations["helm.sh/resource-policy"], "keep");
        let found: CustomResourceDefinition = serde_json::from_value(found.clone()).unwrap();
        assert!(found.spec == wanted.spec, "{:?}", wanted.metadata.name);
    }
}

#[test]
fn no_definition_is_where_helm_would_not_upgrade_it_or_would_delete_it() {
    for chart in [OPERATOR, CRDS] {
        assert!(!root().join(chart).join("crds").exists(), "{chart}");
    }
    let helm = Helm::built();
    let operator = helm.operator("{}").unwrap();
    assert_eq!(operator.all("CustomResourceDefinition").count(), 0);
}

#[test]
fn helm_has_nothing_to_say_against_the_charts() {
    let helm = Helm::built();
    helm.run(&["lint", "--strict", OPERATOR, CRDS], "").unwrap();
}

#[test]
fn the_charts_have_the_version_of_the_program() {
    for chart in [OPERATOR, CRDS] {
        let about: serde_json::Value = yaml(&format!("{chart}/Chart.yaml"));
        assert_eq!(about["appVersion"], env!("CARGO_PKG_VERSION"), "{chart}");
        assert_eq!(about["version"], env!("CARGO_PKG_VERSION"), "{chart}");
    }
}

#[test]
fn an_older_kubernetes_is_refused() {
    let helm = Helm::built();
    for (version, good) in [("1.29.9", false), ("1.30.0", true), ("1.34.1-gke.5", true)] {
        for chart in [OPERATOR, CRDS] {
            let image = "image.repository=r.example.com/o";
            let args = ["template", "release", chart, "--kube-version", version];
            let args = [
                &args[..],
                &["--set", image][..usize::from(chart == OPERATOR) * 2],
            ]
            .concat();
            assert_eq!(helm.run(&args, "").is_ok(), good, "{chart} {version}");
        }
    }
}
