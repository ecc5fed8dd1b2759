//! Faults and the interceptor.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use arm_emulator::{
    AnswerShape, Effect, Fault, FaultAnswer, Interceptor, RequestInfo, Verdict, VerdictAnswer,
    VerdictFuture,
};
use serde_json::json;

use crate::rig::{ED25519, Rig, TENANT, key, reply};

const KEYS: &str = "/sshpublickeys/";

async fn rig() -> Rig {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    rig
}

/// A PUT that may get no answer.
async fn try_put(rig: &Rig, name: &str) -> Result<u16, reqwest::Error> {
    let body = json!({"location": "westus", "properties": {"publicKey": ED25519}});
    reply(rig.request("PUT", &key("rg", name)).json(&body))
        .await
        .map(|reply| reply.status)
}

#[tokio::test]
async fn a_connection_dropped_before_the_store_leaves_nothing() {
    let rig = rig().await;
    rig.emulator
        .faults()
        .add(Fault::on("PUT", KEYS, Effect::DropBeforeStore));
    let error = try_put(&rig, "k").await.unwrap_err();
    assert!(error.is_request() && !error.is_status(), "{error:?}");
    assert_eq!(rig.emulator.keys(), []);
    assert_eq!(rig.emulator.log().last().unwrap().status, None);
    assert_eq!(try_put(&rig, "k").await.unwrap(), 201, "once only");
}

#[tokio::test]
async fn a_connection_dropped_after_the_store_leaves_the_change() {
    let rig = rig().await;
    rig.emulator
        .faults()
        .add(Fault::on("PUT", KEYS, Effect::DropAfterStore));
    try_put(&rig, "k").await.unwrap_err();
    assert_eq!(rig.emulator.keys().len(), 1);
    assert_eq!(try_put(&rig, "k").await.unwrap(), 200);
}

#[tokio::test]
async fn an_answer_can_be_given_before_and_after_the_store() {
    let rig = rig().await;
    let error = FaultAnswer::error(429, "TooManyRequests", "slow down").retry_after(7);
    rig.emulator
        .faults()
        .add(Fault::on("PUT", KEYS, Effect::Answer(error)));
    let refused = rig
        .send_json("PUT", &key("rg", "k"), &json!({"location": "westus"}))
        .await;
    assert_eq!(
        refused.error(),
        (429, "TooManyRequests".to_owned(), "slow down".to_owned())
    );
    assert_eq!(refused.header("retry-after"), "7");
    assert!(!refused.header("x-ms-request-id").is_empty());
    assert_eq!(rig.emulator.keys(), []);

    let lost = FaultAnswer::raw(504, "text/html", "<html>Gateway Timeout</html>");
    rig.emulator
        .faults()
        .add(Fault::on("PUT", KEYS, Effect::AnswerAfterStore(lost)));
    let lost = rig
        .send_json("PUT", &key("rg", "k"), &json!({"location": "westus"}))
        .await
        .expect(504);
    assert_eq!(
        (lost.body.as_str(), lost.header("content-type")),
        ("<html>Gateway Timeout</html>", "text/html")
    );
    assert_eq!(rig.emulator.keys().len(), 1);

    let bare = FaultAnswer {
        shape: AnswerShape::Bare,
        ..FaultAnswer::error(429, "OperationNotAllowed", "too many")
    };
    rig.emulator
        .faults()
        .add(Fault::on("GET", KEYS, Effect::Answer(bare)));
    assert_eq!(
        rig.send("GET", &key("rg", "k")).await.json()["code"],
        "OperationNotAllowed"
    );
}

#[tokio::test]
async fn the_token_endpoint_can_fail_in_its_own_form() {
    let rig = rig().await;
    let error = FaultAnswer::error(
        503,
        "90033",
        "A transient error has occurred. Please try again.",
    );
    rig.emulator.faults().add(Fault::on(
        "POST",
        "/oauth2/v2.0/token",
        Effect::Answer(error),
    ));
    let refused = rig
        .token_request(TENANT, &rig.secret_form())
        .await
        .expect(503)
        .json();
    assert_eq!(refused["error_codes"], json!([90033]));
    assert!(
        refused["error_description"]
            .as_str()
            .unwrap()
            .starts_with("AADSTS90033: A transient error")
    );
    rig.take_token().await;
}

#[tokio::test]
async fn a_fault_can_delay_and_last_until_it_is_removed() {
    let rig = rig().await;
    let fault = Fault {
        delay_ms: 20,
        hold_answer_ms: 20,
        times: 0,
        path: Some("*".to_owned()),
        ..Fault::default()
    };
    let id = rig.emulator.faults().add(fault);
    for _ in 0..3 {
        let started = std::time::Instant::now();
        rig.send("GET", "/resourceGroups/rg").await.expect(200);
        assert!(started.elapsed().as_millis() >= 40);
    }
    assert_eq!(rig.emulator.faults().list()[0].2, 3);
    assert!(rig.emulator.faults().remove(id));
    assert_eq!(rig.emulator.faults().list(), []);
}

#[tokio::test]
async fn a_request_whose_client_has_gone_is_carried_out() {
    let rig = rig().await;
    rig.emulator.faults().add(Fault {
        delay_ms: 100,
        ..Fault::on("PUT", KEYS, Effect::Proceed)
    });
    let body = json!({"location": "westus"});
    let request = rig.request("PUT", &key("rg", "k")).json(&body);
    let gone = reply(request.timeout(Duration::from_millis(30))).await;
    assert!(gone.unwrap_err().is_timeout());
    assert_eq!(rig.emulator.keys(), []);
    for _ in 0..100 {
        if rig.emulator.keys().len() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the key was not stored");
}

/// Counts calls, and gives its verdicts on the request for the key that bears their name.
#[derive(Default)]
struct Watcher {
    before: AtomicUsize,
    after: AtomicUsize,
}

impl Watcher {
    fn verdict(request: &RequestInfo, side: &str) -> Verdict {
        if request.path.ends_with(&format!("{side}-answer")) {
            let headers = BTreeMap::from([("x-test".to_owned(), "yes".to_owned())]);
            Verdict::Answer(VerdictAnswer {
                status: 418,
                headers,
                body: "tea".to_owned(),
            })
        } else if request.path.ends_with(&format!("{side}-drop")) {
            Verdict::DropConnection
        } else {
            Verdict::Continue
        }
    }
}

impl Interceptor for Watcher {
    fn before<'a>(&'a self, request: &'a RequestInfo) -> VerdictFuture<'a> {
        self.before
            .fetch_add(usize::from(request.is_arm_write()), Ordering::SeqCst);
        Box::pin(async { Self::verdict(request, "before") })
    }

    fn after<'a>(&'a self, request: &'a RequestInfo, status: u16) -> VerdictFuture<'a> {
        self.after.fetch_add(
            usize::from(request.is_arm_write() && status == 201),
            Ordering::SeqCst,
        );
        Box::pin(async { Self::verdict(request, "after") })
    }
}

#[tokio::test]
async fn an_interceptor_sees_both_sides_of_a_change_and_may_answer_or_drop() {
    let rig = rig().await;
    let watcher = Arc::new(Watcher::default());
    rig.emulator.set_interceptor(Some(watcher.clone()));
    assert_eq!(try_put(&rig, "plain").await.unwrap(), 201);
    assert_eq!(try_put(&rig, "before-answer").await.unwrap(), 418);
    try_put(&rig, "before-drop").await.unwrap_err();
    let answered = rig
        .send_json(
            "PUT",
            &key("rg", "after-answer"),
            &json!({"location": "westus"}),
        )
        .await
        .expect(418);
    assert_eq!(
        (answered.body.as_str(), answered.header("x-test")),
        ("tea", "yes")
    );
    try_put(&rig, "after-drop").await.unwrap_err();
    let names: Vec<String> = rig
        .emulator
        .keys()
        .into_iter()
        .map(|key| key.name)
        .collect();
    assert_eq!(names, ["after-answer", "after-drop", "plain"]);
    assert_eq!(watcher.after.load(Ordering::SeqCst), 3);
    assert!(
        watcher.before.load(Ordering::SeqCst) >= 5,
        "a client may try a dropped request again"
    );
    rig.emulator.set_interceptor(None);
    assert_eq!(try_put(&rig, "before-answer").await.unwrap(), 201);
}
