//! Counts reconciles and what became of them, as controller-runtime does and as suits the operator.

use std::{borrow::Cow, time::Instant};

use kube::Resource;

use crate::{
    controller::{action::Action, series::controller_of, watch::panics::ReconcileFailed},
    metrics::Metrics,
};

/// Runs one reconcile and counts it.
pub(in crate::controller) async fn measured<K: Resource<DynamicType = ()>>(
    metrics: &Metrics,
    work: impl Future<Output = Result<Action, ReconcileFailed>>,
) -> Result<Action, ReconcileFailed> {
    let (kind, name) = (K::kind(&()), controller_of::<K>());
    let start = Instant::now();
    let result = {
        let _active = Active::new(metrics, name.clone());
        work.await
    };
    let (theirs, ours) = match &result {
        // Nothing is waited for but the next change.
        Ok(action) if *action == Action::await_change() => ("success", "success"),
        Ok(_) => ("requeue_after", "success"),
        Err(ReconcileFailed::Failed(_)) => ("error", "error"),
        Err(ReconcileFailed::Panicked) => ("error", "panic"),
    };
    metrics.reconciles.since([kind, ours.into()], start);
    metrics.controllers.time.since([name.clone()], start);
    metrics
        .controllers
        .total
        .count([name.clone(), theirs.into()]);
    if matches!(result, Err(ReconcileFailed::Panicked)) {
        metrics.controllers.panics.count([name.clone()]);
    }
    if result.is_err() {
        metrics.controllers.errors.count([name]);
    }
    result
}

/// A reconcile at work, ended or dropped.
struct Active<'a> {
    metrics: &'a Metrics,
    name: Cow<'static, str>,
}

impl<'a> Active<'a> {
    fn new(metrics: &'a Metrics, name: Cow<'static, str>) -> Self {
        metrics.controllers.active.add([name.clone()], 1.0);
        Self { metrics, name }
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.metrics
            .controllers
            .active
            .add([self.name.clone()], -1.0);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::executor::block_on;

    use super::*;
    use crate::api::SshKey;

    fn line(metrics: &Metrics, series: &str) -> Option<String> {
        let text = metrics.text();
        let found = text.lines().find_map(|line| line.strip_prefix(series));
        found.map(|value| value.trim().to_owned())
    }

    #[test]
    fn each_result_is_counted_under_its_own_name() {
        let metrics = Metrics::new();
        crate::controller::series::begin::<SshKey>(&metrics, 7);
        let results = [
            Ok(Action::await_change()),
            Ok(Action::requeue(Duration::from_secs(1))),
            Ok(Action::requeue(Duration::ZERO)),
            Err(ReconcileFailed::Failed(String::new())),
            Err(ReconcileFailed::Panicked),
        ];
        for result in results {
            let passed_on = result.is_ok();
            let work = async {
                let series = "controller_runtime_active_workers{controller=\"sshkey\"}";
                assert_eq!(line(&metrics, series).as_deref(), Some("1.0"));
                result
            };
            let result = block_on(measured::<SshKey>(&metrics, work));
            assert_eq!(result.is_ok(), passed_on);
        }
        for (series, value) in [
            (
                "reconcile_total{controller=\"sshkey\",result=\"success\"}",
                "1",
            ),
            (
                "reconcile_total{controller=\"sshkey\",result=\"requeue_after\"}",
                "2",
            ),
            (
                "reconcile_total{controller=\"sshkey\",result=\"error\"}",
                "2",
            ),
            ("reconcile_errors_total{controller=\"sshkey\"}", "2"),
            ("reconcile_panics_total{controller=\"sshkey\"}", "1"),
            ("reconcile_time_seconds_count{controller=\"sshkey\"}", "5"),
            ("active_workers{controller=\"sshkey\"}", "0.0"),
            ("max_concurrent_reconciles{controller=\"sshkey\"}", "7.0"),
        ] {
            let series = format!("controller_runtime_{series}");
            assert_eq!(line(&metrics, &series).as_deref(), Some(value), "{series}");
        }
        for (result, count) in [("success", "3"), ("error", "1"), ("panic", "1")] {
            let series = format!(
                "sshkey_reconcile_duration_seconds_count{{kind=\"SshKey\",result=\"{result}\"}}"
            );
            assert_eq!(line(&metrics, &series).as_deref(), Some(count), "{series}");
        }
    }

    #[test]
    fn a_reconcile_that_is_dropped_is_not_at_work_any_more() {
        let metrics = Metrics::new();
        let never = measured::<SshKey>(&metrics, std::future::pending());
        drop(futures::FutureExt::now_or_never(never));
        let series = "controller_runtime_active_workers{controller=\"sshkey\"}";
        assert_eq!(line(&metrics, series).as_deref(), Some("0.0"));
    }
}
