//! A thousand keys: as many requests as there are things to do, and lists in as few pages as they fill.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use arm_emulator::{RequestRecord, StoredKey, Throttle};
use dev::{
    operator::{Flags, Operator},
    world::{LOCATION, SUBSCRIPTION, World, WorldOptions},
};
use futures::{StreamExt, TryStreamExt, stream};
use kube::{
    Api,
    api::{ListParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::{AzureStore, ConditionType, SshKey};

use crate::{
    operator::metrics::scrape_of,
    requests::counts::{Counts, is_read, of, with_a_few_more},
};

const KEYS: usize = 1_000;
const GROUPS: usize = 20;
/// Keys on one of Azure's pages: three pages for a group.
const PAGE: usize = 20;
/// Keys that are deleted in Azure, that get another public key, and whose tags are changed: each so many.
const DRIFTED: usize = 50;
/// Objects on one of the API server's pages.
const LISTED: usize = 50;
/// Secrets on a page that has what is in them.
const LISTED_WHOLE: usize = 20;

#[tokio::test]
async fn a_thousand_keys_take_a_few_requests_each_and_a_restart_and_a_sweep_take_pages() {
    let options = WorldOptions::new()
        // No sweep comes while requests are counted, however slow the machine is.
        .flag("azure-sweep-interval", "1h")
        .flag("azure-writes-burst", 10_000)
        .flag("azure-writes-per-minute", 600_000)
        .emulator(|mut config| {
            config.throttle = Throttle::Off;
            config.page_size = PAGE;
            config
        });
    let world = World::start(options).await;
    for number in 0..GROUPS {
        world
            .emulator()
            .put_group(SUBSCRIPTION, &group(number), LOCATION);
    }
    new_keys(&world).await;
    restart(&world).await;
    sweep(&world).await;
}

fn group(number: usize) -> String {
    format!("rg-{number}")
}

/// One patch, one Secret, one status and one event each; in Azure one write and one read.
async fn new_keys(world: &World) {
    // That a store was checked for the first time calls the keys that name it.
    world.wait_ready_of::<AzureStore>("default").await;
    world.proxy().reset();
    world.emulator().clear_log();
    create_all(world).await;
    let patience = Duration::from_mins(4);
    world
        .until_within(patience, "all keys are Ready", async || {
            // Their events are written behind other work.
            let told = of(&world.proxy().counts(), "create", "events");
            match ready(world).await {
                KEYS if told >= 1_000 => Ok(()),
                ready => Err(format!("{ready} are, {told} events")),
            }
        })
        .await;
    let asked = world.proxy().counts();
    println!("new: {asked:?}");
    for (verb, resource) in [
        ("patch", "sshkeys"),
        ("create", "secrets"),
        ("patch", "sshkeys/status"),
        ("create", "events"),
    ] {
        a_time_each(&asked, verb, resource);
    }
    // Those that are made at once hold their store by the same request.
    let holds = of(&asked, "patch", "azurestores");
    assert!(holds <= 16, "{holds} requests that hold the store");
    // To create a Secret tells whether there is one, and nothing is read again for what the watch shows of own writes, nor when
    // a list has to confirm what was published. A few keys may come before the watch has listed Secrets, and a few of own
    // writes may be shown late.
    let log = world.proxy().log();
    let reads = log.iter().filter(|one| {
        let access = &one.access;
        let is_of_key = access
            .name
            .as_deref()
            .is_some_and(|name| name.starts_with("key-"));
        access.verb == "get" && access.resource == "secrets" && is_of_key
    });
    let (before, after): (Vec<_>, Vec<_>) = reads.partition(|one| one.status == Some(404));
    let (before, after) = (before.len(), after.len());
    println!("{before} reads of nothing, {after} of what was written");
    assert!(before <= KEYS / 50, "{before} reads of nothing");
    assert!(after <= KEYS / 50, "{after} reads of what was written");
    let log = world.emulator().log();
    let writes = log.iter().filter(|one| one.request.is_arm_write());
    assert_eq!(writes.count(), KEYS);
    let reads = log.iter().filter(|one| is_read(one)).count();
    assert!(reads <= with_a_few_more(KEYS), "{reads} reads of keys");
}

/// Lists in pages, no read of a Secret, no write.
async fn restart(world: &World) {
    world.operator().kill();
    world.proxy().reset();
    world.emulator().clear_log();
    world.operator().restart().unwrap();
    world.operator().ready().await.unwrap();
    quiet(world, world.operator()).await;
    let asked = world.proxy().counts();
    println!("restart: {asked:?}");
    let reads = of(&asked, "get", "secrets");
    assert!(reads <= 5, "{reads} Secrets were read");
    let schema = "/openapi/v3/apis/sshkey-operator.io/v1alpha1";
    // The second is that of the start, which waits for the definitions.
    assert!(of(&asked, "get", schema) <= 2, "the schema");
    // Their names and versions for the watch, and what is in them.
    let pages = KEYS.div_ceil(LISTED) + KEYS.div_ceil(LISTED_WHOLE);
    let lists = of(&asked, "list", "secrets");
    assert!(lists <= pages as u64 + 5, "{lists} pages of Secrets");
    let writes = asked.iter().filter(|((verb, resource), _)| {
        ["create", "update", "patch", "delete"].contains(&verb.as_str()) && resource != "leases"
    });
    assert_eq!(writes.collect::<Vec<_>>(), []);
    let log = world.emulator().log();
    assert!(
        !log.iter()
            .any(|one| one.request.is_arm_write() || is_read(one))
    );
    whole_lists(&log);
}

/// Waits until each key was reconciled, and no reconcile has come for a while.
async fn quiet(world: &World, operator: &Operator) {
    const A_WHILE: Duration = Duration::from_secs(4);
    let since = Cell::new((0.0, Instant::now()));
    let patience = Duration::from_mins(4);
    world
        .until_within(patience, "all keys were reconciled", async || {
            let scrape = scrape_of(operator).await;
            let of_keys = [("controller", "sshkey")];
            let done = scrape.sum("controller_runtime_reconcile_total", &of_keys);
            let done = done.unwrap_or_default();
            let (before, begun) = since.get();
            if done > before {
                since.set((done, Instant::now()));
            } else if done >= 1_000.0 && begun.elapsed() > A_WHILE {
                return Ok(());
            }
            Err(format!("{done} reconciles"))
        })
        .await;
}

/// Pages, and beside them a read and a write of each key that was changed. Of Secrets, which nobody has changed, only those of
/// keys that are written.
async fn sweep(world: &World) {
    world.operator().kill();
    let often = Flags::default().set("azure-sweep-interval", "30s");
    let sweeping = world.start_replica("sweeping", &often);
    sweeping.ready().await.unwrap();
    quiet(world, &sweeping).await;
    let before = world.emulator().keys();
    let mut drifting = before.iter().step_by(KEYS / (3 * DRIFTED));
    for key in drifting.by_ref().take(DRIFTED) {
        world.emulator().delete_key(&key.id);
    }
    for key in drifting.by_ref().take(DRIFTED) {
        world.emulator().put_key_as_someone_else(StoredKey {
            public_key: before[0].public_key.clone(),
            ..key.clone()
        });
    }
    for key in drifting.by_ref().take(DRIFTED) {
        world.emulator().put_key_as_someone_else(StoredKey {
            tags: [("theirs".to_owned(), "x".to_owned())].into(),
            ..key.clone()
        });
    }
    world.emulator().clear_log();
    world.proxy().reset();
    let patience = Duration::from_mins(4);
    world
        .until_within(patience, "all of it is put right", async || {
            let now = world.emulator().keys();
            let right = before.iter().filter(|key| is_as_before(key, &now));
            match right.count() {
                KEYS => Ok(()),
                right => Err(format!("{right} are as they were")),
            }
        })
        .await;
    let log = world.emulator().log();
    let writes = log.iter().filter(|one| one.request.is_arm_write()).count();
    assert_eq!(writes, 3 * DRIFTED);
    let reads = log.iter().filter(|one| is_read(one)).count();
    assert!(
        reads <= with_a_few_more(3 * DRIFTED),
        "{reads} reads of keys"
    );
    whole_lists(&log);
    let secrets = of(&world.proxy().counts(), "get", "secrets");
    println!("sweep: {secrets} reads of Secrets");
    // Each that is put right rests on a Secret that was read.
    let fewest = 3 * DRIFTED;
    assert!(
        (fewest as u64..=with_a_few_more(fewest) as u64).contains(&secrets),
        "{secrets} reads of Secrets"
    );
}

async fn create_all(world: &World) {
    let keys: Api<SshKey> = world.api();
    stream::iter(0..KEYS)
        .map(async |number| {
            let azure = json!({ "azure": { "resourceGroup": { "name": group(number % GROUPS) } } });
            let spec = serde_json::from_value(azure).unwrap();
            let key = SshKey::new(&format!("key-{number}"), spec);
            keys.create(&PostParams::default(), &key).await
        })
        .buffer_unordered(16)
        .try_for_each(async |_| Ok(()))
        .await
        .unwrap();
}

async fn ready(world: &World) -> usize {
    let keys: Api<SshKey> = world.api();
    let all = keys.list(&ListParams::default()).await.unwrap();
    let is_ready = |key: &&SshKey| {
        let status = key.status.as_ref();
        status.is_some_and(|status| {
            let mut conditions = status.conditions.iter();
            conditions.any(|one| one.type_ == ConditionType::Ready.as_str() && one.status == "True")
        })
    };
    all.items.iter().filter(is_ready).count()
}

fn a_time_each(asked: &Counts, verb: &str, resource: &str) {
    let times = usize::try_from(of(asked, verb, resource)).unwrap();
    assert!(
        (KEYS..=with_a_few_more(KEYS)).contains(&times),
        "{times} times {verb} {resource}"
    );
}

/// Each list of a group that was begun has the pages that its keys fill, and no page was read twice.
fn whole_lists(log: &[RequestRecord]) {
    for number in 0..GROUPS {
        let end = format!(
            "/{}/providers/Microsoft.Compute/sshPublicKeys",
            group(number)
        );
        let pages = log
            .iter()
            .filter(|one| one.request.method == "GET" && one.request.path.ends_with(&end));
        let is_later = |one: &&RequestRecord| one.request.query.contains("skip");
        // A list may have been under way when the log began.
        let (later, first): (Vec<_>, Vec<_>) = pages.skip_while(is_later).partition(is_later);
        let begun = first.len();
        assert!(begun >= 1, "{} was not listed", group(number));
        let least = (KEYS / GROUPS).div_ceil(PAGE) - 1;
        // The last list may be under way.
        let later = later.len();
        assert!(
            ((begun - 1) * least..=begun * least).contains(&later),
            "{begun} lists of {} took {later} more pages",
            group(number),
        );
    }
}

fn is_as_before(key: &StoredKey, now: &[StoredKey]) -> bool {
    now.iter().any(|one| {
        let mut tags = key.tags.iter();
        one.id == key.id
            && one.public_key == key.public_key
            && tags.all(|(name, value)| one.tags.get(name) == Some(value))
    })
}
