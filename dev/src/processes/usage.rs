//! What a process has used, by Linux's own count.

use std::{fs, time::Duration};

use anyhow::Context;

/// What a process has used since it began.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Time on a core, in user and in kernel mode.
    pub cpu: Duration,
    /// The memory that is resident at this moment, in KiB.
    pub resident_kib: u32,
    /// What of that is the process's own, and no page of a file.
    pub anonymous_kib: u32,
    /// The most memory that was resident at once, in KiB.
    pub peak_kib: u32,
}

/// Reads it.
///
/// # Errors
/// When there is no such process, or no Linux.
pub fn usage(id: u32) -> anyhow::Result<Usage> {
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
    let kib = |name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.unwrap_or_default().trim().trim_end_matches(" kB");
        number.parse().unwrap_or_default()
    };
    Ok(Usage {
        // Linux counts in hundredths of a second here, whatever its own clock (proc(5), USER_HZ).
        cpu: Duration::from_millis(ticks * 10),
        resident_kib: kib("VmRSS:"),
        anonymous_kib: kib("RssAnon:"),
        peak_kib: kib("VmHWM:"),
    })
}
