//! What controller-runtime counts, by its names, so that dashboards that were made for it show this operator.

use super::{
    catalogue::Catalogue,
    families::{Counters, Durations, Gauges},
};

/// The buckets of controller-runtime, on which dashboards count.
/// <https://github.com/kubernetes-sigs/controller-runtime/blob/main/pkg/internal/controller/metrics/metrics.go>
const RECONCILE_SECONDS: [f64; 40] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9,
    1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0,
    25.0, 30.0, 40.0, 50.0, 60.0,
];

/// Reconciles by controller. kube's queue does not tell how long it is: there is nothing of `workqueue_*`.
#[derive(Debug)]
pub struct Controllers {
    /// Reconciles, by result too.
    pub total: Counters<2>,
    /// Those that failed.
    pub errors: Counters<1>,
    /// Those that panicked.
    pub panics: Counters<1>,
    /// How long they take.
    pub time: Durations<1>,
    /// The most at once.
    pub limit: Gauges<1>,
    /// Those at this moment.
    pub active: Gauges<1>,
    /// Whether this replica works, by the name of the Lease.
    pub leads: Gauges<1>,
}

impl Controllers {
    pub(super) fn new(all: &mut Catalogue) -> Self {
        Self {
            total: all.counter(
                "controller_runtime_reconcile",
                "Reconciles by controller and result",
                ["controller", "result"],
            ),
            errors: all.counter(
                "controller_runtime_reconcile_errors",
                "Reconciles that failed, by controller",
                ["controller"],
            ),
            panics: all.counter(
                "controller_runtime_reconcile_panics",
                "Reconciles that panicked, by controller",
                ["controller"],
            ),
            time: all.histogram(
                "controller_runtime_reconcile_time_seconds",
                "How long reconciles took, by controller",
                ["controller"],
                &RECONCILE_SECONDS,
            ),
            leads: all.gauge(
                "leader_election_master_status",
                "Whether this replica works (1) or stands by (0), by the name of the Lease",
                ["name"],
            ),
            limit: all.gauge(
                "controller_runtime_max_concurrent_reconciles",
                "The most reconciles at once, by controller",
                ["controller"],
            ),
            active: all.gauge(
                "controller_runtime_active_workers",
                "Reconciles at this moment, by controller",
                ["controller"],
            ),
        }
    }
}
