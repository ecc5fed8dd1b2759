//! What was measured, each row beside its target.

use std::{fmt, time::Duration};

use crate::processes::Usage;

/// The rows so far.
#[derive(Debug, Default)]
pub(super) struct Rows(Vec<Row>);

#[derive(Debug)]
struct Row {
    what: String,
    measured: String,
    target: String,
    is_met: Option<bool>,
}

impl Rows {
    /// A row whose target is a bound.
    pub(super) fn add(
        &mut self,
        what: impl Into<String>,
        measured: impl Into<String>,
        target: impl Into<String>,
        is_met: bool,
    ) {
        self.push(what, measured, target, Some(is_met));
    }

    /// A row that is only looked at.
    pub(super) fn note(&mut self, what: impl Into<String>, measured: impl Into<String>) {
        self.push(what, measured, "", None);
    }

    fn push(
        &mut self,
        what: impl Into<String>,
        measured: impl Into<String>,
        target: impl Into<String>,
        is_met: Option<bool>,
    ) {
        let row = Row {
            what: what.into(),
            measured: measured.into(),
            target: target.into(),
            is_met,
        };
        println!("  {}: {}", row.what, row.measured);
        self.0.push(row);
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| What | Measured | Target | |")?;
        writeln!(f, "|---|---|---|---|")?;
        for row in &self.0 {
            let verdict = match row.is_met {
                None => "",
                Some(true) => "met",
                Some(false) => "**missed**",
            };
            let Row {
                what,
                measured,
                target,
                ..
            } = row;
            writeln!(f, "| {what} | {measured} | {target} | {verdict} |")?;
        }
        Ok(())
    }
}

/// The median of some values, with the least and the greatest.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread(Vec<f64>);

impl Spread {
    pub(super) fn add(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    pub(super) fn median(&self) -> f64 {
        self.at(50)
    }

    /// The value that so many hundredths of all do not exceed.
    pub(super) fn at(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let index = (self.0.len() * percent / 100).min(last);
        self.0.get(index).copied().unwrap_or(f64::NAN)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, greatest) = (self.at(0), self.at(100));
        write!(f, "{:.2} ({least:.2} to {greatest:.2})", self.median())
    }
}

/// Memory, for a person.
pub(super) fn mib(kib: u32) -> f64 {
    f64::from(kib) / 1_024.0
}

/// What was resident at most, and what of it now is the process's own.
pub(super) fn memory(usage: &Usage) -> String {
    format!(
        "{:.1} MiB; {:.1} MiB of its own now",
        mib(usage.peak_kib),
        mib(usage.anonymous_kib)
    )
}

/// Milliseconds for each of so many.
pub(super) fn each(time: Duration, count: u32) -> f64 {
    time.as_secs_f64() * 1_000.0 / f64::from(count.max(1))
}
