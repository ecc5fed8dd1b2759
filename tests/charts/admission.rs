//! The policies that refuse deletions are those of `files/admission.yaml`, which the tests on real servers apply.

use serde_json::{Value, json};

use crate::helm::{Helm, Objects, yaml};

const POLICY: &str = "ValidatingAdmissionPolicy";
const BINDING: &str = "ValidatingAdmissionPolicyBinding";

fn specs(objects: &Objects) -> Vec<&Value> {
    objects.all(POLICY).map(|policy| &policy["spec"]).collect()
}

#[test]
fn the_policies_are_those_of_the_file_and_each_is_bound() {
    let helm = Helm::built();
    let objects = helm.operator("admissionPolicies: {enabled: true}").unwrap();
    let file: Value = yaml("charts/sshkey-operator/files/admission.yaml");
    let wanted = ["protectedKeys", "storesInUse"].map(|name| {
        let mut spec = file[name].clone();
        spec["matchConditions"] = file["matchConditions"].clone();
        spec
    });
    assert_eq!(specs(&objects), wanted.iter().collect::<Vec<_>>());
    let names = ["protected-keys", "stores-in-use"];
    for (name, (policy, binding)) in names
        .iter()
        .zip(objects.all(POLICY).zip(objects.all(BINDING)))
    {
        let name = json!(format!("release-sshkey-operator-{name}"));
        assert_eq!(policy["metadata"]["name"], name);
        assert_eq!(binding["metadata"]["name"], name);
        assert_eq!(
            binding["spec"],
            json!({ "policyName": name, "validationActions": ["Deny"] })
        );
    }
}

#[test]
fn nothing_is_refused_unless_it_is_asked_for() {
    let helm = Helm::built();
    let objects = helm.operator("{}").unwrap();
    assert_eq!(objects.all(POLICY).count(), 0);
    assert_eq!(objects.all(BINDING).count(), 0);
}
