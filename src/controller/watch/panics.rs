//! A reconcile that panics stops only itself.

use std::{fmt::Display, panic::AssertUnwindSafe};

use futures::{FutureExt, future::BoxFuture};

/// What came of a reconcile that did not come to an end.
#[derive(Debug, thiserror::Error)]
pub(in crate::controller) enum ReconcileFailed {
    /// It failed.
    #[error("{0}")]
    Failed(String),
    /// It panicked: a fault of the operator, which must not touch the other objects.
    #[error("the reconcile panicked; please report it with the log")]
    Panicked,
}

/// Runs a reconcile to its end, however it ends.
pub(in crate::controller) async fn guarded<T, E: Display>(
    work: BoxFuture<'_, Result<T, E>>,
) -> Result<T, ReconcileFailed> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(result) => result.map_err(|error| ReconcileFailed::Failed(error.to_string())),
        Err(_) => Err(ReconcileFailed::Panicked),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        sync::{
            Arc, Mutex,
            atomic::{AtomicU32, Ordering},
        },
        time::Duration,
    };

    use futures::{StreamExt, stream};
    use kube::{
        ResourceExt,
        runtime::{
            controller::{self, applier},
            reflector::{ObjectRef, store},
            watcher,
        },
    };

    use super::*;
    use crate::{
        api::SshKey,
        controller::{action::Action, watch::reconcile_metrics::measured},
        metrics::Metrics,
    };

    const POISON: &str = "key-50";

    fn key(number: u32) -> SshKey {
        let mut key = SshKey::new(&format!("key-{number}"), Default::default());
        key.metadata.namespace = Some("team".to_owned());
        key
    }

    /// The step that panics, after it has waited as a step does.
    async fn step(name: String) -> Result<Action, String> {
        tokio::task::yield_now().await;
        assert!(name != POISON, "this object is poison");
        Ok(Action::await_change())
    }

    #[tokio::test]
    async fn an_object_that_makes_a_step_panic_is_tried_again_and_does_not_stop_the_others() {
        let (reader, mut writer) = store::<SshKey>();
        writer.apply_watcher_event(&watcher::Event::Init);
        for number in 0..100 {
            writer.apply_watcher_event(&watcher::Event::InitApply(key(number)));
        }
        writer.apply_watcher_event(&watcher::Event::InitDone);
        let metrics = Arc::new(Metrics::new());
        let done: Arc<Mutex<BTreeMap<String, u32>>> = Arc::default();
        let reconcile = {
            let (metrics, done) = (Arc::clone(&metrics), Arc::clone(&done));
            move |key: Arc<SshKey>, _: Arc<()>| {
                let (metrics, done) = (Arc::clone(&metrics), Arc::clone(&done));
                async move {
                    *done.lock().unwrap().entry(key.name_any()).or_default() += 1;
                    let step = guarded(step(key.name_any()).boxed());
                    let done = measured::<SshKey>(&metrics, step).await;
                    done.map(controller::Action::from)
                }
                .boxed()
            }
        };
        // It is tried three times: a fourth would be under way, or not, when all is counted.
        let failures = AtomicU32::new(0);
        let retry = move |_: Arc<SshKey>, _: &ReconcileFailed, _: Arc<()>| {
            if failures.fetch_add(1, Ordering::Relaxed) < 2 {
                controller::Action::requeue(Duration::ZERO)
            } else {
                controller::Action::await_change()
            }
        };
        let queue = stream::iter((0..100).map(|number| Ok(ObjectRef::from_obj(&key(number)))));
        let results = applier(
            reconcile,
            retry,
            Arc::new(()),
            reader,
            queue.chain(stream::pending::<Result<_, std::io::Error>>()),
            // As the controllers have it: a few at once, so that the poison is among the first of a hundred.
            controller::Config::default().concurrency(4),
        );
        let mut panicked = 0;
        let mut well = 0;
        let mut results = std::pin::pin!(results);
        // All the others, and the poison more than once, are seen in one run.
        while well < 99 || panicked < 3 {
            match results.next().await.unwrap() {
                Ok(_) => well += 1,
                Err(controller::Error::ReconcilerFailed(ReconcileFailed::Panicked, object)) => {
                    assert_eq!(object.name, POISON);
                    panicked += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
        let done = done.lock().unwrap();
        assert_eq!(done.len(), 100);
        let others = done.iter().filter(|(name, _)| *name != POISON);
        assert!(others.clone().all(|(_, times)| *times == 1));
        assert_eq!(done[POISON], 3);
        let counted = "controller_runtime_reconcile_panics_total{controller=\"sshkey\"} 3\n";
        let text = metrics.text();
        assert!(text.contains(counted), "{text}");
        let at_work = "controller_runtime_active_workers{controller=\"sshkey\"} 0.0\n";
        assert!(text.contains(at_work), "{text}");
    }
}
