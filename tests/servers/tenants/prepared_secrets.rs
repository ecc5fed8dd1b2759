//! A tenant who writes Secrets and nothing else chooses the keys of its namespace, as it could anyway: the operator takes
//! up what was prepared under a name that it will use where that says for whom it is, and tells it. Everything else it
//! leaves as it is.

use dev::world::{World, WorldOptions, resource_id};
use k8s_openapi::api::{core::v1::Secret, events::v1::Event};
use kube::{Api, Client, ResourceExt, api::PostParams};
use serde_json::{Value, json};
use sshkey_operator::{
    api::{
        ConditionType, Reason, SshKey,
        condition::find,
        names::{annotation, label},
    },
    keys::PublicKey,
};

use super::stage::secrets_only;
use crate::{
    made::Made,
    manifests::key,
    rotation::acts::{ask, current, keys_in, wait_revision},
    seen::sweeps_pass,
};

/// Beside the owner's name and UID.
pub(crate) const OWNER_NAMESPACE: &str = "sshkey-operator.io/owner-namespace";

/// A UID that no object has.
pub(crate) const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

pub(crate) async fn tenant(world: &World) -> Api<Secret> {
    let client: Client = world
        .tenant(world.namespace(), "preparer", &secrets_only())
        .await;
    Api::namespaced(client, world.namespace())
}

/// A Secret as the operator would have left it, with one private key under `entry`.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the annotations are written out where they are used"
)]
pub(crate) fn prepared(
    name: &str,
    type_: &str,
    annotations: Value,
    entry: &str,
    made: &Made,
) -> Value {
    json!({
        "metadata": { "name": name, "annotations": annotations },
        "type": type_,
        "stringData": { entry: made.private() },
    })
}

pub(crate) async fn create(secrets: &Api<Secret>, secret: &Value) -> Secret {
    let secret = serde_json::from_value(secret.clone()).unwrap();
    let params = PostParams::default();
    secrets.create(&params, &secret).await.unwrap()
}

pub(crate) fn public(made: &Made) -> PublicKey {
    PublicKey::parse(&made.public()).unwrap()
}

/// The Warning events of this reason, by their notes.
fn warnings(events: &[Event], reason: &str) -> Vec<String> {
    let of = events.iter().filter(|event| {
        event.reason.as_deref() == Some(reason) && event.type_.as_deref() == Some("Warning")
    });
    of.filter_map(|event| event.note.clone()).collect()
}

#[tokio::test]
async fn a_prepared_secret_is_taken_up_only_where_it_is_well_formed_and_names_the_object_and_that_is_told()
 {
    let world = World::start(WorldOptions::new()).await;
    let secrets = tenant(&world).await;
    let made = Made::ed25519();
    let own = world.namespace().to_owned();
    let named = |name: &str, namespace: Option<&str>| {
        let mut all = json!({
            annotation::OWNER_NAME: name,
            annotation::OWNER_UID: NOBODY,
            annotation::FINGERPRINT: made.fingerprint(),
            annotation::REVISION: "1",
        });
        if let Some(namespace) = namespace {
            all[OWNER_NAMESPACE] = json!(namespace);
        }
        all
    };
    let ssh_auth = "kubernetes.io/ssh-auth";
    let mut refused = vec![
        ("bare", ssh_auth, json!({})),
        ("opaque", "Opaque", named("opaque", Some(&own))),
        ("elsewhere", ssh_auth, named("elsewhere", Some("team-b"))),
        ("nowhere", ssh_auth, named("nowhere", None)),
        ("other", ssh_auth, named("another", Some(&own))),
    ];
    refused.push(("extra", ssh_auth, named("extra", Some(&own))));
    for (name, type_, annotations) in &refused {
        let mut secret = prepared(name, type_, annotations.clone(), "ssh-privatekey", &made);
        if *name == "extra" {
            secret["stringData"]["password"] = json!("hunter2");
        }
        let before = create(&secrets, &secret).await;
        world.apply(&key(name, "{azure: {}}")).await;
        let kind = ConditionType::KeyAvailable;
        let _: SshKey = world
            .wait_condition(name, kind, "False", Reason::SecretConflict)
            .await;
        let after = world.secret(name).await.unwrap();
        assert_eq!(
            after.resource_version(),
            before.resource_version(),
            "{name}"
        );
    }
    assert!(world.emulator().keys().is_empty());

    let whole = named("whole", Some(&own));
    let secret = prepared("whole", ssh_auth, whole, "ssh-privatekey", &made);
    create(&secrets, &secret).await;
    world.apply(&key("whole", "{azure: {}}")).await;
    let seen = world.wait_ready("whole").await;
    assert_eq!(seen.status.unwrap().fingerprint, Some(made.fingerprint()));
    let says_all = |note: &String| {
        note.contains(&format!("{own}/whole")) && note.contains(&made.fingerprint())
    };
    let told = warnings(
        &world.wait_event("whole", "SecretTakenUp").await,
        "SecretTakenUp",
    );
    assert!(told.iter().any(says_all), "{told:?}");
}

#[tokio::test]
async fn a_secret_that_was_prepared_as_the_next_key_is_not_published() {
    let world = World::start(WorldOptions::new()).await;
    let secrets = tenant(&world).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let made = Made::ed25519();
    let attackers = public(&made);
    let annotations = json!({
        annotation::OWNER_NAME: "web",
        annotation::OWNER_UID: NOBODY,
        OWNER_NAMESPACE: world.namespace(),
        annotation::FINGERPRINT: made.fingerprint(),
        annotation::REVISION: "2",
        annotation::HANDLED_REQUEST: "now",
    });
    let entry = attackers.fingerprint().short_hex();
    let mut secret = prepared("web-next", "Opaque", annotations, &entry, &made);
    secret["metadata"]["labels"] = json!({ label::SECRET_ROLE: label::ROLE_STAGING });
    create(&secrets, &secret).await;
    ask(&world, "web", "now").await;
    let seen: SshKey = world
        .wait_for("web", "the rotation is refused", |object: &SshKey| {
            let status = object.status.clone().unwrap_or_default();
            status
                .conditions
                .iter()
                .any(|one| one.status == "False" && one.message.contains("web-next"))
        })
        .await;
    let conditions = seen.status.unwrap().conditions;
    assert!(find(&conditions, ConditionType::Ready).is_some());
    sweeps_pass(&world).await;
    let id = resource_id(&format!("{}.web", world.namespace()));
    let published = world.emulator().key(&id).unwrap().public_key.unwrap();
    assert_ne!(PublicKey::parse(&published).unwrap(), attackers);
    assert_ne!(current(&world, "web").await, attackers);
    let left = world.secret("web-next").await.unwrap();
    assert_eq!(
        keys_in(&left),
        std::slice::from_ref(&attackers),
        "it is left as it is"
    );

    secrets
        .delete("web-next", &Default::default())
        .await
        .unwrap();
    wait_revision(&world, "web", 2).await;
    assert_ne!(current(&world, "web").await, attackers);
}
