//! What a process has used, by Linux's own count.

use std::{fs, time::Duration};

use anyhow::Context;

/// What a process has used since it began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    /// Time on a core, in user and in kernel mode.
    pub(super) cpu: Duration,
    /// The most memory that was resident at once, in KiB.
    pub(super) peak_kib: u32,
}

/// Reads it.
pub(super) fn usage(id: u32) -> anyhow::Result<Usage> {
    let stat =
        fs::read_to_string(format!("/proc/{id}/stat")).context("read the operator's CPU time")?;
    // The name, in parentheses, may hold spaces; user and system time are the 14th and 15th field of all.
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().collect())
        .unwrap_or_default();
    let ticks: u64 = fields
        .iter()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    let status =
        fs::read_to_string(format!("/proc/{id}/status")).context("read the operator's memory")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or_default();
    Ok(Usage {
        // Linux counts in hundredths of a second here, whatever its own clock (proc(5), USER_HZ).
        cpu: Duration::from_millis(ticks * 10),
        peak_kib: peak
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap_or_default(),
    })
}
