//! Outputs that an admission policy refuses or turns back.

use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::Secret;
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

/// A policy on the Secrets of the test's namespace, once it is in force.
async fn policy(world: &World, kind: &str, spec: &str, binding: &str, probe: &str, sign: &str) {
    let namespace = world.namespace();
    let yaml = format!(
        "
apiVersion: admissionregistration.k8s.io/v1
kind: {kind}
metadata: {{name: {namespace}-{sign}}}
spec:
  failurePolicy: Fail
  matchConstraints:
    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}
    resourceRules:
      - {{apiGroups: [''], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [secrets]}}
{spec}
---
apiVersion: admissionregistration.k8s.io/v1
kind: {kind}Binding
metadata: {{name: {namespace}-{sign}}}
spec: {{policyName: {namespace}-{sign}, {binding}}}
"
    );
    world.apply(&yaml).await;
    let create = ["create", "secret", "generic", probe, "--dry-run=server"];
    let create: Vec<&str> = create.into_iter().chain(["-o", "yaml"]).collect();
    world
        .until("the policy is in force", async || {
            let said = match world.kubectl(&create).await {
                Ok(said) | Err(said) => said,
            };
            if said.contains(sign) {
                Ok(())
            } else {
                Err(said)
            }
        })
        .await;
}

#[tokio::test]
async fn an_output_that_is_refused_or_turned_back_holds_up_neither_the_others_nor_azure() {
    let world = World::start(WorldOptions::new()).await;
    let forbids = "  validations: [{expression: \"object.metadata.name != 'a-refused'\", message: none-of-that}]";
    policy(
        &world,
        "ValidatingAdmissionPolicy",
        forbids,
        "validationActions: [Deny]",
        "a-refused",
        "none-of-that",
    )
    .await;
    let labels = r#"Object{metadata: Object.metadata{labels: {"app.kubernetes.io/managed-by": "somebody"}}}"#;
    let turns_back = format!(
        "  reinvocationPolicy: Never\n  matchConditions: [{{name: one, expression: \"object.metadata.name == 'b-turned'\"}}]\n  \
         mutations:\n    - patchType: ApplyConfiguration\n      applyConfiguration: {{expression: '{labels}'}}"
    );
    policy(
        &world,
        "MutatingAdmissionPolicy",
        &turns_back,
        "matchResources: {}",
        "b-turned",
        "somebody",
    )
    .await;
    let outputs =
        ["a-refused", "b-turned", "c-good"].map(|name| format!("{{name: {name}, pem: {{}}}}"));
    let spec = |outputs: &[String]| format!("{{azure: {{}}, outputs: [{}]}}", outputs.join(", "));
    world.apply(&key("web", &spec(&outputs))).await;
    let refused = Reason::KubernetesRefused;
    let object: SshKey = world
        .wait_condition("web", ConditionType::OutputsSynced, "False", refused)
        .await;
    let conditions = object.status.unwrap().conditions;
    let azure = find(&conditions, ConditionType::AzureSynced).unwrap();
    assert_eq!(azure.status, "True", "{azure:?}");
    let said = find(&conditions, ConditionType::OutputsSynced).unwrap();
    assert!(said.message.contains("none-of-that"), "{}", said.message);
    assert!(find(&conditions, ConditionType::Stalled).is_some());
    assert!(world.secret("c-good").await.is_some());

    world.apply(&key("web", &spec(&outputs[1..]))).await;
    let turned = Reason::ChangeTurnedBack;
    let object: SshKey = world
        .wait_condition("web", ConditionType::OutputsSynced, "False", turned)
        .await;
    let conditions = object.status.unwrap().conditions;
    let azure = find(&conditions, ConditionType::AzureSynced).unwrap();
    assert_eq!(azure.status, "True", "{azure:?}");
    world.apply(&key("web", &spec(&outputs[2..]))).await;
    world.wait_ready("web").await;
    world.wait_gone::<Secret>("b-turned").await;
}
