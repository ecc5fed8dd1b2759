//! The token endpoint with client secrets, and the tokens at Resource Manager.

use arm_emulator::Tenant;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::rig::{
    CLIENT, OTHER_SUBSCRIPTION, Reply, Rig, SECRET, SUBSCRIPTION, TENANT, application, config,
    reply,
};

async fn ask(rig: &Rig, tenant: &str, changes: &[(&'static str, &str)]) -> Reply {
    let mut form = rig.secret_form();
    for (name, value) in changes {
        form.retain(|(known, _)| known != name);
        form.push((name, (*value).to_owned()));
    }
    rig.token_request(tenant, &form).await
}

/// Status, `error`, AADSTS number; the number is the same in code and description.
#[track_caller]
fn refusal(reply: &Reply) -> (u16, String, u64) {
    let body = reply.json();
    let number = body["error_codes"][0].as_u64().unwrap();
    let description = body["error_description"].as_str().unwrap();
    assert!(
        description.starts_with(&format!("AADSTS{number}: ")),
        "{description}"
    );
    for member in ["timestamp", "trace_id", "correlation_id", "error_uri"] {
        assert!(body[member].is_string(), "{member}");
    }
    (
        reply.status,
        body["error"].as_str().unwrap().to_owned(),
        number,
    )
}

#[tokio::test]
async fn a_right_secret_gets_a_bearer_token_with_the_claims_that_clients_read() {
    let rig = Rig::start().await;
    let answer = ask(&rig, TENANT, &[]).await.expect(200).json();
    assert_eq!(
        (
            &answer["token_type"],
            &answer["expires_in"],
            &answer["ext_expires_in"]
        ),
        (&"Bearer".into(), &3599.into(), &3599.into())
    );
    let payload = answer["access_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert_eq!(claims["tid"], TENANT);
    assert_eq!(claims["appid"], CLIENT);
    assert_eq!(claims["aud"], rig.emulator.endpoint());
    assert!(claims["oid"].is_string());
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        3599
    );
}

#[tokio::test]
async fn refusals_are_those_of_entra() {
    let rig = Rig::start().await;
    let unknown = "99999999-9999-9999-9999-999999999999";
    for (tenant, changes, expected) in [
        (
            unknown,
            [("scope", "https://management.azure.com/.default")],
            (400, "invalid_request", 90_002),
        ),
        (
            TENANT,
            [("client_id", unknown)],
            (400, "unauthorized_client", 700_016),
        ),
        (
            TENANT,
            [("client_secret", "wrong")],
            (401, "invalid_client", 7_000_215),
        ),
        (
            TENANT,
            [("scope", "https://management.azure.com/")],
            (400, "invalid_scope", 70_011),
        ),
        (
            TENANT,
            [("scope", "https://vault.azure.net/.default")],
            (400, "invalid_resource", 500_011),
        ),
        (
            TENANT,
            [("grant_type", "password")],
            (400, "unsupported_grant_type", 70_003),
        ),
        (
            TENANT,
            [("grant_type", "")],
            (400, "invalid_request", 900_144),
        ),
    ] {
        let (status, error, number) = expected;
        assert_eq!(
            refusal(&ask(&rig, tenant, &changes).await),
            (status, error.to_owned(), number),
            "{changes:?}"
        );
    }
    let mut without = rig.secret_form();
    without.retain(|(name, _)| *name != "client_secret");
    assert_eq!(
        refusal(&rig.token_request(TENANT, &without).await),
        (401, "invalid_client".to_owned(), 7_000_218)
    );
}

#[tokio::test]
async fn an_expired_secret_is_told_from_a_wrong_one_and_a_second_secret_works() {
    let mut config = config();
    let soon = Timestamp::now() + SignedDuration::from_mins(10);
    config.tenants[0] = Tenant::new(TENANT).application(application().secret_until("old", soon));
    let rig = Rig::with(config).await;
    ask(&rig, TENANT, &[("client_secret", "old")])
        .await
        .expect(200);
    rig.advance(601);
    assert_eq!(
        refusal(&ask(&rig, TENANT, &[("client_secret", "old")]).await).2,
        7_000_222
    );
    ask(&rig, TENANT, &[("client_secret", SECRET)])
        .await
        .expect(200);
}

#[tokio::test]
async fn tokens_for_the_audiences_of_the_public_cloud_are_taken_and_one_for_graph_is_not() {
    let rig = Rig::start().await;
    let own = format!("{}//.default", rig.emulator.endpoint());
    for scope in [
        own.as_str(),
        "https://management.azure.com/.default",
        "https://management.azure.com//.default",
        "https://management.core.windows.net//.default",
    ] {
        assert_eq!(with_scope(&rig, scope).await.status, 200, "{scope}");
    }
    with_scope(&rig, "https://graph.microsoft.com/.default")
        .await
        .expect_error(401, "InvalidAuthenticationTokenAudience");
}

async fn with_scope(rig: &Rig, scope: &str) -> Reply {
    let token = ask(rig, TENANT, &[("scope", scope)])
        .await
        .expect(200)
        .json()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let url = rig.url(&format!(
        "/subscriptions/{SUBSCRIPTION}?api-version=2022-12-01"
    ));
    reply(rig.http.get(url).bearer_auth(token)).await.unwrap()
}

#[tokio::test]
async fn arm_refuses_a_missing_broken_foreign_or_expired_token_with_401_and_a_challenge() {
    let rig = Rig::start().await;
    let url = rig.url(&format!(
        "/subscriptions/{SUBSCRIPTION}?api-version=2022-12-01"
    ));
    let get = |token: String| reply(rig.http.get(&url).bearer_auth(token));
    let none = reply(rig.http.get(&url)).await.unwrap();
    none.expect_error(401, "AuthenticationFailed");
    assert!(
        none.header("www-authenticate")
            .starts_with("Bearer authorization_uri=")
    );
    get("nonsense".to_owned())
        .await
        .unwrap()
        .expect_error(401, "InvalidAuthenticationToken");
    let foreign = Rig::start().await.token;
    get(foreign)
        .await
        .unwrap()
        .expect_error(401, "InvalidAuthenticationToken");
    rig.advance(3598);
    get(rig.token.clone()).await.unwrap().expect(200);
    rig.advance(1);
    get(rig.token.clone())
        .await
        .unwrap()
        .expect_error(401, "ExpiredAuthenticationToken");
}

#[tokio::test]
async fn a_token_of_another_tenant_than_the_subscriptions_is_refused() {
    let rig = Rig::start().await;
    let url = rig.url(&format!(
        "/subscriptions/{OTHER_SUBSCRIPTION}/resourceGroups?api-version=2024-11-01"
    ));
    reply(rig.http.get(url).bearer_auth(&rig.token))
        .await
        .unwrap()
        .expect_error(401, "InvalidAuthenticationTokenTenant");
}

#[tokio::test]
async fn the_lifetime_of_tokens_can_be_moved() {
    let rig = Rig::start().await;
    rig.emulator.set_token_lifetime(30);
    let answer = ask(&rig, TENANT, &[]).await.expect(200).json();
    assert_eq!(answer["expires_in"], 30);
}

#[tokio::test]
async fn discovery_knows_the_name_of_any_tenant_but_no_other_name() {
    let rig = Rig::start().await;
    let discovery = |tenant: &str| {
        let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
        reply(rig.http.get(rig.url(&path)))
    };
    let configuration = discovery("organizations").await.unwrap().expect(200).json();
    assert_eq!(configuration["issuer"], rig.url("/{tenantid}/v2.0"));
    assert_eq!(
        configuration["token_endpoint"],
        rig.url("/organizations/oauth2/v2.0/token")
    );
    discovery("nobody").await.unwrap().expect(400);
}

#[tokio::test]
async fn discovery_names_the_endpoints_of_this_origin() {
    let rig = Rig::start().await;
    let configuration = reply(
        rig.http
            .get(rig.url(&format!("/{TENANT}/v2.0/.well-known/openid-configuration"))),
    )
    .await
    .unwrap()
    .expect(200)
    .json();
    let base = rig.url(&format!("/{TENANT}"));
    assert_eq!(
        configuration["token_endpoint"],
        format!("{base}/oauth2/v2.0/token")
    );
    assert_eq!(
        configuration["authorization_endpoint"],
        format!("{base}/oauth2/v2.0/authorize")
    );
    assert_eq!(configuration["issuer"], format!("{base}/v2.0"));
    let keys = reply(rig.http.get(configuration["jwks_uri"].as_str().unwrap()))
        .await
        .unwrap()
        .expect(200)
        .json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    let metadata = reply(
        rig.http
            .get(rig.url("/metadata/endpoints?api-version=2022-09-01")),
    )
    .await
    .unwrap()
    .expect(200)
    .json();
    assert_eq!(
        metadata["authentication"]["audiences"][0],
        rig.emulator.endpoint()
    );
    assert_eq!(
        metadata["resourceManager"],
        format!("{}/", rig.emulator.endpoint())
    );
}

#[test]
fn debug_does_not_print_secrets() {
    assert!(!format!("{:?}", config()).contains(SECRET));
}
