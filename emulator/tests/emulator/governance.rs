//! Locks, policies, registrations and the states of subscriptions.

use std::{collections::BTreeMap, time::Duration};

use arm_emulator::{Lock, LockLevel, Policy, PolicyEffect, RegistrationState};
use serde_json::{Value, json};

use crate::rig::{ED25519, Rig, SUBSCRIPTION, config, foreign_key, key};

const LOCKS: &str = "providers/Microsoft.Authorization/locks";
const LOCK_VERSION: &str = "?api-version=2016-09-01";

fn body(tags: &Value) -> Value {
    json!({"location": "westus", "tags": tags, "properties": {"publicKey": ED25519}})
}

fn group_scope() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg")
}

async fn rig() -> Rig {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    rig
}

fn policy(name: &str, effect: PolicyEffect) -> Policy {
    Policy {
        name: name.to_owned(),
        display_name: None,
        scope: format!("/subscriptions/{SUBSCRIPTION}"),
        effect,
        nested: false,
    }
}

#[tokio::test]
async fn a_lock_is_put_listed_and_taken_away_and_forbids_meanwhile() {
    let rig = rig().await;
    rig.put_key("k").await;
    let lock = format!("/resourceGroups/rg/{LOCKS}/keep{LOCK_VERSION}");
    let level = json!({"properties": {"level": "ReadOnly", "notes": "for the audit"}});
    let made = rig.send_json("PUT", &lock, &level).await.expect(201);
    let id = format!("{}/{LOCKS}/keep", group_scope());
    assert_eq!(
        made.json(),
        json!({"properties": level["properties"], "id": id, "type": "Microsoft.Authorization/locks", "name": "keep"})
    );
    rig.send_json("PUT", &lock, &level).await.expect(200);
    let listed = rig.send("GET", &format!("/{LOCKS}{LOCK_VERSION}")).await;
    assert_eq!(listed.json()["value"][0]["name"], "keep");

    let refused = rig
        .send_json("PUT", &key("rg", "k"), &body(&json!({})))
        .await;
    let text = format!(
        "The scope '{}/providers/Microsoft.Compute/sshPublicKeys/k' cannot perform write operation because following scope(s) are locked: '{}'. Please remove the lock and try again.",
        group_scope(),
        group_scope()
    );
    assert_eq!(refused.error(), (409, "ScopeLocked".to_owned(), text));
    rig.send("DELETE", &key("rg", "k"))
        .await
        .expect_error(409, "ScopeLocked");
    rig.send("GET", &key("rg", "k")).await.expect(200);
    rig.send("DELETE", "/resourceGroups/rg")
        .await
        .expect_error(409, "ScopeLocked");
    rig.put_group("other").await;

    rig.send("DELETE", &lock).await.expect(200);
    rig.send("DELETE", &lock).await.expect(204);
    rig.send("GET", &lock)
        .await
        .expect_error(404, "LockNotFound");
    rig.send("DELETE", &key("rg", "k")).await.expect(200);
}

#[tokio::test]
async fn a_lock_against_deletion_lets_writes_pass_and_holds_up_the_group_above_it() {
    let rig = rig().await;
    rig.put_key("k").await;
    let scope = rig.emulator.keys()[0].id.clone();
    rig.emulator.put_lock(Lock {
        name: "keep".to_owned(),
        scope: scope.clone(),
        level: LockLevel::CanNotDelete,
        notes: None,
    });
    rig.send_json("PUT", &key("rg", "k"), &body(&json!({})))
        .await
        .expect(200);
    rig.send("DELETE", &key("rg", "k"))
        .await
        .expect_error(409, "ScopeLocked");
    rig.send("DELETE", "/resourceGroups/rg")
        .await
        .expect_error(409, "ScopeLocked");
    assert!(rig.emulator.remove_lock(&scope, "KEEP"));
    rig.send("DELETE", "/resourceGroups/rg").await.expect(202);
}

#[tokio::test]
async fn a_policy_denies_and_says_which_it_is() {
    let rig = rig().await;
    let mut policies = vec![
        policy("owner", PolicyEffect::DenyWithoutTag("Owner".to_owned())),
        policy(
            "region",
            PolicyEffect::DenyOutside(vec!["westus".to_owned()]),
        ),
    ];
    policies[0].display_name = Some("Every key has an owner".to_owned());
    rig.emulator.set_policies(policies.clone());
    let refused = rig
        .send_json("PUT", &key("rg", "k"), &body(&json!({})))
        .await;
    refused.expect_error(403, "RequestDisallowedByPolicy");
    let refused = rig
        .send_json("PUT", &key("rg", "k"), &body(&json!({})))
        .await
        .json();
    let error = &refused["error"];
    let text = error["message"].as_str().unwrap();
    assert!(
        text.starts_with("Resource 'k' was disallowed by policy. Policy identifiers: '[{"),
        "{text}"
    );
    assert_eq!(error["additionalInfo"][0]["type"], "PolicyViolation");
    let info = &error["additionalInfo"][0]["info"];
    assert_eq!(
        info["policyAssignmentDisplayName"],
        "Every key has an owner"
    );
    assert_eq!(info["policyDefinitionEffect"], "deny");
    let owned = json!({"owner": "team"});
    rig.send_json("PUT", &key("rg", "k"), &body(&owned))
        .await
        .expect(201);
    let elsewhere = json!({"location": "eastus", "tags": owned});
    rig.send_json("PUT", &key("rg", "l"), &elsewhere)
        .await
        .expect_error(403, "RequestDisallowedByPolicy");

    policies[0].nested = true;
    rig.emulator.set_policies(policies);
    let nested = rig
        .send_json("PUT", &key("rg", "m"), &body(&json!({})))
        .await
        .json();
    let detail = &nested["error"]["details"][0];
    assert_eq!(detail["additionalInfo"][0]["type"], "PolicyViolation");
}

#[tokio::test]
async fn a_policy_changes_tags_whatever_is_sent() {
    let rig = rig().await;
    let set = BTreeMap::from([("stage".to_owned(), "prod".to_owned())]);
    let remove = vec!["secret".to_owned()];
    rig.emulator
        .set_policies(vec![policy("tags", PolicyEffect::Modify { set, remove })]);
    let tags = json!({"Stage": "test", "secret": "x", "team": "web"});
    let made = rig
        .send_json("PUT", &key("rg", "k"), &body(&tags))
        .await
        .expect(201);
    assert_eq!(made.json()["tags"], json!({"stage": "prod", "team": "web"}));
    let changed = rig
        .send_json("PATCH", &key("rg", "k"), &json!({"tags": {"stage": "dev"}}))
        .await;
    assert_eq!(changed.json()["tags"], json!({"stage": "prod"}));
}

#[tokio::test]
async fn a_provider_is_registered_before_keys_can_be_written() {
    let mut config = config();
    config.subscriptions[0].compute = RegistrationState::NotRegistered;
    let rig = Rig::with(config).await;
    rig.put_group("rg").await;
    let refused = rig
        .send_json("PUT", &key("rg", "k"), &body(&json!({})))
        .await;
    refused.expect_error(409, "MissingSubscriptionRegistration");
    let refused = rig
        .send_json("PUT", &key("rg", "k"), &body(&json!({})))
        .await
        .json();
    assert_eq!(
        refused["error"]["details"][0]["target"],
        "Microsoft.Compute"
    );
    let provider = "/providers/Microsoft.Compute";
    let state =
        async || rig.send("GET", provider).await.expect(200).json()["registrationState"].clone();
    assert_eq!(state().await, "NotRegistered");
    rig.send("POST", &format!("{provider}/register"))
        .await
        .expect(200);
    assert_eq!(state().await, "Registering");
    rig.advance(3);
    assert_eq!(state().await, "Registered");
    rig.put_key("k").await;
    rig.send("POST", &format!("{provider}/unregister"))
        .await
        .expect(200);
    rig.send("DELETE", &key("rg", "k"))
        .await
        .expect_error(409, "MissingSubscriptionRegistration");
    rig.emulator
        .set_registration(SUBSCRIPTION, RegistrationState::Registered);
    rig.send("DELETE", &key("rg", "k")).await.expect(200);
}

#[tokio::test]
async fn a_subscription_shows_its_state_and_takes_writes_only_in_some() {
    let rig = rig().await;
    for (state, status) in [
        ("Disabled", 409),
        ("Warned", 409),
        ("Deleted", 409),
        ("PastDue", 201),
        ("Enabled", 200),
    ] {
        rig.emulator.set_subscription_state(SUBSCRIPTION, state);
        assert_eq!(rig.send("GET", "").await.json()["state"], state);
        let answer = rig
            .send_json("PUT", &key("rg", "k"), &body(&json!({})))
            .await;
        answer.expect(status);
    }
}

#[tokio::test]
async fn a_list_that_lags_shows_keys_as_they_were() {
    let rig = rig().await;
    rig.put_key("a").await;
    rig.emulator.set_list_lag(Duration::from_secs(10));
    let listed = async || {
        let list = rig
            .send(
                "GET",
                "/resourceGroups/rg/providers/Microsoft.Compute/sshPublicKeys",
            )
            .await;
        let value = list.json()["value"].as_array().unwrap().clone();
        value
            .iter()
            .map(|key| key["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    rig.put_key("b").await;
    rig.send("DELETE", &key("rg", "a")).await.expect(200);
    assert_eq!(listed().await, ["a"]);
    rig.send("GET", &key("rg", "b")).await.expect(200);
    rig.advance(10);
    assert_eq!(listed().await, ["b"]);
}

#[tokio::test]
async fn locations_and_resources_are_listed() {
    let rig = rig().await;
    rig.put_key("k").await;
    rig.emulator
        .put_key_as_someone_else(arm_emulator::StoredKey {
            resource_group: "other".to_owned(),
            ..foreign_key("l")
        });
    let locations = rig.send("GET", "/locations").await.expect(200).json();
    let all = locations["value"].as_array().unwrap();
    assert!(all.iter().any(|location| location["name"] == "westeurope"));
    let all = rig.send("GET", "/resources").await.expect(200).json();
    assert_eq!(all["value"].as_array().unwrap().len(), 2);
    let of_group = rig
        .send("GET", "/resourceGroups/rg/resources")
        .await
        .expect(200)
        .json();
    assert_eq!(
        of_group["value"][0]["type"],
        "Microsoft.Compute/sshPublicKeys"
    );
    assert_eq!(of_group["value"].as_array().unwrap().len(), 1);
}
