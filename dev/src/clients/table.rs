//! What the clients did, a row each.

use std::{io::Write, time::Duration};

/// Printed while it grows.
#[derive(Default)]
pub(super) struct Table {
    passed: usize,
    failed: usize,
}

impl Table {
    /// Prints a row, and counts it.
    pub(super) fn row(
        &mut self,
        client: &str,
        operation: &str,
        result: Result<String, String>,
        took: Duration,
    ) {
        let (verdict, result) = match result {
            Ok(result) => {
                self.passed += 1;
                ("passed", result)
            }
            Err(cause) => {
                self.failed += 1;
                ("FAILED", cause)
            }
        };
        say(format_args!(
            "{verdict}  {client:<10}  {operation:<48}  {:>5.2} s  {result}",
            took.as_secs_f64()
        ));
    }

    /// Prints the totals, and says whether nothing failed.
    pub(super) fn end(&self, took: Duration) -> bool {
        say(format_args!(
            "\n{} passed, {} failed, in {:.1} s",
            self.passed,
            self.failed,
            took.as_secs_f64()
        ));
        self.failed == 0 && self.passed > 0
    }
}

/// Nobody may be there to read it any more: that is no reason to end.
pub(super) fn say(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
