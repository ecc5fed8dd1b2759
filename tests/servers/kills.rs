//! SIGKILL at every write of a creation and of a deletion, to the API server and to Azure, before the write is passed on
//! and after it was done: the end is that of the undisturbed life, one key was generated, and nothing was ever published
//! whose private half was not stored.

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use arm_emulator::{Interceptor, RequestInfo, Verdict, VerdictFuture};
use dev::{
    operator::Operator,
    proxy::Fault,
    world::{World, WorldOptions, resource_id},
};
use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api, ResourceExt,
    api::DeleteParams,
    runtime::{WatchStreamExt, watcher},
};
use sshkey_operator::api::SshKey;

const MANIFEST: &str = "
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {name: web}
spec:
  secret: {deletionPolicy: Delete}
  azure: {resourceGroup: {name: rg-made, creationPolicy: IfMissing}}
  outputs: [{name: files, pem: {}}, {name: public, publicConfigMap: {}}]
";

/// Where the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Before,
    After,
}

/// Looks at every write that reaches Azure while it waits: is what it publishes stored? And kills at one of them.
struct Guard {
    secrets: Api<Secret>,
    writes: AtomicU64,
    kill: Mutex<Option<(u64, When, Operator)>>,
    violations: Mutex<Vec<String>>,
}

impl Guard {
    fn new(world: &World) -> Arc<Self> {
        let guard = Arc::new(Self {
            secrets: world.api(),
            writes: AtomicU64::new(0),
            kill: Mutex::default(),
            violations: Mutex::default(),
        });
        world.emulator().set_interceptor(Some(guard.clone()));
        guard
    }

    /// From now on: kill at this write.
    fn arm(&self, number: u64, when: When, operator: &Operator) {
        self.writes.store(0, Ordering::SeqCst);
        *self.kill.lock().unwrap() = Some((number, when, operator.clone()));
    }

    fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    fn killed(&self) -> bool {
        self.kill.lock().unwrap().is_none()
    }

    fn strike(&self, now: When) -> bool {
        let mut kill = self.kill.lock().unwrap();
        let strikes = kill
            .as_ref()
            .is_some_and(|(number, when, _)| *number == self.writes() && *when == now);
        if strikes && let Some((_, _, operator)) = kill.take() {
            operator.kill();
        }
        strikes
    }

    async fn check(&self, request: &RequestInfo) {
        let published = request
            .body
            .as_ref()
            .and_then(|body| body["properties"]["publicKey"].as_str().map(str::to_owned));
        let Some(published) = published else { return };
        let stored = self
            .secrets
            .get_opt("web")
            .await
            .unwrap()
            .and_then(|secret| secret.data);
        let stored = stored
            .and_then(|mut data| data.remove("ssh-publickey"))
            .map(|bytes| bytes.0);
        if stored != Some(format!("{published}\n").into_bytes()) {
            self.violations
                .lock()
                .unwrap()
                .push(format!("{} before it was stored", request.path));
        }
    }
}

impl Interceptor for Guard {
    fn before<'a>(&'a self, request: &'a RequestInfo) -> VerdictFuture<'a> {
        Box::pin(async move {
            if !request.is_arm_write() {
                return Verdict::Continue;
            }
            self.check(request).await;
            self.writes.fetch_add(1, Ordering::SeqCst);
            if self.strike(When::Before) {
                Verdict::DropConnection
            } else {
                Verdict::Continue
            }
        })
    }

    fn after<'a>(&'a self, request: &'a RequestInfo, _: u16) -> VerdictFuture<'a> {
        Box::pin(async move {
            if request.is_arm_write() && self.strike(When::After) {
                Verdict::DropConnection
            } else {
                Verdict::Continue
            }
        })
    }
}

async fn life(
    world: &World,
    guard: &Guard,
    in_creation: impl FnOnce(),
    in_deletion: impl FnOnce(),
) {
    in_creation();
    world.apply(MANIFEST).await;
    let object = revived(world, async || {
        let object = world.api::<SshKey>().get("web").await.unwrap();
        let ready = object.status.as_ref().is_some_and(|status| {
            status
                .conditions
                .iter()
                .any(|condition| condition.type_ == "Ready" && condition.status == "True")
        });
        if ready {
            Ok(object)
        } else {
            Err("not ready yet".to_owned())
        }
    })
    .await;
    let status = object.status.unwrap();
    let secret = world.secret("web").await.unwrap();
    assert_eq!(
        secret.metadata.annotations.unwrap()["sshkey-operator.io/fingerprint"],
        status.fingerprint.clone().unwrap()
    );
    let fingerprint = |public: &str| {
        let key = sshkey_operator::keys::PublicKey::parse(public).unwrap();
        Some(key.fingerprint().to_string())
    };
    let files = world.secret("files").await.unwrap().data.unwrap();
    let public = String::from_utf8(files["web.pub"].0.clone()).unwrap();
    assert_eq!(fingerprint(&public), status.fingerprint);
    let map: ConfigMap = world.api().get("public").await.unwrap();
    let public = &map.data.unwrap()["ssh-publickey"];
    assert_eq!(fingerprint(public), status.fingerprint);
    let keys = world.emulator().keys();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].public_key, status.public_key);
    assert_eq!(keys[0].id.to_lowercase(), made_id(world).to_lowercase());

    in_deletion();
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    revived(world, async || {
        match world.api::<SshKey>().get_opt("web").await.unwrap() {
            None => Ok(()),
            Some(_) => Err("still there".to_owned()),
        }
    })
    .await;
    assert!(
        world.emulator().keys().is_empty(),
        "nothing is left in Azure"
    );
    for name in ["web", "files"] {
        assert!(world.secret(name).await.is_none(), "nor in the cluster");
    }
    // The operator takes it away before it lets the object go, and leaves nothing to the garbage collector.
    let map = world.api::<ConfigMap>().get_opt("public").await.unwrap();
    assert!(map.is_none(), "nor a map of it");
    assert_eq!(*guard.violations.lock().unwrap(), Vec::<String>::new());
}

fn made_id(world: &World) -> String {
    resource_id(&format!("{}.web", world.namespace()))
        .replace(dev::world::RESOURCE_GROUP, "rg-made")
}

/// Waits, and starts the operator again whenever it was killed.
async fn revived<T>(world: &World, mut attempt: impl AsyncFnMut() -> Result<T, String>) -> T {
    world
        .until("the life goes on", async || {
            if !world.operator().is_running() {
                world.operator().restart().unwrap();
            }
            attempt().await
        })
        .await
}

/// Sees every key that was ever stored.
#[derive(Clone, Default)]
struct Witness(Arc<Mutex<BTreeSet<String>>>);

impl Witness {
    fn watch(world: &World) -> Self {
        let witness = Self::default();
        let seen = witness.0.clone();
        let secrets = world.api::<Secret>();
        tokio::spawn(async move {
            let config = watcher::Config::default().fields("metadata.name=web");
            let mut events = pin!(watcher(secrets, config).applied_objects());
            while let Some(Ok(secret)) = events.next().await {
                let fingerprint = secret
                    .annotations()
                    .get("sshkey-operator.io/fingerprint")
                    .cloned();
                seen.lock().unwrap().extend(fingerprint);
            }
        });
        witness
    }

    fn keys(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

#[tokio::test]
async fn a_kill_at_any_write_to_the_api_server_changes_nothing_in_the_end() {
    let world = World::start(WorldOptions::new()).await;
    let guard = Guard::new(&world);
    let witness = Witness::watch(&world);
    let operator = world.operator().clone();
    world.proxy().on_kill(move || operator.kill());
    // The undisturbed life says how many writes there are.
    let creation = Mutex::new(0);
    world.proxy().reset();
    life(
        &world,
        &guard,
        || (),
        || {
            *creation.lock().unwrap() = world.proxy().writes();
            world.proxy().reset();
        },
    )
    .await;
    let (creation, deletion) = (*creation.lock().unwrap(), world.proxy().writes());
    assert!(
        creation >= 3 && deletion >= 2,
        "{creation} and {deletion} writes"
    );
    let mut kills = 0;
    for (in_deletion, writes) in [(false, creation), (true, deletion)] {
        for number in 1..=writes {
            for fault in [Fault::KillBefore, Fault::KillAfter] {
                world.emulator().clear();
                let before = witness.keys();
                let strike = |now: bool| {
                    world.proxy().reset();
                    if now {
                        world.proxy().at_write(number, fault.clone());
                    }
                };
                life(
                    &world,
                    &guard,
                    || strike(!in_deletion),
                    || strike(in_deletion),
                )
                .await;
                assert_eq!(
                    witness.keys() - before,
                    1,
                    "one key, {fault:?} at write {number}"
                );
                kills += 1;
            }
        }
    }
    println!("kills at writes to the API server: {kills}, violations: 0");
}

#[tokio::test]
async fn a_kill_at_any_write_to_azure_changes_nothing_in_the_end() {
    let world = World::start(WorldOptions::new()).await;
    let guard = Guard::new(&world);
    let witness = Witness::watch(&world);
    let mut creation = 0;
    let mut deletion = 0;
    life(
        &world,
        &guard,
        || (),
        || {
            creation = guard.writes.swap(0, Ordering::SeqCst);
        },
    )
    .await;
    deletion += guard.writes();
    assert_eq!((creation, deletion), (2, 1), "group and key; key");
    let mut kills = 0;
    for (in_deletion, writes) in [(false, creation), (true, deletion)] {
        for number in 1..=writes {
            for when in [When::Before, When::After] {
                world.emulator().clear();
                let before = witness.keys();
                let strike = |now: bool| {
                    if now {
                        guard.arm(number, when, world.operator());
                    }
                };
                life(
                    &world,
                    &guard,
                    || strike(!in_deletion),
                    || strike(in_deletion),
                )
                .await;
                assert!(guard.killed(), "write {number} was reached");
                assert_eq!(
                    witness.keys() - before,
                    1,
                    "one key, killed {when:?} write {number}"
                );
                kills += 1;
            }
        }
    }
    println!("kills at writes to Azure: {kills}, violations: 0");
}
