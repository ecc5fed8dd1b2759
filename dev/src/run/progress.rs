//! One line a step, so that nobody wonders what it is doing.

use std::{io::Write, time::Instant};

/// Counts from the start of the program.
#[derive(Clone, Copy)]
pub(super) struct Progress {
    since: Instant,
}

impl Progress {
    pub(super) fn start() -> Self {
        Self {
            since: Instant::now(),
        }
    }

    /// Says what is done or begins now, with the seconds since the start.
    pub(super) fn say(self, what: impl std::fmt::Display) {
        line(format_args!(
            "[{:>6.1} s] {what}",
            self.since.elapsed().as_secs_f64()
        ));
    }
}

/// Prints a line. Nobody may be there to read it any more, as after `make run | head`: that is no reason to end.
pub(super) fn line(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
