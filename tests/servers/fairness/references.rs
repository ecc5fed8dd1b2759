//! What no object can be called is not asked for.

use dev::world::{World, WorldOptions};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

#[tokio::test]
async fn an_object_from_before_the_rule_for_names_says_what_to_correct() {
    let world = World::start(WorldOptions::new().own_control_plane()).await;
    let rules = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/source/properties/privateKey/properties/secretRef/properties/name/x-kubernetes-validations";
    let patch = json!([{ "op": "remove", "path": rules }]).to_string();
    world
        .kubectl(&[
            "patch",
            "crd",
            "sshkeys.sshkey-operator.io",
            "--type=json",
            "-p",
            &patch,
        ])
        .await
        .unwrap();
    for (name, reference) in [
        ("space", "my secret"),
        ("query", "?limit=1"),
        ("path", "../../kube-system/secrets/x"),
    ] {
        let spec =
            format!("{{source: {{privateKey: {{secretRef: {{name: '{reference}', key: k}}}}}}}}");
        world
            .until("the API server forgets the rule", async || {
                world
                    .try_apply(&key(name, &spec))
                    .await
                    .map_err(|error| format!("{error:#}"))
            })
            .await;
        let object: SshKey = world
            .wait_condition(name, ConditionType::Stalled, "True", Reason::InvalidObject)
            .await;
        let conditions = object.status.unwrap().conditions;
        let said = &find(&conditions, ConditionType::Stalled).unwrap().message;
        assert!(said.contains(reference), "{said}");
    }
}
