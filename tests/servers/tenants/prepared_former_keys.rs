//! A tenant who writes Secrets puts a former key into them, or absurd records: no key is lost or trusted by that.

use dev::world::{World, WorldOptions};
use kube::{
    ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use sshkey_operator::{
    api::names::{annotation, label},
    keys::PublicKey,
};

use super::prepared_secrets::{NOBODY, OWNER_NAMESPACE, create, prepared, public, tenant};
use crate::{
    made::Made,
    manifests::key,
    operator::metrics,
    rotation::acts::{ask, current, keys_in, wait_revision},
    seen::{sweeps_pass, until_object},
};

#[tokio::test]
async fn a_former_key_that_was_slipped_in_is_kept_but_not_trusted_and_displaces_none() {
    let world = World::start(WorldOptions::new()).await;
    let secrets = tenant(&world).await;
    let spec = "{outputs: [{name: open, publicSecret: {}}], rotation: {keepPrevious: {count: 1}}}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    ask(&world, "web", "one").await;
    wait_revision(&world, "web", 2).await;
    let made = Made::ed25519();
    let attackers = public(&made);
    let entry = attackers.fingerprint().short_hex();
    let previous = world.secret("web-previous").await.unwrap();
    let records = &previous.annotations()[annotation::PREVIOUS_KEYS];
    let mut records: Vec<Value> = serde_json::from_str(records).unwrap();
    records.insert(
        0,
        json!({ "key": entry, "revision": 9, "retiredAt": "2035-01-01T00:00:00Z" }),
    );
    let slip = json!({
        "metadata": { "annotations": { annotation::PREVIOUS_KEYS: Value::from(records).to_string() } },
        "stringData": { &entry: made.private(), format!("{entry}.pub"): made.public() },
    });
    let params = PatchParams::default();
    let slip = Patch::Merge(slip);
    secrets.patch("web-previous", &params, &slip).await.unwrap();
    sweeps_pass(&world).await;
    let second = current(&world, "web").await;
    ask(&world, "web", "two").await;
    wait_revision(&world, "web", 3).await;
    sweeps_pass(&world).await;

    let open = world.secret("open").await.unwrap().data.unwrap();
    let trusted = String::from_utf8(open["authorized_keys"].0.clone()).unwrap();
    let trusts = |key: &PublicKey| {
        let mut lines = trusted
            .lines()
            .filter_map(|line| PublicKey::parse(line).ok());
        lines.any(|line| line == *key)
    };
    assert!(!trusts(&attackers), "{trusted}");
    assert!(trusts(&second), "{trusted}");
    let kept = keys_in(&world.secret("web-previous").await.unwrap());
    assert!(kept.contains(&second), "the last one is kept: {kept:?}");
    assert!(
        kept.contains(&attackers),
        "whose it is, nobody knows: {kept:?}"
    );
}

#[tokio::test]
async fn a_secret_that_was_prepared_for_former_keys_costs_no_key() {
    let world = World::start(WorldOptions::new()).await;
    let secrets = tenant(&world).await;
    let spec = "{outputs: [{name: open, publicSecret: {}}]}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    let made = Made::ed25519();
    let attackers = public(&made);
    let entry = attackers.fingerprint().short_hex();
    let records = json!([{ "key": entry, "revision": 1, "retiredAt": "2020-01-01T00:00:00Z" }]);
    let annotations = json!({
        annotation::OWNER_NAME: "web",
        annotation::OWNER_UID: NOBODY,
        OWNER_NAMESPACE: world.namespace(),
        annotation::PREVIOUS_KEYS: records.to_string(),
    });
    let mut secret = prepared("web-previous", "Opaque", annotations, &entry, &made);
    secret["metadata"]["labels"] = json!({ label::SECRET_ROLE: label::ROLE_PREVIOUS });
    create(&secrets, &secret).await;
    ask(&world, "web", "now").await;
    sweeps_pass(&world).await;
    // Whether the rotation waits or goes on beside it: the first key is somewhere, and the stranger is trusted nowhere.
    let mut all = keys_in(&world.secret("web").await.unwrap());
    all.extend(keys_in(&world.secret("web-previous").await.unwrap()));
    assert!(all.contains(&first), "{all:?}");
    assert!(all.contains(&attackers), "{all:?}");
    assert_ne!(current(&world, "web").await, attackers);
    let open = world.secret("open").await.unwrap().data.unwrap();
    let trusted = String::from_utf8(open["authorized_keys"].0.clone()).unwrap();
    assert!(!trusted.contains(made.material().split(' ').next_back().unwrap()));
}

#[tokio::test]
async fn absurd_records_on_secrets_stop_nothing_and_are_put_right() {
    let world = World::start(WorldOptions::new()).await;
    let secrets = tenant(&world).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    ask(&world, "web", "one").await;
    wait_revision(&world, "web", 2).await;
    let before = current(&world, "web").await;
    let absurd = [
        (annotation::REVISION, "4294967295"),
        (annotation::REVISION, "18446744073709551616"),
        (annotation::REVISION, "-1"),
        (annotation::REVISION, "0"),
        (annotation::REVISION, "many"),
        (annotation::CREATED_AT, "9999-12-31T23:59:59Z"),
        (annotation::CREATED_AT, "-009999-01-01T00:00:00Z"),
        (annotation::CREATED_AT, "yesterday"),
        (annotation::KEY_SPEC, "RSA-4294967296"),
        (annotation::OWNER_UID, ""),
        (annotation::PENDING_SINCE, "9999-12-31T23:59:59Z"),
    ];
    for (name, value) in absurd {
        let patch = json!({ "metadata": { "annotations": { name: value } } });
        let params = PatchParams::default();
        secrets
            .patch("web", &params, &Patch::Merge(patch))
            .await
            .unwrap();
        sweeps_pass(&world).await;
        world.wait_ready("web").await;
        assert_eq!(current(&world, "web").await, before, "{name}={value}");
        metrics::until(&world, "sshkey_panics_total", &[], 0.0).await;
    }
    ask(&world, "web", "two").await;
    until_object(&world, "web", "a third key", |seen| {
        let conditions = seen["status"]["conditions"].as_array();
        let is_ready = conditions.into_iter().flatten().any(|one| {
            one["type"] == "Ready"
                && one["status"] == "True"
                && one["observedGeneration"] == seen["metadata"]["generation"]
        });
        is_ready && seen["status"]["fingerprint"] != before.fingerprint().to_string()
    })
    .await;
    let pair: Vec<PublicKey> = keys_in(&world.secret("web").await.unwrap());
    assert_eq!(pair.len(), 1);
}
