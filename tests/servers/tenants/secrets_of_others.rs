//! With `SshKey`s alone nobody gets at a Secret that was not meant for them: it is adopted with consent only.

use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::names::annotation;

use super::stage::{GOOD, Stage, apply_as, ready_reason, sshkeys_only};
use crate::{made::Made, seen::objects};

/// The annotation by which a Secret's owner lets an `SshKey` adopt it.
const ADOPT_BY: &str = "sshkey-operator.io/adopt-by";

fn secrets(stage: &Stage) -> Api<Secret> {
    Api::namespaced(stage.world.client().clone(), GOOD)
}

async fn version(stage: &Stage, name: &str) -> String {
    let secret = secrets(stage).get(name).await.unwrap();
    secret.resource_version().unwrap()
}

/// A person's Secret, with what that person keeps beside a key.
async fn humans(stage: &Stage, name: &str, type_: &str, entries: serde_json::Value) {
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": name, "namespace": GOOD, "labels": { "app.kubernetes.io/managed-by": "Helm" } },
        "type": type_,
        "stringData": entries,
    });
    stage.world.apply(&secret.to_string()).await;
}

fn grab(name: &str) -> serde_json::Value {
    json!({ "secret": { "name": name, "conflictPolicy": "Adopt", "deletionPolicy": "Delete" } })
}

async fn consent(stage: &Stage, name: &str, to: &str) {
    let patch = json!({ "metadata": { "annotations": { ADOPT_BY: to } } });
    let params = PatchParams::default();
    secrets(stage)
        .patch(name, &params, &Patch::Merge(patch))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_secret_with_entries_of_others_is_adopted_only_by_the_sshkey_that_it_names() {
    let stage = Stage::start().await;
    let tenant = stage.world.tenant(GOOD, "mallory", &sshkeys_only()).await;
    let key = Made::ed25519();
    let entries = json!({ "ssh-privatekey": key.private(), "db-password": "hunter2" });
    humans(&stage, "human-ssh", "Opaque", entries).await;
    let before = version(&stage, "human-ssh").await;
    apply_as(&tenant, GOOD, "grab", &json!({}), &grab("human-ssh")).await;
    stage.until_reason(GOOD, "grab", "SecretConflict").await;
    // Neither a rotation that is asked for nor the end of the object does anything to it.
    let asked = json!({ annotation::ROTATE_REQUESTED_AT: "now" });
    apply_as(&tenant, GOOD, "grab", &asked, &grab("human-ssh")).await;
    stage.sweeps_pass().await;
    stage.until_reason(GOOD, "grab", "SecretConflict").await;
    assert_eq!(version(&stage, "human-ssh").await, before);
    stage.delete(GOOD, "grab").await;
    assert_eq!(version(&stage, "human-ssh").await, before);

    for to in ["grab", "team-evil/grab", "team-good/other", "*", ""] {
        consent(&stage, "human-ssh", to).await;
        let before = version(&stage, "human-ssh").await;
        apply_as(&tenant, GOOD, "grab", &json!({}), &grab("human-ssh")).await;
        stage.until_reason(GOOD, "grab", "SecretConflict").await;
        stage.delete(GOOD, "grab").await;
        assert_eq!(version(&stage, "human-ssh").await, before, "{to}");
    }

    consent(&stage, "human-ssh", "team-good/grab").await;
    apply_as(&tenant, GOOD, "grab", &json!({}), &grab("human-ssh")).await;
    let seen = stage.until_reason(GOOD, "grab", "UpToDate").await;
    assert_eq!(seen["status"]["fingerprint"], key.fingerprint());
    // What has other entries is never deleted with the object.
    stage.delete(GOOD, "grab").await;
    let left = secrets(&stage).get("human-ssh").await.unwrap();
    assert_eq!(left.data.unwrap()["db-password"].0, b"hunter2");
}

#[tokio::test]
async fn a_secret_of_a_single_key_is_adopted_as_ever_and_one_of_another_type_is_not() {
    let stage = Stage::start().await;
    let tenant = stage.world.tenant(GOOD, "mallory", &sshkeys_only()).await;
    let key = Made::ed25519();
    let entries = || json!({ "ssh-privatekey": key.private() });
    humans(&stage, "plain", "Opaque", entries()).await;
    humans(&stage, "typed", "kubernetes.io/ssh-auth", entries()).await;
    let before = version(&stage, "plain").await;
    apply_as(&tenant, GOOD, "one", &json!({}), &grab("plain")).await;
    stage.until_reason(GOOD, "one", "SecretConflict").await;
    assert_eq!(version(&stage, "plain").await, before);
    apply_as(&tenant, GOOD, "two", &json!({}), &grab("typed")).await;
    let seen = stage.until_reason(GOOD, "two", "UpToDate").await;
    assert_eq!(seen["status"]["fingerprint"], key.fingerprint());
}

#[tokio::test]
async fn a_secret_that_another_sshkey_keeps_is_not_adopted_whatever_it_consents_to() {
    let stage = Stage::start().await;
    let tenant = stage.world.tenant(GOOD, "mallory", &sshkeys_only()).await;
    apply_as(&tenant, GOOD, "first", &json!({}), &json!({})).await;
    stage.until_reason(GOOD, "first", "UpToDate").await;
    consent(&stage, "first", "team-good/grab").await;
    apply_as(&tenant, GOOD, "grab", &json!({}), &grab("first")).await;
    stage.until_reason(GOOD, "grab", "SecretConflict").await;
    stage.delete(GOOD, "grab").await;
    stage.sweeps_pass().await;
    let first = objects(&stage.world, GOOD).get("first").await.unwrap();
    let first = serde_json::to_value(first).unwrap();
    assert_eq!(ready_reason(&first).as_deref(), Some("UpToDate"));
    let kept = secrets(&stage).get("first").await.unwrap();
    assert_eq!(kept.annotations()[annotation::OWNER_NAME], "first");
}
