//! Every metric there is.

use prometheus_client::{encoding::text, registry::Registry};

use super::{
    azure::{Azure, SECONDS},
    catalogue::{Catalogue, Described},
    controllers::Controllers,
    families::{Counters, Durations, Gauges},
};

/// All metrics. They are counted where the thing happens, and read by the server of `/metrics`.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    described: Vec<Described>,

    /// `SshKey`s by state and algorithm.
    pub keys: Gauges<2>,
    /// The age of the oldest key.
    pub oldest_key: Gauges<0>,
    /// Stores by kind and state.
    pub stores: Gauges<2>,
    /// Keys that differ in Azure, where that is only reported.
    pub drifted: Gauges<0>,
    /// Reconciles by kind and result.
    pub reconciles: Durations<2>,
    /// Steps by name and outcome.
    pub steps: Counters<2>,
    /// Everything that is about Azure.
    pub azure: Azure,
    /// Entries that are kept of objects between their looks, by what they are.
    pub remembered: Gauges<1>,
    /// Watches that failed, by the kind whose controller they feed.
    pub watch_failures: Counters<1>,
    /// Panics anywhere in the process.
    pub panics: Counters<0>,

    /// Requests to the API server, as client-go names them.
    pub rest_requests: Counters<3>,
    /// What controller-runtime counts.
    pub controllers: Controllers,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All of them, with nothing counted yet.
    pub fn new() -> Self {
        let mut all = Catalogue::default();
        let version = ("version", env!("CARGO_PKG_VERSION"));
        all.info("sshkey_build", "The operator's version", version);
        Self {
            keys: all.gauge(
                "sshkey_keys",
                "SshKeys that are watched, by state and algorithm of the key",
                ["state", "algorithm"],
            ),
            oldest_key: all.gauge(
                "sshkey_oldest_key_age_seconds",
                "Time since the oldest key was put into its Secret",
                [],
            ),
            stores: all.gauge(
                "sshkey_stores",
                "Stores that are watched, by kind and state",
                ["kind", "state"],
            ),
            drifted: all.gauge(
                "sshkey_keys_drifted",
                "SshKeys whose key in Azure somebody has changed, where that is only to be reported",
                [],
            ),
            reconciles: all.histogram(
                "sshkey_reconcile_duration_seconds",
                "Reconciles by kind and result, and how long they took",
                ["kind", "result"],
                &SECONDS,
            ),
            steps: all.counter(
                "sshkey_steps",
                "Steps by name and outcome",
                ["step", "outcome"],
            ),
            azure: Azure::new(&mut all),
            remembered: all.gauge(
                "sshkey_remembered",
                "Entries that the operator keeps of objects between their looks, by what they are",
                ["what"],
            ),
            watch_failures: all.counter(
                "sshkey_watch_failures",
                "Watches that failed and were started again, by the kind that they feed",
                ["kind"],
            ),
            panics: all.counter("sshkey_panics", "Panics in the process", []),
            rest_requests: all.counter(
                "rest_client_requests",
                "Requests to the API server by code, method and host",
                ["code", "method", "host"],
            ),
            controllers: Controllers::new(&mut all),
            registry: all.registry,
            described: all.described,
        }
    }

    /// What there is, for the manual.
    pub fn described(&self) -> &[Described] {
        &self.described
    }

    /// Everything as `OpenMetrics` text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        text::encode(&mut text, &self.registry).ok();
        text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_series_that_is_replaced_leaves_nothing_behind() {
        let metrics = Metrics::new();
        metrics.stores.replace([(["AzureStore", "ready"], 2.0)]);
        assert!(
            metrics
                .text()
                .contains("sshkey_stores{kind=\"AzureStore\",state=\"ready\"} 2.0\n")
        );
        metrics.stores.replace([(["AzureStore", "stalled"], 1.0)]);
        let text = metrics.text();
        assert!(text.contains("state=\"stalled\"} 1.0\n"), "{text}");
        assert!(!text.contains("state=\"ready\""), "{text}");
    }

    #[test]
    fn what_has_no_labels_is_there_from_the_start_and_what_was_begun_too() {
        let metrics = Metrics::new();
        metrics.controllers.errors.begin(["sshkey"]);
        let text = metrics.text();
        assert!(text.contains("\nsshkey_panics_total 0\n"), "{text}");
        assert!(
            text.contains("controller_runtime_reconcile_errors_total{controller=\"sshkey\"} 0\n"),
            "{text}"
        );
        metrics.panics.count::<&str>([]);
        assert!(metrics.text().contains("\nsshkey_panics_total 1\n"));
    }

    #[test]
    fn a_duration_is_counted_in_its_bucket() {
        let metrics = Metrics::new();
        let labels = ["ReadKey"];
        metrics
            .azure
            .request_time
            .took(labels, Duration::from_millis(30));
        let text = metrics.text();
        let bucket = |bound: &str, count: u32| {
            format!("_bucket{{le=\"{bound}\",operation=\"ReadKey\"}} {count}\n")
        };
        assert!(text.contains(&bucket("0.025", 0)), "{text}");
        assert!(text.contains(&bucket("0.05", 1)), "{text}");
        assert!(text.contains(&bucket("+Inf", 1)), "{text}");
    }

    #[test]
    fn names_say_what_they_are() {
        for metric in Metrics::new().described() {
            let name = &metric.name;
            let ours = name.starts_with("sshkey_");
            let theirs = ["controller_runtime_", "leader_election_", "rest_client_"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            assert!(ours || theirs, "{name}");
            assert_eq!(name.ends_with("_total"), metric.kind == "counter", "{name}");
            if metric.kind == "histogram" {
                assert!(name.ends_with("_seconds"), "{name}");
            }
        }
    }
}
