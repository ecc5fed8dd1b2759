//! Work that keeps a core busy for seconds: RSA keys that are generated, and everything that is encrypted by a password. It is
//! done outside of reconciles, as much at once as there are cores, and namespaces take turns at it. Who asks for it is not
//! held up: it comes back when it is told that the work is done.

use std::{
    any::Any,
    collections::HashMap,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, LazyLock},
    thread::available_parallelism,
};

use futures::channel::{mpsc::UnboundedReceiver, oneshot};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Semaphore;

use crate::{
    api::{SshKey, SshKeyPlan},
    controller::{
        memory::identity::Identity, store_id::StoreId, turns::line::Line, wakeups::Wakeups,
    },
};

/// On whose behalf something is done, and who is told of its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::controller) enum Asker {
    /// An `SshKey`.
    Key {
        namespace: String,
        name: String,
        uid: String,
    },
    /// An `SshKeyPlan`.
    Plan {
        namespace: String,
        name: String,
        uid: String,
    },
    /// A store.
    Store { id: StoreId, uid: String },
}

impl Asker {
    /// The object's UID.
    pub(in crate::controller) fn uid(&self) -> &str {
        match self {
            Self::Key { uid, .. } | Self::Plan { uid, .. } | Self::Store { uid, .. } => uid,
        }
    }

    /// Which object it is.
    pub(in crate::controller) fn identity(&self) -> Identity {
        match self {
            Self::Key {
                namespace,
                name,
                uid,
            } => Identity::of::<SshKey>(namespace, name, uid),
            Self::Plan {
                namespace,
                name,
                uid,
            } => Identity::of::<SshKeyPlan>(namespace, name, uid),
            Self::Store { id, uid } => Identity::of_store(id, uid),
        }
    }

    /// By which turns are taken; empty for a store of the cluster.
    fn namespace(&self) -> &str {
        match self {
            Self::Key { namespace, .. } | Self::Plan { namespace, .. } => namespace,
            Self::Store { id, .. } => id.namespace.as_deref().unwrap_or_default(),
        }
    }
}

/// All such work, one for each object at most.
#[derive(Clone, Default)]
pub(in crate::controller) struct Blocking(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// The askers whose work is done.
    wakeups: Wakeups<Asker>,
}

#[derive(Default)]
struct State {
    /// How much more may begin.
    free: usize,
    /// UIDs of those whose work has not begun.
    line: Line<String>,
    /// By UID.
    jobs: HashMap<String, Job>,
    /// How many there ever were: a job that was withdrawn and asked for again is another one.
    begun: u64,
}

type Outcome = Result<Box<dyn Any + Send>, Panic>;

/// What work panicked with.
type Panic = Box<dyn Any + Send>;
type Work = Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>;

struct Job {
    asker: Asker,
    what: String,
    number: u64,
    /// Whether the asker has asked for it in the reconcile that is under way.
    is_wanted: bool,
    stage: Stage,
}

enum Stage {
    Waiting(Work),
    Running,
    Done(Outcome),
}

impl Blocking {
    /// So much at once.
    pub(in crate::controller) fn new(at_once: usize) -> Self {
        let blocking = Self::default();
        blocking.0.lock().free = at_once.max(1);
        blocking
    }

    /// What came of the work; `None` while it waits for its turn or is under way. What it is has to be told the same way each
    /// time: other work of the same object takes its place. An outcome is given once.
    pub(in crate::controller) fn ask<T: Send + 'static>(
        &self,
        asker: &Asker,
        what: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let uid = asker.uid();
        let mut state = self.0.lock();
        if let Some(job) = state.jobs.get_mut(uid).filter(|job| job.what == what) {
            if !matches!(job.stage, Stage::Done(_)) {
                job.is_wanted = true;
                return None;
            }
            let job = state.jobs.remove(uid);
            drop(state);
            return job.and_then(Job::outcome);
        }
        state.withdraw(uid);
        state.begun += 1;
        let job = Job {
            asker: asker.clone(),
            what: what.to_owned(),
            number: state.begun,
            is_wanted: true,
            stage: Stage::Waiting(Box::new(move || Box::new(work()))),
        };
        state.jobs.insert(uid.to_owned(), job);
        state.line.join(asker.namespace(), uid.to_owned());
        drop(state);
        self.begin();
        None
    }

    /// A reconcile of the object begins.
    pub(in crate::controller) fn reconcile_begins(&self, uid: &str) {
        if let Some(job) = self.0.lock().jobs.get_mut(uid) {
            job.is_wanted = false;
        }
    }

    /// A reconcile of the object has ended: what it has not asked for is not wanted any more.
    pub(in crate::controller) fn reconcile_ended(&self, uid: &str) {
        let mut state = self.0.lock();
        if state.jobs.get(uid).is_some_and(|job| !job.is_wanted) {
            state.withdraw(uid);
        }
    }

    /// The object wants nothing any more. What is under way goes on, and its outcome is dropped.
    pub(in crate::controller) fn withdraw(&self, uid: &str) {
        self.0.lock().withdraw(uid);
    }

    /// Those whose work is done, from now on.
    pub(in crate::controller) fn listen(&self) -> UnboundedReceiver<Asker> {
        self.0.wakeups.listen()
    }

    /// How many objects have work that waits, is under way, or is done and not fetched.
    pub(in crate::controller) fn len(&self) -> usize {
        self.0.lock().jobs.len()
    }

    /// Begins as much as may be.
    fn begin(&self) {
        while let Some((uid, number, work)) = self.0.lock().next() {
            tracing::debug!(uid, "slow work begins");
            let this = self.clone();
            elsewhere(work, move |outcome| this.ended(&uid, number, outcome));
        }
    }

    fn ended(&self, uid: &str, number: u64, outcome: Outcome) {
        let mut state = self.0.lock();
        state.free += 1;
        let job = state.jobs.get_mut(uid);
        let told = job.filter(|job| job.number == number).map(|job| {
            job.stage = Stage::Done(outcome);
            job.asker.clone()
        });
        drop(state);
        if let Some(asker) = told {
            self.0.wakeups.tell(&asker);
        }
        self.begin();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    fn next(&mut self) -> Option<(String, u64, Work)> {
        if self.free == 0 {
            return None;
        }
        let uid = self.line.next()?;
        let job = self.jobs.get_mut(&uid)?;
        let Stage::Waiting(work) = std::mem::replace(&mut job.stage, Stage::Running) else {
            return None;
        };
        self.free -= 1;
        Some((uid, job.number, work))
    }

    fn withdraw(&mut self, uid: &str) {
        if let Some(job) = self.jobs.remove(uid) {
            self.line.leave(job.asker.namespace(), |other| other == uid);
        }
    }
}

impl Job {
    fn outcome<T: 'static>(self) -> Option<T> {
        match self.stage {
            Stage::Done(Ok(outcome)) => outcome.downcast().ok().map(|outcome| *outcome),
            // A fault of the operator: the reconcile that asked for it fails, and stops nobody else.
            Stage::Done(Err(panic)) => resume_unwind(panic),
            Stage::Waiting(_) | Stage::Running => None,
        }
    }
}

/// As many at once as there are cores. Each is a part of a reconcile that has its turn: if all of them were done side by side,
/// none would end, and no other namespace would have a turn, before nearly all are done.
static SLOTS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(1, NonZero::get);
    Arc::new(Semaphore::new(cores))
});

/// Does on another thread what would hold up the async ones, and waits for it: for work of milliseconds.
pub(in crate::controller) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (sender, receiver) = oneshot::channel();
    // Nobody closes it.
    let slot = Arc::clone(&SLOTS).acquire_owned().await.ok();
    elsewhere(work, move |outcome| {
        drop(slot);
        // A reconcile that was dropped meanwhile wants no outcome.
        let _ = sender.send(outcome);
    });
    match receiver.await {
        Ok(Ok(done)) => done,
        // A fault of the operator: the reconcile fails, and stops no other.
        Ok(Err(panic)) => resume_unwind(panic),
        // The runtime ends, and this with it: nothing more may be decided.
        Err(oneshot::Canceled) => std::future::pending().await,
    }
}

/// The only way off the async threads: does the work on another, and hands over what came of it.
fn elsewhere<T: 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    then: impl FnOnce(Result<T, Panic>) + Send + 'static,
) {
    tokio::task::spawn_blocking(move || then(catch_unwind(AssertUnwindSafe(work))));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures::StreamExt;

    use super::*;

    fn key(namespace: &str, name: &str) -> Asker {
        Asker::Key {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            uid: format!("{namespace}/{name}"),
        }
    }

    /// Work that says when it begins, and ends when it is let.
    struct Held {
        begun: mpsc::Sender<String>,
        go_on: Arc<Mutex<mpsc::Receiver<()>>>,
    }

    impl Held {
        fn work(&self, name: &str) -> impl FnOnce() -> String + Send + 'static {
            let (begun, go_on) = (self.begun.clone(), Arc::clone(&self.go_on));
            let name = name.to_owned();
            move || {
                begun.send(name.clone()).unwrap();
                go_on.lock().recv().unwrap();
                name
            }
        }
    }

    fn held() -> (Held, mpsc::Receiver<String>, mpsc::Sender<()>) {
        let (begun, begins) = mpsc::channel();
        let (goes_on, go_on) = mpsc::channel();
        let go_on = Arc::new(Mutex::new(go_on));
        (Held { begun, go_on }, begins, goes_on)
    }

    #[tokio::test]
    async fn a_single_key_is_next_however_much_another_namespace_wants() {
        let blocking = Blocking::new(1);
        let mut done = blocking.listen();
        let (held, begins, goes_on) = held();
        for number in 0..40 {
            let name = format!("busy{number}");
            let work = held.work(&name);
            assert_eq!(blocking.ask(&key("busy", &name), "generate", work), None);
        }
        assert_eq!(begins.recv().unwrap(), "busy0");
        let single = key("team", "single");
        assert_eq!(blocking.ask(&single, "generate", held.work("single")), None);
        goes_on.send(()).unwrap();
        assert_eq!(done.next().await, Some(key("busy", "busy0")));
        assert_eq!(begins.recv().unwrap(), "single");
        goes_on.send(()).unwrap();
        assert_eq!(done.next().await, Some(single.clone()));
        let outcome = blocking.ask(&single, "generate", held.work("again"));
        assert_eq!(outcome.as_deref(), Some("single"));
        assert_eq!(blocking.len(), 40);
        for _ in 1..40 {
            goes_on.send(()).unwrap();
        }
    }

    #[tokio::test]
    async fn what_is_not_wanted_any_more_does_not_begin() {
        let blocking = Blocking::new(1);
        let mut done = blocking.listen();
        let (held, begins, goes_on) = held();
        let all = ["first", "deleted", "edited", "other"].map(|name| key("a", name));
        for asker in &all {
            let work = held.work(asker.uid());
            assert_eq!(blocking.ask(asker, "generate", work), None);
        }
        assert_eq!(begins.recv().unwrap(), "a/first");
        blocking.withdraw(all[1].uid());
        // The next reconcile of this one asks for nothing.
        blocking.reconcile_begins(all[2].uid());
        blocking.reconcile_ended(all[2].uid());
        // And that of this one for the same as before.
        blocking.reconcile_begins(all[3].uid());
        assert_eq!(blocking.ask(&all[3], "generate", held.work("twice")), None);
        blocking.reconcile_ended(all[3].uid());
        // What is under way can't be stopped; nobody hears of it.
        blocking.withdraw(all[0].uid());
        goes_on.send(()).unwrap();
        assert_eq!(begins.recv().unwrap(), "a/other");
        goes_on.send(()).unwrap();
        assert_eq!(done.next().await, Some(all[3].clone()));
        assert_eq!(blocking.len(), 1);
    }

    #[tokio::test]
    async fn other_work_of_the_same_object_takes_the_place_of_what_it_wanted() {
        let blocking = Blocking::new(1);
        let mut done = blocking.listen();
        let asker = key("a", "a");
        assert_eq!(blocking.ask(&asker, "RSA-2048", || 2048), None);
        assert_eq!(done.next().await, Some(asker.clone()));
        assert_eq!(blocking.ask(&asker, "RSA-4096", || 4096), None);
        assert_eq!(done.next().await, Some(asker.clone()));
        assert_eq!(blocking.ask(&asker, "RSA-4096", || 0), Some(4096));
        assert_eq!(blocking.len(), 0);
    }

    #[tokio::test]
    async fn a_panic_reaches_only_who_asked_and_frees_its_place() {
        let blocking = Blocking::new(1);
        let mut done = blocking.listen();
        let asker = key("a", "a");
        let broken = || -> u8 { panic!("broken") };
        assert_eq!(blocking.ask(&asker, "x", broken), None);
        assert_eq!(done.next().await, Some(asker.clone()));
        let outcome = catch_unwind(AssertUnwindSafe(|| blocking.ask(&asker, "x", || 1_u8)));
        assert!(outcome.is_err());
        assert_eq!(blocking.ask(&key("b", "b"), "x", || 2_u8), None);
        assert_eq!(done.next().await, Some(key("b", "b")));
    }
}
