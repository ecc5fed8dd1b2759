//! What the operator is for: an `SshKey` is applied, and there are a Secret, a key in Azure, and a status that is right.

use dev::world::{World, WorldOptions, resource_id};
use kube::ResourceExt;
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

pub(crate) fn id(world: &World, name: &str) -> String {
    resource_id(&format!("{}.{name}", world.namespace()))
}

#[tokio::test]
async fn a_key_is_generated_stored_and_published() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key("web", "{azure: {tags: {team: web}}}"))
        .await;
    let object = world.wait_ready("web").await;
    let status = object.status.clone().unwrap();

    let secret = world.secret("web").await.expect("the Secret exists");
    assert_eq!(secret.type_.as_deref(), Some("kubernetes.io/ssh-auth"));
    assert!(
        secret.owner_references().is_empty(),
        "a private key has no owner that could take it along"
    );
    let data = secret.data.clone().unwrap();
    assert_eq!(
        data.keys().collect::<Vec<_>>(),
        ["ssh-privatekey", "ssh-publickey"]
    );
    let line = String::from_utf8(data["ssh-publickey"].0.clone()).unwrap();
    assert_eq!(status.public_key.as_deref(), Some(line.trim_end()));
    assert_eq!(
        secret.annotations()["sshkey-operator.io/fingerprint"],
        status.fingerprint.clone().unwrap()
    );
    assert_eq!(
        secret.annotations()["sshkey-operator.io/owner-uid"],
        object.uid().unwrap()
    );

    let published = world
        .emulator()
        .key(&id(&world, "web"))
        .expect("the key is in Azure");
    assert_eq!(published.public_key.as_deref(), Some(line.trim_end()));
    assert_eq!(published.location, "westeurope");
    assert_eq!(published.tags["team"], "web");
    assert_eq!(published.tags["sshkey-operator-object"], "web");
    assert_eq!(published.tags["sshkey-operator-uid"], object.uid().unwrap());

    assert_eq!(status.observed_generation, object.metadata.generation);
    assert_eq!(status.algorithm.as_deref(), Some("Ed25519"));
    assert_eq!(status.azure.unwrap().resource_id, id(&world, "web"));
    let events = world.wait_event("web", "UpToDate").await;
    let reasons: Vec<_> = events
        .iter()
        .map(|event| event.reason.as_deref().unwrap_or_default())
        .collect();
    assert_eq!(reasons, ["UpToDate"], "one success event a key");
}

#[tokio::test]
async fn creation_takes_the_necessary_writes_and_then_none() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let ready = world.wait_ready("web").await;
    let writes = |world: &World| -> Vec<String> {
        let log = world.emulator().log();
        log.iter()
            .filter(|record| record.request.is_arm_write())
            .map(|record| record.request.method.clone())
            .collect()
    };
    assert_eq!(writes(&world), ["PUT"]);
    let counts = world.proxy().counts();
    let count = |verb: &str, resource: &str| {
        counts
            .get(&(verb.to_owned(), resource.to_owned()))
            .copied()
            .unwrap_or(0)
    };
    assert_eq!(
        count("patch", "sshkeys"),
        1,
        "finalizer and records: {counts:?}"
    );
    assert_eq!(count("create", "secrets"), 1, "{counts:?}");
    assert_eq!(count("patch", "sshkeys/status"), 1, "{counts:?}");

    // Three sweeps later nothing was written, though all was looked at.
    let lists = |world: &World| {
        let log = world.emulator().log();
        log.iter()
            .filter(|record| record.request.path.ends_with("/sshPublicKeys"))
            .count()
    };
    let before = lists(&world);
    let api_writes = world.proxy().writes();
    world
        .until("three more lists", async || {
            if lists(&world) >= before + 3 {
                Ok(())
            } else {
                Err("not yet".into())
            }
        })
        .await;
    assert_eq!(writes(&world), ["PUT"]);
    assert_eq!(
        world.proxy().writes(),
        api_writes,
        "{:?}",
        world.proxy().log()
    );
    let now = world.api::<SshKey>().get("web").await.unwrap();
    assert_eq!(now.resource_version(), ready.resource_version());
}

#[tokio::test]
async fn a_key_without_azure_asks_nothing_of_azure() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key(
            "local",
            "{source: {generate: {algorithm: ECDSA, size: 384, comment: me@here}}}",
        ))
        .await;
    let status = world.wait_ready("local").await.status.unwrap();
    assert_eq!(
        (status.algorithm.as_deref(), status.size),
        (Some("ECDSA"), Some(384))
    );
    assert!(status.public_key.unwrap().ends_with(" me@here"));
    assert!(find(&status.conditions, ConditionType::AzureSynced).is_none());
    let log = world.emulator().log();
    // The store has looked at its group; of the key nothing was asked.
    assert!(
        !log.iter()
            .any(|record| record.request.path.contains("sshPublicKeys/"))
    );
}

#[tokio::test]
async fn a_missing_resource_group_is_created_where_that_is_allowed_and_nothing_else_of_it_is_touched()
 {
    let world = World::start(WorldOptions::new().without(dev::world::Part::ResourceGroup)).await;
    let group = "{azure: {resourceGroup: {name: rg-new, creationPolicy: IfMissing}}}";
    for name in ["a", "b", "c"] {
        world.apply(&key(name, group)).await;
    }
    for name in ["a", "b", "c"] {
        world.wait_ready(name).await;
    }
    let log = world.emulator().log();
    let puts = log.iter().filter(|record| {
        record.request.method == "PUT"
            && record
                .request
                .path
                .to_lowercase()
                .ends_with("/resourcegroups/rg-new")
    });
    assert_eq!(
        puts.count(),
        1,
        "a PUT on a group that exists would replace its tags"
    );
    assert_eq!(world.emulator().keys().len(), 3);
}

#[tokio::test]
async fn a_suspended_key_says_what_it_would_do_and_goes_on_when_it_may() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{suspend: true, azure: {}}")).await;
    let object: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::Suspended)
        .await;
    let conditions = object.status.unwrap().conditions;
    let message = &find(&conditions, ConditionType::Ready).unwrap().message;
    assert!(
        message.contains("create Secret web") && message.contains("sshPublicKeys"),
        "{message}"
    );
    assert!(world.secret("web").await.is_none());
    world
        .apply(&key("web", "{suspend: false, azure: {}}"))
        .await;
    world.wait_ready("web").await;
}
