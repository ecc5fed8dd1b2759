//! The steps of a run: what each says, how long it took, and how many there were.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use anyhow::bail;
use tokio::time::sleep;

const INTERVAL: Duration = Duration::from_millis(100);

/// Printed as they end. A step that fails ends the run: those after it build on it.
pub(super) struct Steps {
    started: Instant,
    step: Instant,
    name: String,
    passed: usize,
}

impl Steps {
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            step: now,
            name: String::new(),
            passed: 0,
        }
    }

    /// What is tried now.
    pub(super) fn begin(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        self.step = Instant::now();
    }

    /// It holds; `seen` is what proves it.
    pub(super) fn passed(&mut self, seen: impl std::fmt::Display) {
        self.passed += 1;
        self.print("passed", seen);
    }

    /// It does not hold.
    pub(super) fn failed(&self, cause: &anyhow::Error) {
        self.print("FAILED", format_args!("{cause:#}"));
    }

    fn print(&self, verdict: &str, seen: impl std::fmt::Display) {
        say(format_args!(
            "{verdict}  {:>5.1} s  {}: {seen}",
            self.step.elapsed().as_secs_f64(),
            self.name
        ));
    }

    /// Prints the totals.
    pub(super) fn end(&self, failed: usize) {
        say(format_args!(
            "\n{} passed, {failed} failed, in {:.1} s",
            self.passed,
            self.started.elapsed().as_secs_f64()
        ));
    }
}

/// Waits until `attempt` gives something; an `Err` says what was seen instead.
pub(super) async fn until<T>(
    what: &str,
    patience: Duration,
    mut attempt: impl AsyncFnMut() -> Result<T, String>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        match attempt().await {
            Ok(result) => return Ok(result),
            Err(seen) if Instant::now() > deadline => {
                bail!("{what}: not so within {} s: {seen}", patience.as_secs())
            }
            Err(_) => sleep(INTERVAL).await,
        }
    }
}

/// Nobody may be there to read it any more: that is no reason to end.
pub(super) fn say(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
