//! A person who may write tags in Azure: the operator puts back marks that were stripped, respects marks of others, and
//! lets a mark that was copied to another key claim nothing but our own key.

use std::collections::BTreeMap;

use arm_emulator::StoredKey;
use dev::world::{World, WorldOptions, resource_id};
use kube::{Api, api::DeleteParams};
use sshkey_operator::api::{ConditionType, Reason, SshKey, names::tag};

use crate::{
    made::Made,
    manifests::key,
    seen::{azure_writes, sweeps_pass},
};

const MARK: [&str; 4] = [tag::CLUSTER, tag::NAMESPACE, tag::OBJECT, tag::UID];

/// A world with a published key.
async fn world() -> (World, StoredKey) {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let id = id(&world, "web");
    let stored = world.emulator().key(&id).unwrap();
    (world, stored)
}

fn id(world: &World, name: &str) -> String {
    resource_id(&format!("{}.{name}", world.namespace()))
}

/// Changes the tags of a key behind the operator's back.
fn retag(world: &World, stored: &StoredKey, tags: BTreeMap<String, String>) {
    let changed = StoredKey {
        tags,
        ..stored.clone()
    };
    world.emulator().put_key_as_someone_else(changed);
}

/// Waits until the key in Azure is as it was, mark and all.
async fn put_back(world: &World, stored: &StoredKey) {
    let id = id(world, "web");
    world
        .until("the mark is back", async || {
            let seen = world.emulator().key(&id);
            let marks = |key: &StoredKey| {
                let mut tags = key.tags.clone();
                tags.retain(|name, _| MARK.contains(&name.as_str()));
                tags
            };
            match &seen {
                Some(key) if marks(key) == marks(stored) && key.public_key == stored.public_key => {
                    Ok(())
                }
                other => Err(format!("{other:#?}")),
            }
        })
        .await;
}

async fn delete(world: &World) {
    let api: Api<SshKey> = world.api();
    api.delete("web", &DeleteParams::default()).await.unwrap();
    world.wait_gone::<SshKey>("web").await;
}

#[tokio::test]
async fn a_mark_that_is_stripped_in_whole_or_in_part_is_put_back_and_the_key_goes_with_the_object()
{
    let (world, stored) = world().await;
    let mut damages = vec![BTreeMap::new()];
    for part in MARK {
        let mut tags = stored.tags.clone();
        tags.remove(part);
        damages.push(tags);
    }
    for damage in damages {
        retag(&world, &stored, damage);
        put_back(&world, &stored).await;
        world.wait_ready("web").await;
    }
    retag(&world, &stored, BTreeMap::new());
    delete(&world).await;
    assert_eq!(world.emulator().keys(), [], "it was ours without its mark");
}

#[tokio::test]
async fn a_mark_whose_names_a_policy_writes_in_capitals_is_still_a_mark() {
    let (world, stored) = world().await;
    let capitals = stored.tags.iter();
    let capitals = capitals
        .map(|(name, value)| (name.to_uppercase(), value.clone()))
        .collect();
    retag(&world, &stored, capitals);
    world.emulator().clear_log();
    sweeps_pass(&world).await;
    world.wait_ready("web").await;
    let writes = azure_writes(&world);
    let about_web = writes.iter().filter(|write| write.ends_with(".web"));
    assert_eq!(about_web.count(), 0, "{writes:?}");
    delete(&world).await;
    let left = world.emulator().keys();
    assert!(left.iter().all(|key| !key.name.ends_with(".web")));
}

#[tokio::test]
async fn a_whole_mark_of_another_object_vetoes_every_write_and_the_end_of_the_object_too() {
    for (part, value) in [
        (tag::CLUSTER, "another-cluster"),
        (tag::NAMESPACE, "another-namespace"),
        (tag::OBJECT, "another"),
        (tag::UID, "00000000-0000-4000-8000-000000000000"),
    ] {
        let (world, stored) = world().await;
        let mut tags = stored.tags.clone();
        tags.insert(part.to_owned(), value.to_owned());
        retag(&world, &stored, tags);
        world.emulator().clear_log();
        let kind = ConditionType::AzureSynced;
        let _: SshKey = world
            .wait_condition("web", kind, "False", Reason::AzureKeyConflict)
            .await;
        sweeps_pass(&world).await;
        delete(&world).await;
        let writes = azure_writes(&world);
        let about_web = writes.iter().filter(|write| write.ends_with(".web"));
        assert_eq!(about_web.count(), 0, "{part}: {writes:?}");
        let left = world.emulator().key(&id(&world, "web")).unwrap();
        assert_eq!(left.tags[part], value);
    }
}

#[tokio::test]
async fn a_mark_that_is_copied_to_a_second_key_moves_nothing_and_claims_only_our_key() {
    let (world, stored) = world().await;
    let second = |name: &str, public_key: &str| StoredKey {
        id: String::new(),
        name: format!("{}.{name}", world.namespace()),
        public_key: Some(public_key.to_owned()),
        ..stored.clone()
    };
    let ours = stored.public_key.clone().unwrap();
    let strangers = Made::ed25519().material();
    world
        .emulator()
        .put_key_as_someone_else(second("copy", &ours));
    world
        .emulator()
        .put_key_as_someone_else(second("stranger", &strangers));
    world.emulator().clear_log();
    sweeps_pass(&world).await;
    let object = world.wait_ready("web").await;
    let azure = object.status.clone().unwrap().azure.unwrap();
    assert_eq!(azure.resource_id, id(&world, "web"));
    let writes = azure_writes(&world);
    let others = writes.iter().filter(|write| !write.ends_with(".canary"));
    assert_eq!(others.count(), 0, "{writes:?}");

    delete(&world).await;
    let stranger = world.emulator().key(&id(&world, "stranger"));
    assert_eq!(
        stranger.unwrap().public_key.as_deref(),
        Some(strangers.as_str()),
        "what is not our key stays, whatever its tags say"
    );
    assert_eq!(world.emulator().key(&id(&world, "web")), None);
    assert_eq!(
        world.emulator().key(&id(&world, "copy")),
        None,
        "our own key under our own mark goes with the object"
    );
}
