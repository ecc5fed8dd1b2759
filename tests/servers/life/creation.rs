//! What the operator is for: an `SshKey` is applied, and there are a Secret, a key in Azure, and a status that is right.

use dev::{
    proxy::Fault,
    world::{World, WorldOptions, resource_id},
};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

fn id(world: &World, name: &str) -> String {
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
    let events = world.events("web").await;
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
async fn an_edit_of_the_tags_is_one_patch_and_foreign_tags_stay() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key("web", "{azure: {tags: {team: web}}}"))
        .await;
    world.wait_ready("web").await;
    let mut stored = world.emulator().key(&id(&world, "web")).unwrap();
    stored.tags.insert("Creator".into(), "policy".into());
    stored.id = String::new();
    world.emulator().put_key_as_someone_else(stored);
    world.emulator().clear_log();
    world
        .apply(&key("web", "{azure: {tags: {stage: test}}}"))
        .await;
    world
        .until("the tags are changed", async || {
            let tags = world.emulator().key(&id(&world, "web")).unwrap().tags;
            let so =
                tags.get("stage").map(String::as_str) == Some("test") && !tags.contains_key("team");
            if so && tags["Creator"] == "policy" {
                Ok(())
            } else {
                Err(format!("{tags:?}"))
            }
        })
        .await;
    let log = world.emulator().log();
    let writes = log
        .iter()
        .filter(|record| record.request.is_arm_write())
        .count();
    assert_eq!(writes, 1);
}

#[tokio::test]
async fn a_changed_or_deleted_azure_key_is_put_back() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let ours = world.emulator().key(&id(&world, "web")).unwrap();
    let is_back = async || match world.emulator().key(&id(&world, "web")) {
        Some(there) if there.public_key == ours.public_key && there.tags == ours.tags => Ok(()),
        other => Err(format!("{other:?}")),
    };
    assert!(world.emulator().delete_key(&id(&world, "web")));
    world.until("the deleted key is back", is_back).await;
    let mut changed = ours.clone();
    changed.id = String::new();
    changed.public_key = Some(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIGx2aoq4LqJkwcfR0rMXYUyWuEO/7ai2DJkf4e8IzA+ eve"
            .to_owned(),
    );
    world.emulator().put_key_as_someone_else(changed);
    world.until("the changed key is back", is_back).await;
    world.wait_ready("web").await;
    // It was ready all the time: the events come after what they tell of.
    world
        .until("both are told", async || {
            let events = world.events("web").await.into_iter();
            let reasons: Vec<_> = events.filter_map(|event| event.reason).collect();
            let is_told = |reason: &str| reasons.iter().any(|told| told == reason);
            if is_told("PublishKey") && is_told("UpdateAzureKey") {
                Ok(())
            } else {
                Err(format!("{reasons:?}"))
            }
        })
        .await;
}

#[tokio::test]
async fn a_key_that_azure_wraps_over_lines_is_no_drift() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key(
            "web",
            "{source: {generate: {algorithm: RSA, size: 2048}}, azure: {}}",
        ))
        .await;
    world.wait_ready("web").await;
    assert!(world.emulator().wrap_with_crlf(&id(&world, "web")));
    world.emulator().clear_log();
    world
        .until("two lists", async || {
            let log = world.emulator().log();
            let lists = log
                .iter()
                .filter(|record| record.request.path.ends_with("/sshPublicKeys"))
                .count();
            if lists >= 2 {
                Ok(())
            } else {
                Err(format!("{lists} lists"))
            }
        })
        .await;
    assert!(
        !world
            .emulator()
            .log()
            .iter()
            .any(|record| record.request.is_arm_write())
    );
}

#[tokio::test]
async fn a_deleted_secret_is_lost_and_found_again_when_it_is_put_back() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let mut backup = world.secret("web").await.unwrap();
    world.emulator().clear_log();
    world
        .api::<Secret>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    let object: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::PrivateKeyLost)
        .await;
    assert!(find(&object.status.unwrap().conditions, ConditionType::Stalled).is_some());
    assert!(world.secret("web").await.is_none());
    backup.metadata.resource_version = None;
    backup.metadata.uid = None;
    backup.metadata.managed_fields = None;
    world
        .api::<Secret>()
        .create(&Default::default(), &backup)
        .await
        .unwrap();
    world.wait_ready("web").await;
    assert!(
        !world
            .emulator()
            .log()
            .iter()
            .any(|record| record.request.is_arm_write()),
        "Azure was left alone"
    );
}

#[tokio::test]
async fn a_replaced_emptied_or_corrupt_secret_stops_everything_until_it_is_right_again() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.apply(&key("other", "{}")).await;
    world.wait_ready("web").await;
    world.wait_ready("other").await;
    let right = world.secret("web").await.unwrap().data.unwrap()["ssh-privatekey"].clone();
    let foreign = world.secret("other").await.unwrap().data.unwrap()["ssh-privatekey"].clone();
    let mut corrupt = right.clone();
    let middle = corrupt.0.len() / 2;
    corrupt.0[middle] ^= 1;
    world.emulator().clear_log();
    for (bytes, reason) in [
        (foreign, Reason::PrivateKeyReplaced),
        (corrupt, Reason::PrivateKeyUnreadable),
        (
            k8s_openapi::ByteString(b"not a key".to_vec()),
            Reason::PrivateKeyUnreadable,
        ),
    ] {
        let set = |bytes: &k8s_openapi::ByteString| json!({ "data": { "ssh-privatekey": bytes } });
        let secrets = world.api::<Secret>();
        secrets
            .patch("web", &PatchParams::default(), &Patch::Merge(set(&bytes)))
            .await
            .unwrap();
        let _: SshKey = world
            .wait_condition("web", ConditionType::Ready, "False", reason)
            .await;
        secrets
            .patch("web", &PatchParams::default(), &Patch::Merge(set(&right)))
            .await
            .unwrap();
        world.wait_ready("web").await;
    }
    assert!(
        !world
            .emulator()
            .log()
            .iter()
            .any(|record| record.request.is_arm_write()),
        "Azure was left alone"
    );
}

#[tokio::test]
async fn a_secret_that_was_made_again_without_its_key_stops_everything() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let mut emptied = world.secret("web").await.unwrap();
    emptied.metadata.resource_version = None;
    emptied.metadata.uid = None;
    emptied.metadata.managed_fields = None;
    emptied.type_ = Some("Opaque".to_owned());
    emptied.data = None;
    world.emulator().clear_log();
    let secrets = world.api::<Secret>();
    secrets
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    secrets.create(&Default::default(), &emptied).await.unwrap();
    let _: SshKey = world
        .wait_condition(
            "web",
            ConditionType::Ready,
            "False",
            Reason::PrivateKeyUnreadable,
        )
        .await;
    assert!(
        !world
            .emulator()
            .log()
            .iter()
            .any(|record| record.request.is_arm_write()),
        "Azure was left alone"
    );
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

#[tokio::test]
async fn deletion_runs_the_policies() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("a", "{azure: {}}")).await;
    world
        .apply(&key("b", "{secret: {deletionPolicy: Delete}, azure: {}}"))
        .await;
    world
        .apply(&key("c", "{azure: {deletionPolicy: Retain}}"))
        .await;
    for name in ["a", "b", "c"] {
        world.wait_ready(name).await;
    }
    for name in ["a", "b", "c"] {
        world
            .api::<SshKey>()
            .delete(name, &DeleteParams::foreground())
            .await
            .unwrap();
    }
    for name in ["a", "b", "c"] {
        world.wait_gone::<SshKey>(name).await;
    }
    let left: Vec<_> = world
        .emulator()
        .keys()
        .into_iter()
        .map(|key| key.name)
        .collect();
    assert_eq!(left, [format!("{}.c", world.namespace())]);
    assert!(world.secret("a").await.is_some() && world.secret("c").await.is_some());
    assert!(world.secret("b").await.is_none());
}

#[tokio::test]
async fn a_secret_whose_deletion_is_refused_is_not_left_behind() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key("web", "{secret: {deletionPolicy: Delete}}"))
        .await;
    world.wait_ready("web").await;
    // A conflict says that another one of that name is there, or no more than that somebody stands against it now.
    world.proxy().reset();
    let conflict = Fault::Answer {
        status: 409,
        retry_after: None,
    };
    world.proxy().at_write(1, conflict);
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    assert!(world.secret("web").await.is_none());
    let log = world.proxy().log();
    let deletions = log.iter().filter(|entry| entry.method == "DELETE");
    let answers: Vec<_> = deletions.map(|entry| entry.status).collect();
    assert_eq!(answers, [Some(409), Some(200)]);
}

#[tokio::test]
async fn azure_is_left_when_the_spec_no_longer_asks_for_it() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let published = world.wait_ready("web").await;
    let patch = json!({ "spec": { "azure": null } });
    world
        .api::<SshKey>()
        .patch("web", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
    world
        .wait_for::<SshKey>("web", "without Azure", |key| {
            key.status
                .as_ref()
                .is_some_and(|status| status.azure.is_none())
                && key.metadata.generation != published.metadata.generation
        })
        .await;
    let object = world.wait_ready("web").await;
    assert!(world.emulator().keys().is_empty());
    assert!(
        !object
            .annotations()
            .contains_key("sshkey-operator.io/azure-keys")
    );
}
