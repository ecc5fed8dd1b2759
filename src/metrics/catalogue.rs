//! Registers metrics and keeps what was registered, so that the manual can be held to it.

use prometheus_client::{
    metrics::{family::Family, info::Info},
    registry::{Metric, Registry},
};

use super::families::{
    Buckets, CounterFamily, Counters, Durations, GaugeFamily, Gauges, HistogramFamily,
};

/// A metric as it is registered, for the manual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name, as a query writes it; that of a histogram without `_bucket`, `_count` and `_sum`.
    pub name: String,
    /// `counter`, `gauge`, `histogram` or `info`.
    pub kind: &'static str,
    /// The names of its labels.
    pub labels: Vec<&'static str>,
}

/// All metrics.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) registry: Registry,
    pub(super) described: Vec<Described>,
}

impl Catalogue {
    pub(super) fn counter<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        names: [&'static str; N],
    ) -> Counters<N> {
        let family = CounterFamily::default();
        // Without labels there is one series from the start.
        if N == 0 {
            drop(family.get_or_create(&names.map(|name| (name, "".into()))));
        }
        self.add(name, help, "counter", &names, family.clone());
        Counters { names, family }
    }

    pub(super) fn gauge<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        names: [&'static str; N],
    ) -> Gauges<N> {
        let family = GaugeFamily::default();
        self.add(name, help, "gauge", &names, family.clone());
        Gauges { names, family }
    }

    pub(super) fn histogram<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        names: [&'static str; N],
        buckets: &'static [f64],
    ) -> Durations<N> {
        let family: HistogramFamily<N> = Family::new_with_constructor(Buckets(buckets));
        self.add(name, help, "histogram", &names, family.clone());
        Durations { names, family }
    }

    /// What does not change while the process runs.
    pub(super) fn info(&mut self, name: &str, help: &str, label: (&'static str, &'static str)) {
        let info = Info::new([label]);
        self.add(name, help, "info", &[label.0], info);
    }

    fn add(
        &mut self,
        name: &str,
        help: &str,
        kind: &'static str,
        labels: &[&'static str],
        metric: impl Metric,
    ) {
        self.registry.register(name, help, metric);
        // The text format appends to a family's name.
        let suffix = match kind {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        self.described.push(Described {
            name: format!("{name}{suffix}"),
            kind,
            labels: labels.to_vec(),
        });
    }
}
