//! Role assignments.

use arm_emulator::{Application, Tenant};
use serde_json::json;

use crate::rig::{CLIENT, Rig, SUBSCRIPTION, TENANT, application, config, foreign_key, key, reply};

const KEYS: &[&str] = &[
    "Microsoft.Compute/sshPublicKeys/read",
    "Microsoft.Compute/sshPublicKeys/write",
    "Microsoft.Compute/sshPublicKeys/delete",
];

async fn rig(application: Application) -> Rig {
    let mut config = config();
    config.tenants[0] = Tenant::new(TENANT).application(application);
    let rig = Rig::with(config).await;
    rig.emulator.put_group(SUBSCRIPTION, "rg", "westus");
    rig.emulator.put_group(SUBSCRIPTION, "other", "westus");
    rig
}

fn at_group(actions: &[&str]) -> Application {
    application().role(
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/RG"),
        actions,
    )
}

#[tokio::test]
async fn a_principal_limited_to_a_group_is_denied_elsewhere_with_the_recorded_text() {
    let mut limited = at_group(KEYS);
    limited.object_id = Some("40000000-0000-0000-0000-000000000001".to_owned());
    let rig = rig(limited).await;
    rig.put_key("k").await;
    rig.send("DELETE", &key("rg", "k")).await.expect(200);
    let text = format!(
        "The client '{CLIENT}' with object id '40000000-0000-0000-0000-000000000001' does not have authorization to perform action \
         'Microsoft.Compute/sshPublicKeys/read' over scope \
         '/subscriptions/{SUBSCRIPTION}/resourceGroups/other/providers/Microsoft.Compute/sshPublicKeys/k' or the scope is invalid. If access was \
         recently granted, please refresh your credentials."
    );
    assert_eq!(
        rig.send("GET", &key("other", "k")).await.error(),
        (403, "AuthorizationFailed".to_owned(), text)
    );
}

#[tokio::test]
async fn a_wrong_group_or_subscription_looks_like_a_missing_right_to_a_limited_principal() {
    let rig = rig(at_group(KEYS)).await;
    rig.send("GET", &key("nope", "k"))
        .await
        .expect_error(403, "AuthorizationFailed");
    rig.send("GET", "/resourceGroups/rg")
        .await
        .expect_error(403, "AuthorizationFailed");
    let unknown = format!(
        "/subscriptions/99999999-0000-0000-0000-000000000000{}?api-version=2024-11-01",
        key("rg", "k")
    );
    reply(rig.http.get(rig.url(&unknown)).bearer_auth(&rig.token))
        .await
        .unwrap()
        .expect_error(403, "AuthorizationFailed");
}

#[tokio::test]
async fn an_unknown_subscription_is_404_to_a_principal_without_limits() {
    let rig = Rig::start().await;
    let unknown =
        "/subscriptions/99999999-0000-0000-0000-000000000000/resourceGroups?api-version=2024-11-01";
    let refused = reply(rig.http.get(rig.url(unknown)).bearer_auth(&rig.token))
        .await
        .unwrap();
    refused.expect_error(404, "SubscriptionNotFound");
}

#[tokio::test]
async fn each_verb_needs_its_action() {
    let rig = rig(at_group(&["Microsoft.Compute/sshPublicKeys/read"])).await;
    rig.emulator.put_key_as_someone_else(foreign_key("k"));
    rig.send("GET", &key("rg", "k")).await.expect(200);
    let body = json!({"location": "westus"});
    rig.send_json("PUT", &key("rg", "k"), &body)
        .await
        .expect_error(403, "AuthorizationFailed");
    rig.send_json("PATCH", &key("rg", "k"), &json!({"tags": {}}))
        .await
        .expect_error(403, "AuthorizationFailed");
    rig.send("DELETE", &key("rg", "k"))
        .await
        .expect_error(403, "AuthorizationFailed");
    let generate = rig
        .send("POST", &format!("{}/generateKeyPair", key("rg", "k")))
        .await;
    assert!(
        generate
            .error()
            .2
            .contains("'Microsoft.Compute/sshPublicKeys/generateKeyPair/action'"),
        "{}",
        generate.body
    );
    rig.send("GET", "/providers/Microsoft.Compute/sshPublicKeys")
        .await
        .expect_error(403, "AuthorizationFailed");
}

#[tokio::test]
async fn groups_that_may_not_be_read_are_left_out_of_the_list() {
    let rig = rig(at_group(&[
        "Microsoft.Resources/subscriptions/resourceGroups/*",
    ]))
    .await;
    let list = rig.send("GET", "/resourceGroups").await.expect(200).json();
    assert_eq!(list["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn roles_can_change_while_a_token_lives() {
    let rig = rig(application()).await;
    rig.put_key("k").await;
    let mut none = application();
    none.roles = Some(Vec::new());
    rig.emulator
        .set_tenants(vec![Tenant::new(TENANT).application(none)]);
    rig.send("GET", &key("rg", "k"))
        .await
        .expect_error(403, "AuthorizationFailed");
    rig.emulator
        .set_tenants(vec![Tenant::new(TENANT).application(application())]);
    rig.send("GET", &key("rg", "k")).await.expect(200);
}
