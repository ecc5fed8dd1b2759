//! Where CPU time goes, by Linux's `perf`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use super::wrapped::{find, output};
use crate::processes::{Child, Program};

/// How often a second it is asked what runs.
const RATE: u32 = 199;
const LARGEST: usize = 10;

/// A `perf` beside the operator, until that ends; none where it is not installed.
pub(super) struct Recorder(Option<Running>);

struct Running {
    perf: PathBuf,
    child: Child,
    data: PathBuf,
}

impl Recorder {
    pub(super) fn start(operator: u32, folder: &Path) -> anyhow::Result<Self> {
        let Some(perf) = find("perf", "linux-perf", "the profile of CPU time") else {
            return Ok(Self(None));
        };
        let data = folder.join("perf.data");
        let child = Program::new(perf.clone(), folder.join("perf.log"))
            .arg("record")
            .arg("--quiet")
            .arg(format!("--freq={RATE}"))
            .arg(format!("--pid={operator}"))
            .arg(format!("--output={}", data.display()))
            .start()?;
        Ok(Self(Some(Running { perf, child, data })))
    }
}

/// The functions that most time went to, once the operator has ended.
pub(super) async fn tell(recorder: Recorder) -> anyhow::Result<()> {
    let Some(running) = recorder.0 else {
        return Ok(());
    };
    while running.child.ended().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let report = |sort: &str| {
        let mut command = Command::new(&running.perf);
        command
            .args(["report", "--stdio", "--quiet", "--percent-limit=0.3"])
            .arg(format!("--sort={sort}"))
            .arg(format!("--input={}", running.data.display()));
        output(&mut command)
            .with_context(|| format!("read {}: {}", running.data.display(), running.child.tail(5)))
    };
    println!("  CPU time by function");
    print_largest(&report("symbol")?);
    println!("  and by program, library or kernel");
    print_largest(&report("dso")?);
    Ok(())
}

fn print_largest(report: &str) {
    let lines = report
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines.take(LARGEST) {
        // Columns that are empty without a record of the calls.
        println!("    {}", line.trim_end_matches(['-', ' ']));
    }
}
