//! What is sent to Entra is looked at before.

use dev::world::{CLIENT, SUBSCRIPTION, TENANT, World, WorldOptions};
use sshkey_operator::api::{AzureStore, ConditionType, Reason, condition::find};

use crate::{
    made::Made,
    manifests::{key, secret},
};

#[tokio::test]
async fn a_key_is_never_sent_to_entra_as_a_client_secret() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    world
        .apply(&secret("theirs", "id", &Made::ed25519().private()))
        .await;
    world.apply(&secret("token", "t", &"x".repeat(257))).await;
    let cases = [
        ("ours", "web", "ssh-publickey"),
        ("key", "theirs", "id"),
        ("long", "token", "t"),
    ];
    for (name, secret, entry) in cases {
        let auth = format!(
            "{{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: {secret}, key: {entry}}}}}}}"
        );
        world
            .apply(&format!(
                "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: {name}}}\nspec: {{subscriptionID: {SUBSCRIPTION}, tenantID: {TENANT}, auth: {auth}}}\n"
            ))
            .await;
        let store: AzureStore = world
            .wait_condition(
                name,
                ConditionType::Ready,
                "False",
                Reason::CredentialSecretInvalid,
            )
            .await;
        let conditions = store.status.unwrap().conditions;
        let said = &find(&conditions, ConditionType::Ready).unwrap().message;
        assert!(said.contains("was not sent to Entra"), "{said}");
    }
    // Another one is sent all the same.
    world.wait_ready_of::<AzureStore>("default").await;
}
