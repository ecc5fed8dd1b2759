//! A pair that the user already has: published from where it is, followed when it changes, refused when it is rubbish.

use dev::world::{World, WorldOptions, resource_id};
use kube::{ResourceExt, api::DeleteParams};
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::{
    made::Made,
    manifests::{key, secret},
};

/// Imports from the entry `key` of the Secret `mine`.
const FROM_MINE: &str = "source: {privateKey: {secretRef: {name: mine, key: key}}}";

fn id(world: &World, name: &str) -> String {
    resource_id(&format!("{}.{name}", world.namespace()))
}

fn published(world: &World, name: &str) -> Option<String> {
    world.emulator().key(&id(world, name))?.public_key
}

#[tokio::test]
async fn an_imported_pair_is_published_and_its_secret_stays_the_users() {
    let world = World::start(WorldOptions::new()).await;
    let mine = Made::ed25519();
    world.apply(&secret("mine", "key", &mine.private())).await;
    let before = world.secret("mine").await.unwrap();
    world
        .apply(&key("web", &format!("{{{FROM_MINE}, azure: {{}}}}")))
        .await;
    let status = world.wait_ready("web").await.status.unwrap();
    assert_eq!(status.fingerprint, Some(mine.fingerprint()));
    assert_eq!(status.secret_name.as_deref(), Some("mine"));
    assert_eq!(
        published(&world, "web").as_deref(),
        Some(mine.public().trim_end())
    );
    assert!(world.secret("web").await.is_none(), "no copy was asked for");

    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    assert_eq!(published(&world, "web"), None);
    let after = world.secret("mine").await.expect("it is the user's");
    assert_eq!(after.resource_version(), before.resource_version());
}

#[tokio::test]
async fn another_good_key_is_followed_and_rubbish_leaves_the_published_one() {
    let world = World::start(WorldOptions::new()).await;
    let (first, second) = (
        Made::ed25519(),
        Made::by_ssh_keygen(&["-t", "rsa", "-b", "2048"]),
    );
    world.apply(&secret("mine", "key", &first.private())).await;
    world
        .apply(&key("web", &format!("{{{FROM_MINE}, azure: {{}}}}")))
        .await;
    world.wait_ready("web").await;

    world
        .apply(&secret("mine", "key", "not a key at all"))
        .await;
    let object: SshKey = world
        .wait_condition(
            "web",
            ConditionType::KeyAvailable,
            "False",
            Reason::KeyFormatUnknown,
        )
        .await;
    let conditions = object.status.unwrap().conditions;
    let message = &find(&conditions, ConditionType::KeyAvailable)
        .unwrap()
        .message;
    assert!(message.contains("Secret mine"), "{message}");
    assert!(find(&conditions, ConditionType::Stalled).is_some());
    assert_eq!(
        published(&world, "web").as_deref(),
        Some(first.public().trim_end())
    );

    world.apply(&secret("mine", "key", &second.private())).await;
    let object = world.wait_ready("web").await;
    assert_eq!(
        object.status.unwrap().fingerprint,
        Some(second.fingerprint())
    );
    assert_eq!(
        published(&world, "web").as_deref(),
        Some(second.public().trim_end())
    );
    let change = world
        .until("an event of the change", async || {
            let events = world.events("web").await;
            events
                .iter()
                .find(|event| event.reason.as_deref() == Some("KeyChanged"))
                .and_then(|event| event.note.clone())
                .ok_or_else(|| format!("{events:?}"))
        })
        .await;
    assert!(
        change.contains(&first.fingerprint()) && change.contains(&second.fingerprint()),
        "{change}"
    );
}

#[tokio::test]
async fn a_copy_is_kept_in_the_operators_shape_and_follows() {
    let world = World::start(WorldOptions::new()).await;
    let (first, second) = (Made::ed25519(), Made::ed25519());
    world.apply(&secret("mine", "key", &first.private())).await;
    world
        .apply(&key(
            "web",
            &format!("{{{FROM_MINE}, secret: {{}}, azure: {{}}}}"),
        ))
        .await;
    world.wait_ready("web").await;
    let copy = world.secret("web").await.expect("a copy was asked for");
    assert_eq!(copy.type_.as_deref(), Some("kubernetes.io/ssh-auth"));
    let annotation = |secret: &k8s_openapi::api::core::v1::Secret, name: &str| {
        secret.annotations()[&format!("sshkey-operator.io/{name}")].clone()
    };
    assert_eq!(annotation(&copy, "fingerprint"), first.fingerprint());
    assert_eq!(annotation(&copy, "revision"), "1");

    world.apply(&secret("mine", "key", &second.private())).await;
    world
        .wait_for::<SshKey>("web", "it has the second key", |object| {
            let status = object.status.as_ref();
            status.and_then(|status| status.fingerprint.clone()) == Some(second.fingerprint())
        })
        .await;
    world.wait_ready("web").await;
    let copy = world.secret("web").await.unwrap();
    assert_eq!(annotation(&copy, "fingerprint"), second.fingerprint());
    assert_eq!(annotation(&copy, "revision"), "2");
    assert_eq!(
        published(&world, "web").as_deref(),
        Some(second.public().trim_end())
    );
}

#[tokio::test]
async fn an_object_waits_for_what_it_names_and_says_for_what() {
    let world = World::start(WorldOptions::new()).await;
    let mine = Made::ed25519();
    world
        .apply(&key("web", &format!("{{{FROM_MINE}, azure: {{}}}}")))
        .await;
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::SourceNotFound)
        .await;
    world.apply(&secret("mine", "other", "x")).await;
    let object: SshKey = world
        .wait_condition(
            "web",
            ConditionType::Ready,
            "False",
            Reason::SourceEntryMissing,
        )
        .await;
    let ready = find(&object.status.unwrap().conditions, ConditionType::Ready)
        .unwrap()
        .clone();
    let told = "Secret mine has nothing under key (it has other): put the key there";
    assert!(ready.message.contains(told), "{}", ready.message);
    assert!(world.emulator().keys().is_empty());
    world.apply(&secret("mine", "key", &mine.private())).await;
    world.wait_ready("web").await;
}
