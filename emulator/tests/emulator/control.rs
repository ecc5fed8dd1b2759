//! The control endpoint.

use arm_emulator::{Config, Throttle};
use serde_json::{Value, json};

use crate::rig::{ED25519, Reply, Rig, SUBSCRIPTION, TENANT, key, reply};

async fn control(rig: &Rig, method: &str, path: &str, body: Option<Value>) -> Reply {
    let request = rig.http.request(
        method.parse().unwrap(),
        rig.url(&format!("/_emulator/{path}")),
    );
    let request = if let Some(body) = body {
        request.json(&body)
    } else {
        request
    };
    reply(request).await.unwrap()
}

#[tokio::test]
async fn faults_are_added_listed_and_removed() {
    let rig = Rig::start().await;
    let fault = json!({
        "method": "GET", "path": "/resourceGroups", "times": 2,
        "effect": {"answer": {"status": 409, "code": "ScopeLocked", "message": "locked", "retryAfter": 3}},
    });
    let id = control(&rig, "POST", "faults", Some(fault))
        .await
        .expect(200)
        .json()["id"]
        .clone();
    let struck = rig.send("GET", "/resourceGroups").await;
    struck.expect_error(409, "ScopeLocked");
    assert_eq!(struck.header("retry-after"), "3");
    let list = control(&rig, "GET", "faults", None)
        .await
        .expect(200)
        .json();
    assert_eq!((&list[0]["id"], &list[0]["seen"]), (&id, &json!(1)));
    control(&rig, "DELETE", &format!("faults/{id}"), None)
        .await
        .expect(204);
    control(&rig, "DELETE", &format!("faults/{id}"), None)
        .await
        .expect(404);
    rig.send("GET", "/resourceGroups").await.expect(200);
    for effect in ["proceed", "dropBeforeStore", "dropAfterStore"] {
        control(
            &rig,
            "POST",
            "faults",
            Some(json!({"path": "never", "effect": effect})),
        )
        .await
        .expect(200);
    }
    control(&rig, "DELETE", "faults", None).await.expect(204);
    assert_eq!(control(&rig, "GET", "faults", None).await.json(), json!([]));
    control(&rig, "POST", "faults", Some(json!({"pth": "typo"})))
        .await
        .expect(400);
}

#[tokio::test]
async fn the_request_log_tells_what_was_asked_and_holds_no_credential() {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    rig.put_key("k").await;
    let log = control(&rig, "GET", "requests", None).await.expect(200);
    assert!(!log.body.contains(&rig.token) && !log.body.contains(crate::rig::SECRET));
    let records = log.json();
    let put = &records.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&put["method"], &put["status"], &put["apiVersion"]),
        (&json!("PUT"), &json!(201), &json!("2024-11-01"))
    );
    assert_eq!(put["principal"], crate::rig::CLIENT);
    assert_eq!(put["body"]["properties"]["publicKey"], ED25519);
    assert!(
        put["timeMs"].is_i64() && put["durationMs"].is_u64() && put["correlationId"].is_string()
    );
    assert_eq!(
        records.as_array().unwrap().len(),
        3,
        "token, group, key; control requests are not recorded"
    );
    control(&rig, "DELETE", "requests", None).await.expect(204);
    assert_eq!(rig.emulator.log(), []);
}

#[tokio::test]
async fn keys_change_behind_the_clients_backs() {
    let rig = Rig::start().await;
    let stored = json!({
        "subscription": SUBSCRIPTION, "resourceGroup": "rg", "name": "k", "location": "westus", "publicKey": ED25519, "tags": {"by": "hand"},
    });
    let id = control(&rig, "PUT", "keys", Some(stored))
        .await
        .expect(200)
        .json()["id"]
        .clone();
    assert_eq!(
        rig.send("GET", &key("rg", "k")).await.expect(200).json()["tags"],
        json!({"by": "hand"})
    );
    control(&rig, "POST", "keys/wrap", Some(json!({"id": id})))
        .await
        .expect(204);
    let state = control(&rig, "GET", "state", None).await.expect(200).json();
    assert!(
        state["keys"][0]["publicKey"]
            .as_str()
            .unwrap()
            .ends_with("\r\n")
    );
    assert_eq!(state["groups"][0]["name"], "rg");
    control(&rig, "POST", "keys/delete", Some(json!({"id": id})))
        .await
        .expect(204);
    control(&rig, "POST", "keys/delete", Some(json!({"id": id})))
        .await
        .expect(404);
    rig.send("GET", &key("rg", "k"))
        .await
        .expect_error(404, "ResourceNotFound");
}

#[tokio::test]
async fn token_lifetime_limits_and_tenants_can_be_changed() {
    let rig = Rig::start().await;
    control(&rig, "PUT", "token-lifetime", Some(json!({"seconds": 60})))
        .await
        .expect(204);
    let token = rig
        .token_request(TENANT, &rig.secret_form())
        .await
        .expect(200)
        .json();
    assert_eq!(token["expires_in"], 60);
    control(
        &rig,
        "PUT",
        "throttle",
        Some(json!({"armReads": {"capacity": 1, "refill": 1, "everySeconds": 1}})),
    )
    .await
    .expect(204);
    rig.send("GET", "/resourceGroups").await.expect(200);
    rig.send("GET", "/resourceGroups").await.expect(429);
    control(&rig, "PUT", "throttle", Some(json!("off")))
        .await
        .expect(204);
    rig.send("GET", "/resourceGroups").await.expect(200);
    control(&rig, "PUT", "tenants", Some(json!([])))
        .await
        .expect(204);
    rig.token_request(TENANT, &rig.secret_form())
        .await
        .expect(400);
    control(&rig, "GET", "nothing", None).await.expect(404);
}

#[test]
fn a_configuration_file_is_read_and_a_misspelt_member_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("emulator.yaml");
    let text = r"
address: 127.0.0.1:8443
dataDir: data
tenants:
- id: 10000000-0000-0000-0000-000000000001
  applications:
  - clientId: 30000000-0000-0000-0000-000000000001
    secrets:
    - value: one
    - {value: two, expires: 2026-01-01T00:00:00Z}
    federatedCredentials:
    - {issuer: https://localhost:6443, subject: system:serviceaccount:a:b, audience: api://AzureADTokenExchange}
    roles:
    - {scope: /subscriptions/20000000-0000-0000-0000-000000000001, actions: [Microsoft.Compute/sshPublicKeys/*]}
subscriptions:
- {id: 20000000-0000-0000-0000-000000000001, tenant: 10000000-0000-0000-0000-000000000001, name: Test}
issuers:
- {url: https://localhost:6443, caFile: ca.pem}
tokenLifetimeSeconds: 600
pageSize: 10
throttle: off
groupDeletionSeconds: 1
";
    std::fs::write(&path, text).unwrap();
    let config = Config::from_yaml_file(&path).unwrap();
    assert_eq!(config.throttle, Throttle::Off);
    assert_eq!((config.page_size, config.token_lifetime_seconds), (10, 600));
    assert_eq!(config.tenants[0].applications[0].secrets.len(), 2);
    std::fs::write(&path, "pagesize: 10").unwrap();
    assert!(
        Config::from_yaml_file(&path)
            .unwrap_err()
            .to_string()
            .contains("pagesize")
    );
}
