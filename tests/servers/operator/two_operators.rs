//! Two operators of two clusters on one resource group: no fight, each key in Azure with one owner, and the loser is told
//! who owns it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use dev::world::{World, WorldOptions};
use kube::api::ListParams;
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find, names::tag};

use crate::manifests::key;

const KEYS: usize = 5;
/// How long they are watched once each object has said how it stands: dozens of sweeps.
const WATCHED: Duration = Duration::from_mins(1);

fn names() -> impl Iterator<Item = String> {
    (0..KEYS).map(|number| format!("web-{number}"))
}

/// A second cluster that publishes into the Azure of the first.
pub(crate) async fn beside(
    first: &World,
    cluster: &str,
    namespace: Option<&str>,
) -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, first.emulator().ca_pem()).unwrap();
    let mut options = WorldOptions::new()
        .own_control_plane()
        .flag("cluster-id", cluster)
        .flag("azure-arm-endpoint", first.emulator().endpoint())
        .flag("azure-authority-host", first.emulator().endpoint())
        .flag("azure-ca-file", ca.display());
    if let Some(namespace) = namespace {
        options = options.namespace(namespace);
    }
    (World::start(options).await, folder)
}

/// The reason of each object's Ready condition, with its message.
async fn standing(world: &World) -> BTreeMap<String, (String, String)> {
    let list = world.api::<SshKey>().list(&ListParams::default()).await;
    let said = list.unwrap().items.into_iter().filter_map(|key| {
        let status = key.status?;
        let ready = find(&status.conditions, ConditionType::Ready)?;
        Some((
            key.metadata.name?,
            (ready.reason.clone(), ready.message.clone()),
        ))
    });
    said.collect()
}

/// Waits until every object of both is either Ready or told that another's key is in its place.
async fn wait_settled(worlds: [&World; 2]) {
    let settled = [
        Reason::UpToDate,
        Reason::AzureKeyConflict,
        Reason::PrivateKeyLost,
    ]
    .map(Reason::as_str);
    for world in worlds {
        world
            .until("each has said how it stands", async || {
                let all = standing(world).await;
                let good = all
                    .values()
                    .filter(|(reason, _)| settled.contains(&reason.as_str()));
                if good.count() == KEYS {
                    Ok(())
                } else {
                    Err(format!("{all:?}"))
                }
            })
            .await;
    }
}

/// Applies the same objects to both at once, and watches them for a minute: the losers and what they are told.
async fn contest(worlds: [&World; 2], spec: impl Fn(&str) -> String) -> Vec<(String, String)> {
    let all: Vec<String> = names().map(|name| key(&name, &spec(&name))).collect();
    let all = all.join("---\n");
    futures::join!(worlds[0].apply(&all), worlds[1].apply(&all));
    wait_settled(worlds).await;
    let azure = worlds[0].emulator();
    // Who has written at the same moment finds the other's key by the next list.
    let started = Instant::now();
    let confirmed = Duration::from_secs(12);
    wait_until(worlds[0], started, confirmed).await;
    wait_settled(worlds).await;
    let settled = azure.keys();
    azure.clear_log();
    wait_until(worlds[0], started, WATCHED).await;

    let log = azure.log();
    let writes: Vec<_> = log
        .iter()
        .filter(|one| one.request.is_arm_write())
        .collect();
    assert!(writes.is_empty(), "a fight: {writes:#?}");
    assert_eq!(azure.keys(), settled);
    assert_eq!(settled.len(), KEYS);
    let (one, other) = (standing(worlds[0]).await, standing(worlds[1]).await);
    let mut losers = Vec::new();
    for name in names() {
        let both = [&one[&name], &other[&name]];
        let owners = both
            .iter()
            .filter(|(reason, _)| reason == Reason::UpToDate.as_str());
        assert_eq!(owners.count(), 1, "{name}: {both:?}");
        let lost = both
            .iter()
            .find(|(reason, _)| reason != Reason::UpToDate.as_str());
        losers.push((name, lost.unwrap().1.clone()));
    }
    losers
}

async fn wait_until(world: &World, started: Instant, passed: Duration) {
    let patience = passed + Duration::from_secs(10);
    world
        .until_within(patience, "the time has passed", async || {
            let so_far = started.elapsed();
            if so_far >= passed {
                Ok(())
            } else {
                Err(format!("{so_far:?}"))
            }
        })
        .await;
}

#[tokio::test]
async fn clusters_with_ids_of_their_own_tell_the_loser_who_the_owner_is() {
    let first = World::start(WorldOptions::new().flag("cluster-id", "alpha")).await;
    let (second, _folder) = beside(&first, "beta", None).await;
    let spec = |name: &str| format!("{{azure: {{name: shared-{name}}}}}");
    let losers = contest([&first, &second], spec).await;
    for (name, said) in losers {
        let tells = |world: &World, cluster: &str| {
            said.contains(&format!(
                "carries the mark of SshKey {}/{name} of cluster {cluster}",
                world.namespace()
            ))
        };
        assert!(tells(&first, "alpha") || tells(&second, "beta"), "{said}");
    }
    let owners: BTreeSet<String> = first
        .emulator()
        .keys()
        .iter()
        .map(|key| key.tags[tag::CLUSTER].clone())
        .collect();
    println!("two operators: the owners are of {owners:?}");
}

#[tokio::test]
async fn clusters_that_were_given_the_same_id_do_not_fight_either() {
    let first = World::start(WorldOptions::new().flag("cluster-id", "same")).await;
    let namespace = first.namespace().to_owned();
    let (second, _folder) = beside(&first, "same", Some(&namespace)).await;
    let losers = contest([&first, &second], |_| "{azure: {}}".to_owned()).await;
    // With one id for both, the other's key looks like that of an earlier life of the object, whose Secret is lost.
    for (_, said) in losers {
        let told = [
            "the mark of an earlier SshKey of this name",
            "Azure holds the key SHA256:",
        ];
        assert!(told.iter().any(|words| said.contains(words)), "{said}");
    }
}
