//! Everything that Azure can answer instead of what was asked for: a condition that says so, nothing lost or half done,
//! no other object delayed, and Ready by itself once the cause is gone.

use arm_emulator::{Effect, Fault, FaultAnswer};
use dev::world::{World, WorldOptions};
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

/// Lets `effect` strike every write of the key `struck` until it is taken back, and holds the operator to `reason`.
async fn strikes(method: &str, effect: Effect, reason: Reason, stalled: bool) {
    let world = World::start(WorldOptions::new()).await;
    let path = format!("sshPublicKeys/{}.struck", world.namespace());
    let fault = world
        .emulator()
        .faults()
        .add(Fault::on(method, &path, effect).times(0));
    world.apply(&key("struck", "{azure: {}}")).await;
    let object: SshKey = world
        .wait_condition("struck", ConditionType::AzureSynced, "False", reason)
        .await;
    let conditions = object.status.unwrap().conditions;
    let ready = find(&conditions, ConditionType::Ready).unwrap();
    assert_eq!(
        (ready.status.as_str(), ready.reason.as_str()),
        ("False", reason.as_str())
    );
    assert!(
        ready.message.contains("struck"),
        "the message names the object: {}",
        ready.message
    );
    assert_eq!(
        find(&conditions, ConditionType::Stalled).is_some(),
        stalled,
        "{conditions:?}"
    );
    assert_eq!(
        find(&conditions, ConditionType::Reconciling).is_some(),
        !stalled,
        "{conditions:?}"
    );
    assert_eq!(
        find(&conditions, ConditionType::KeyAvailable)
            .unwrap()
            .status,
        "True"
    );
    let before = world
        .secret("struck")
        .await
        .expect("the key is stored already");

    world.apply(&key("bystander", "{azure: {}}")).await;
    world.wait_ready("bystander").await;

    assert!(world.emulator().faults().remove(fault));
    world.wait_ready("struck").await;
    let after = world.secret("struck").await.unwrap();
    assert_eq!(before.data, after.data, "one key");
}

pub(crate) fn error(status: u16, code: &str, message: &str) -> Effect {
    Effect::Answer(FaultAnswer::error(status, code, message))
}

#[tokio::test]
async fn an_identity_that_may_not_write_is_told_what_it_lacks() {
    let message = "The client 'x' does not have authorization to perform action 'Microsoft.Compute/sshPublicKeys/write'";
    strikes(
        "PUT",
        error(403, "AuthorizationFailed", message),
        Reason::AccessDenied,
        // For some minutes it may be a role that is still on its way.
        false,
    )
    .await;
}

#[tokio::test]
async fn an_identity_that_may_not_read_is_told_what_it_lacks() {
    strikes(
        "GET",
        error(403, "AuthorizationFailed", "no"),
        Reason::AccessDenied,
        false,
    )
    .await;
}

#[tokio::test]
async fn a_policy_that_forbids_is_named() {
    strikes(
        "PUT",
        error(
            403,
            "RequestDisallowedByPolicy",
            "Resource 'x' was disallowed by policy 'tags'",
        ),
        Reason::DisallowedByPolicy,
        true,
    )
    .await;
}

#[tokio::test]
async fn a_key_that_azure_does_not_take_is_told() {
    strikes(
        "PUT",
        error(
            400,
            "InvalidParameter",
            "The value of parameter publicKey is invalid.",
        ),
        Reason::KeyRefused,
        true,
    )
    .await;
}

#[tokio::test]
async fn a_lock_is_told() {
    strikes(
        "PUT",
        error(409, "ScopeLocked", "locked"),
        Reason::ScopeLocked,
        true,
    )
    .await;
}

#[tokio::test]
async fn an_unregistered_provider_is_told() {
    strikes(
        "PUT",
        error(409, "MissingSubscriptionRegistration", "not registered"),
        Reason::ProviderNotRegistered,
        true,
    )
    .await;
}

#[tokio::test]
async fn a_server_error_passes() {
    strikes(
        "PUT",
        error(500, "InternalServerError", "sorry"),
        Reason::AzureUnavailable,
        false,
    )
    .await;
}

#[tokio::test]
async fn a_throttle_without_a_time_passes() {
    strikes(
        "PUT",
        error(429, "TooManyRequests", "slow down"),
        Reason::Throttled,
        false,
    )
    .await;
}

#[tokio::test]
async fn a_page_of_html_is_no_answer_of_azure() {
    let html = FaultAnswer::raw(502, "text/html", "<html><body>Bad gateway</body></html>");
    strikes(
        "PUT",
        Effect::Answer(html),
        Reason::AzureAnswerInvalid,
        false,
    )
    .await;
}

#[tokio::test]
async fn a_success_that_is_no_json_is_no_answer_of_azure() {
    let html = FaultAnswer::raw(200, "text/html", "<html>captive portal</html>");
    strikes(
        "GET",
        Effect::Answer(html),
        Reason::AzureAnswerInvalid,
        false,
    )
    .await;
}

#[tokio::test]
async fn an_empty_answer_is_no_answer_of_azure() {
    strikes(
        "PUT",
        Effect::Answer(FaultAnswer::raw(503, "text/plain", "")),
        Reason::AzureAnswerInvalid,
        false,
    )
    .await;
}

#[tokio::test]
async fn a_connection_that_breaks_passes() {
    strikes(
        "PUT",
        Effect::DropBeforeStore,
        Reason::AzureUnavailable,
        false,
    )
    .await;
}
