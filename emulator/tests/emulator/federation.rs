//! Federated credentials, with an issuer of the test's own.

use std::sync::atomic::Ordering;

use arm_emulator::Tenant;
use serde_json::json;

use crate::{
    issuer::{AUDIENCE, Issuer, Key, SUBJECT},
    rig::{CLIENT, Reply, Rig, SUBSCRIPTION, TENANT, application, config, reply},
};

async fn rig(issuer: &Issuer) -> Rig {
    let mut config = config().issuer(&issuer.url, &issuer.ca_pem);
    config.tenants[0] =
        Tenant::new(TENANT).application(application().federated(&issuer.url, SUBJECT, AUDIENCE));
    Rig::with(config).await
}

async fn ask(rig: &Rig, assertion: &str) -> Reply {
    let form = [
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", CLIENT.to_owned()),
        ("client_assertion", assertion.to_owned()),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
        ),
        ("scope", "https://management.azure.com/.default".to_owned()),
    ];
    rig.token_request(TENANT, &form).await
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, number: u64) {
    let body = reply.json();
    assert_eq!(
        (reply.status, &body["error_codes"]),
        (status, &json!([number])),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn a_good_assertion_gets_a_token_that_arm_takes() {
    for key in [Key::rsa("one"), Key::ec("two")] {
        let issuer = Issuer::start(&[&key]).await;
        let rig = rig(&issuer).await;
        // A file that was written by an editor ends in a newline.
        let answer = ask(&rig, &format!("{}\n", key.sign(&issuer.claims())))
            .await
            .expect(200)
            .json();
        let url = rig.url(&format!(
            "/subscriptions/{SUBSCRIPTION}?api-version=2022-12-01"
        ));
        let token = answer["access_token"].as_str().unwrap();
        assert_eq!(
            reply(rig.http.get(url).bearer_auth(token))
                .await
                .unwrap()
                .status,
            200
        );
    }
}

#[tokio::test]
async fn a_wrong_issuer_subject_or_audience_is_refused_and_named() {
    let key = Key::ec("one");
    let issuer = Issuer::start(&[&key]).await;
    let rig = rig(&issuer).await;
    for (claim, value) in [
        ("iss", "https://localhost:1"),
        ("sub", "system:serviceaccount:team:other"),
        ("aud", "https://kubernetes.default.svc"),
    ] {
        let mut claims = issuer.claims();
        claims[claim] = json!(value);
        let refused = ask(&rig, &key.sign(&claims)).await;
        assert_refused(&refused, 400, 70_021);
        assert!(
            refused.body.contains(&format!("'{value}'")),
            "{}",
            refused.body
        );
    }
    assert_eq!(
        issuer.fetches.load(Ordering::SeqCst),
        0,
        "such an issuer is not even asked"
    );
}

#[tokio::test]
async fn a_bad_signature_is_refused() {
    let (key, forger) = (Key::ec("one"), Key::ec("one"));
    let issuer = Issuer::start(&[&key]).await;
    let rig = rig(&issuer).await;
    assert_refused(
        &ask(&rig, &forger.sign(&issuer.claims())).await,
        401,
        700_027,
    );
    let unknown = Key::ec("unknown");
    assert_refused(
        &ask(&rig, &unknown.sign(&issuer.claims())).await,
        401,
        700_027,
    );
    assert_refused(&ask(&rig, "not.a.jwt").await, 400, 50_027);
}

#[tokio::test]
async fn an_expired_or_future_assertion_is_refused() {
    let key = Key::ec("one");
    let issuer = Issuer::start(&[&key]).await;
    let rig = rig(&issuer).await;
    let assertion = key.sign(&issuer.claims());
    ask(&rig, &assertion).await.expect(200);
    rig.advance(600 + 301);
    assert_refused(&ask(&rig, &assertion).await, 401, 700_024);
    rig.advance(-2000);
    assert_refused(&ask(&rig, &assertion).await, 401, 700_024);
}

#[tokio::test]
async fn keys_are_kept_and_fetched_again_for_an_unknown_id() {
    let (old, new) = (Key::ec("old"), Key::ec("new"));
    let issuer = Issuer::start(&[&old]).await;
    let rig = rig(&issuer).await;
    for _ in 0..3 {
        ask(&rig, &old.sign(&issuer.claims())).await.expect(200);
    }
    assert_eq!(issuer.fetches.load(Ordering::SeqCst), 1);
    issuer.keys.lock().keys.push(new.public());
    ask(&rig, &new.sign(&issuer.claims())).await.expect(200);
    assert_eq!(issuer.fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_or_trusted_is_an_error_of_its_own() {
    let key = Key::ec("one");
    let issuer = Issuer::start(&[&key]).await;
    let rig = rig(&issuer).await;
    issuer.task.abort();
    tokio::task::yield_now().await;
    let refused = ask(&rig, &key.sign(&issuer.claims())).await;
    assert_refused(&refused, 400, 50_166);
}
