//! A metric with its labels: their names are given once, their values each time.

use std::{
    borrow::Cow,
    sync::atomic::AtomicU64,
    time::{Duration, Instant},
};

use prometheus_client::metrics::{
    counter::Counter,
    family::{Family, MetricConstructor},
    gauge::Gauge,
    histogram::Histogram,
};

/// The value of a label.
pub(super) type Value = Cow<'static, str>;
pub(super) type Labels<const N: usize> = [(&'static str, Value); N];
pub(super) type CounterFamily<const N: usize> = Family<Labels<N>, Counter>;
pub(super) type GaugeFamily<const N: usize> = Family<Labels<N>, Gauge<f64, AtomicU64>>;
pub(super) type HistogramFamily<const N: usize> = Family<Labels<N>, Histogram, Buckets>;

/// The upper bounds of a histogram's buckets, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Buckets(pub(super) &'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// Something that only ever grows.
#[derive(Debug)]
pub struct Counters<const N: usize> {
    pub(super) names: [&'static str; N],
    pub(super) family: CounterFamily<N>,
}

/// Something that goes up and down.
#[derive(Debug)]
pub struct Gauges<const N: usize> {
    pub(super) names: [&'static str; N],
    pub(super) family: GaugeFamily<N>,
}

/// How long something takes.
#[derive(Debug)]
pub struct Durations<const N: usize> {
    pub(super) names: [&'static str; N],
    pub(super) family: HistogramFamily<N>,
}

impl<const N: usize> Counters<N> {
    /// One more.
    pub fn count<V: Into<Cow<'static, str>>>(&self, values: [V; N]) {
        self.family.get_or_create(&labels(self.names, values)).inc();
    }

    /// Shows the series before anything was counted, so that the first time is seen as a growth.
    pub fn begin<V: Into<Cow<'static, str>>>(&self, values: [V; N]) {
        drop(self.family.get_or_create(&labels(self.names, values)));
    }
}

impl<const N: usize> Gauges<N> {
    /// As much more, or less.
    pub fn add<V: Into<Cow<'static, str>>>(&self, values: [V; N], more: f64) {
        let labels = labels(self.names, values);
        self.family.get_or_create(&labels).inc_by(more);
    }

    /// These series and no others: what is not there any more leaves none behind.
    pub fn replace<V: Into<Cow<'static, str>>>(
        &self,
        series: impl IntoIterator<Item = ([V; N], f64)>,
    ) {
        self.family.clear();
        for (values, value) in series {
            let labels = labels(self.names, values);
            self.family.get_or_create(&labels).set(value);
        }
    }
}

impl<const N: usize> Durations<N> {
    /// Something took so long.
    pub fn took<V: Into<Cow<'static, str>>>(&self, values: [V; N], time: Duration) {
        let labels = labels(self.names, values);
        let seconds = time.as_secs_f64();
        self.family.get_or_create(&labels).observe(seconds);
    }

    /// Something has taken the time since then.
    pub fn since<V: Into<Cow<'static, str>>>(&self, values: [V; N], start: Instant) {
        self.took(values, start.elapsed());
    }

    /// Shows the series before anything was measured.
    pub fn begin<V: Into<Cow<'static, str>>>(&self, values: [V; N]) {
        drop(self.family.get_or_create(&labels(self.names, values)));
    }
}

fn labels<const N: usize, V: Into<Value>>(names: [&'static str; N], values: [V; N]) -> Labels<N> {
    let mut names = names.into_iter();
    values.map(|value| (names.next().unwrap_or_default(), value.into()))
}
