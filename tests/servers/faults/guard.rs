//! Looks at every write that reaches Azure while it waits: is the private half of what it publishes stored? And strikes
//! one of them.

use std::{
    mem,
    sync::{Arc, Mutex, Weak},
};

use arm_emulator::{Interceptor, RequestInfo, Verdict, VerdictFuture};
use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::Secret;
use kube::api::ListParams;
use sshkey_operator::{
    api::names::label,
    keys::{KeyPair, PublicKey},
};

use super::{kind::Kind, stage::STRANGER};
use crate::manifests::key;

/// The roles of Secrets of the operator that hold private keys.
const ROLES: &str = "managed,staging,previous";

pub(super) struct Guard {
    /// It holds the guard, in turn.
    world: Weak<World>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Method and last segment of each write.
    writes: Vec<String>,
    strike: Option<(usize, Kind)>,
    violations: Vec<String>,
}

impl Guard {
    /// Looks on from now on.
    pub(super) fn new(world: &Arc<World>) -> Arc<Self> {
        let guard = Arc::new(Self {
            world: Arc::downgrade(world),
            seen: Mutex::default(),
        });
        world.emulator().set_interceptor(Some(guard.clone()));
        guard
    }

    /// Counts from 1 again, and strikes this write if one is named.
    pub(super) fn begin(&self, strike: Option<(usize, Kind)>) {
        let mut seen = self.seen.lock().unwrap();
        seen.writes.clear();
        seen.strike = strike;
    }

    /// The writes since then.
    pub(super) fn writes(&self) -> Vec<String> {
        self.seen.lock().unwrap().writes.clone()
    }

    /// What was sent although it was not stored, since this was last asked.
    pub(super) fn take_violations(&self) -> Vec<String> {
        mem::take(&mut self.seen.lock().unwrap().violations)
    }

    fn count(&self, request: &RequestInfo) {
        let segment = request.path.rsplit('/').next().unwrap_or_default();
        let write = format!("{} {segment}", request.method);
        self.seen.lock().unwrap().writes.push(write);
    }

    /// What strikes the write that was counted last, once, if it is one of these kinds.
    fn strike(&self, is_one: impl Fn(Kind) -> bool) -> Option<Kind> {
        let mut seen = self.seen.lock().unwrap();
        let (number, kind) = seen.strike?;
        if seen.writes.len() != number || !is_one(kind) {
            return None;
        }
        seen.strike = None;
        Some(kind)
    }

    async fn check(&self, world: &World, request: &RequestInfo) {
        let body = request.body.as_ref();
        let published = body.and_then(|body| body["properties"]["publicKey"].as_str());
        let Some(published) = published else { return };
        let key = PublicKey::parse(published).expect("what is published is a key");
        if !is_stored(world, &key).await {
            let violation = format!("{} {} before it was stored", request.method, request.path);
            self.seen.lock().unwrap().violations.push(violation);
        }
    }
}

/// Whether a Secret of the operator holds the private half.
async fn is_stored(world: &World, key: &PublicKey) -> bool {
    let of_keys = ListParams::default().labels(&format!("{} in ({ROLES})", label::SECRET_ROLE));
    let secrets = world.api::<Secret>().list(&of_keys).await.unwrap();
    let entries = secrets
        .iter()
        .flat_map(|secret| secret.data.iter().flatten());
    entries
        .filter_map(|(_, bytes)| KeyPair::from_openssh(&bytes.0).ok())
        .any(|pair| pair.public_key() == *key)
}

impl Interceptor for Guard {
    fn before<'a>(&'a self, request: &'a RequestInfo) -> VerdictFuture<'a> {
        Box::pin(async move {
            let Some(world) = self.world.upgrade().filter(|_| request.is_arm_write()) else {
                return Verdict::Continue;
            };
            self.check(&world, request).await;
            self.count(request);
            let Some(kind) = self.strike(|kind| kind != Kind::KillAfter) else {
                return Verdict::Continue;
            };
            if let Some(fault) = kind.at_azure(&request.method, &request.path) {
                // It strikes this very request, which goes on now.
                world.emulator().faults().add(fault);
                return Verdict::Continue;
            }
            world.operator().kill();
            Verdict::DropConnection
        })
    }

    fn after<'a>(&'a self, request: &'a RequestInfo, _: u16) -> VerdictFuture<'a> {
        Box::pin(async move {
            let world = self.world.upgrade().filter(|_| request.is_arm_write());
            let Some(world) = world else {
                return Verdict::Continue;
            };
            if self.strike(|kind| kind == Kind::KillAfter).is_none() {
                return Verdict::Continue;
            }
            world.operator().kill();
            Verdict::DropConnection
        })
    }
}

/// It must be able to see what shall never be: of an uploaded key, the private half is nowhere.
#[tokio::test]
async fn a_key_whose_private_half_is_stored_nowhere_is_seen() {
    let world = Arc::new(World::start(WorldOptions::new()).await);
    let guard = Guard::new(&world);
    let uploaded = format!("publicKey: {{value: '{STRANGER}'}}");
    for (name, source) in [("generated", "generate: {}"), ("uploaded", &uploaded)] {
        let spec = format!("{{source: {{{source}}}, azure: {{name: {name}}}}}");
        world.apply(&key(name, &spec)).await;
        world.wait_ready(name).await;
    }
    let violations = guard.take_violations();
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert!(violations[0].contains("uploaded"), "{violations:?}");
}
