//! What the API server itself refuses of an `SshKeyPlan`: all that it refuses of the `SshKey`, and what no plan can be.

use kube::api::{Patch, PatchParams};
use serde_json::json;
use sshkey_operator::api::SshKeyPlan;

use super::{
    apply::{Case, no_operator, refused, taken},
    key_cases::{generated, other_sources, secrets, the_whole},
    place_and_output_cases::{places_in_azure, shapes_of_outputs, tags_in_azure},
};

fn plan(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: SshKeyPlan\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

/// The same `SshKey`, as the template of a plan.
fn planned((key, words): Case) -> Case {
    let key: serde_json::Value = serde_saphyr::from_str(&key).unwrap();
    let words = match words {
        "metadata.name may have at most 128 characters" => "spec.name: Too long",
        words => words,
    };
    let asked = json!({ "name": key["metadata"]["name"], "template": { "spec": key["spec"] } });
    (plan("of-a-key", &asked.to_string()), words)
}

#[tokio::test]
async fn a_plan_of_a_key_that_can_not_be_is_refused_as_the_key_is() {
    let world = no_operator().await;
    let cases = [
        generated(),
        other_sources(),
        secrets(),
        places_in_azure(),
        tags_in_azure(),
        shapes_of_outputs(),
        the_whole(),
    ];
    let cases: Vec<Case> = cases.concat().into_iter().map(planned).collect();
    refused(&world, &cases).await;
}

#[tokio::test]
async fn a_plan_asks_one_thing_and_stays_as_it_is() {
    let world = no_operator().await;
    let template = "name: web, template: {spec: {azure: {}}}";
    let (either, ttl) = ("write template to plan", "write ttl in hours");
    let cases = [
        ("{name: web}".to_owned(), either),
        (format!("{{{template}, delete: true}}"), either),
        ("{name: web, delete: false}".to_owned(), either),
        (format!("{{{template}, ttl: 2h}}"), ttl),
        (format!("{{{template}, ttl: 29s}}"), ttl),
        (format!("{{{template}, ttl: soon}}"), ttl),
        ("{delete: true}".to_owned(), "spec.name"),
        (
            "{name: Web, delete: true}".to_owned(),
            "no object can have this name",
        ),
        (
            format!("{{name: {}, delete: true}}", "n".repeat(129)),
            "Too long",
        ),
        (
            "{name: web, template: {metadata: {annotations: {team: web}}, spec: {}}}".to_owned(),
            "the operator reads the annotations",
        ),
        (
            "{name: web, template: {spec: {outputs: [{name: web, pem: {}}]}}}".to_owned(),
            "has the name of one of the outputs",
        ),
    ];
    let cases = cases.map(|(spec, words)| (plan("asked", &spec), words));
    refused(&world, &cases).await;
    let good = [
        format!("{{{template}, ttl: 1h}}"),
        "{name: web, delete: true}".to_owned(),
        "{name: web, template: {metadata: {annotations: {sshkey-operator.io/rotate-requested-at: now}}, spec: {secret: {name: other}, outputs: [{name: web, pem: {}}]}}}".to_owned(),
    ];
    let names = ["applied", "deleted", "rotated"];
    let good: Vec<String> = names
        .iter()
        .zip(&good)
        .map(|(name, spec)| plan(name, spec))
        .collect();
    taken(&world, &good).await;
    let plans = world.api::<SshKeyPlan>();
    let change = Patch::Merge(json!({ "spec": { "name": "another" } }));
    let said = plans
        .patch("deleted", &PatchParams::default(), &change)
        .await
        .unwrap_err()
        .to_string();
    assert!(said.contains("can't be changed"), "{said}");
}
