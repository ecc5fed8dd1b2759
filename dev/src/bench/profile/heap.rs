//! Who holds memory, by `heaptrack`: at the peak, and at rest.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use super::{
    parts::{Held, by_part, by_place},
    wrapped::{find, output},
};
use crate::checkout;

const LARGEST: usize = 10;
/// Where Debian and others have what `heaptrack` loads into a program.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/heaptrack",
    "/usr/local/lib/heaptrack",
    "/usr/lib64/heaptrack",
];

/// What starts the operator with `heaptrack` in it.
pub(super) struct Recorder {
    print: PathBuf,
    interpret: PathBuf,
    starter: PathBuf,
    raw: PathBuf,
}

impl Recorder {
    /// None where `heaptrack` is not installed.
    pub(super) fn new(operator: &Path, folder: &Path) -> anyhow::Result<Option<Self>> {
        let what = "the profile of memory";
        let Some(print) = find("heaptrack_print", "heaptrack", what) else {
            return Ok(None);
        };
        let known = LIBRARIES.iter().map(Path::new);
        let library = known
            .map(|folder| folder.join("libheaptrack_preload.so"))
            .find(|path| path.is_file())
            .with_context(|| format!("no libheaptrack_preload.so in {LIBRARIES:?}"))?;
        let libexec = library.with_file_name("libexec");
        let interpret = checkout::installed("heaptrack_interpret", &[&libexec])?;
        let raw = folder.join("heap.raw");
        let starter = folder.join("operator-with-heaptrack");
        let script = format!(
            "#!/bin/sh\nLD_PRELOAD='{}' DUMP_HEAPTRACK_OUTPUT='{}' exec '{}' \"$@\"\n",
            library.display(),
            raw.display(),
            operator.display()
        );
        fs::write(&starter, script).with_context(|| format!("write {}", starter.display()))?;
        fs::set_permissions(&starter, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("make {} a program", starter.display()))?;
        Ok(Some(Self {
            print,
            interpret,
            starter,
            raw,
        }))
    }

    /// Takes the operator's arguments.
    pub(super) fn program(&self) -> PathBuf {
        self.starter.clone()
    }
}

/// The places and parts that hold most, at the peak and when the operator was killed.
pub(super) fn tell(recorder: &Recorder, keys: u32) -> anyhow::Result<()> {
    let data = recorder.raw.with_extension("data");
    let raw = File::open(&recorder.raw).context("what heaptrack wrote")?;
    let text = output(Command::new(&recorder.interpret).stdin(raw))?;
    fs::write(&data, text).with_context(|| format!("write {}", data.display()))?;
    for (cost, when) in [("peak", "at the peak"), ("leaked", "at rest")] {
        let stacks = recorder.raw.with_extension(cost);
        let mut command = Command::new(&recorder.print);
        command
            .arg(format!("--file={}", data.display()))
            .arg(format!("--flamegraph-cost-type={cost}"))
            .arg(format!("--print-flamegraph={}", stacks.display()))
            .args(["-p0", "-a0", "-T0", "-l0"]);
        output(&mut command)?;
        let stacks =
            fs::read_to_string(&stacks).with_context(|| format!("read {}", stacks.display()))?;
        println!("  heap {when}, by part of the program");
        print_largest(&by_part(&stacks), keys);
        println!("  heap {when}, by the function that asked for it");
        print_largest(&by_place(&stacks), keys);
    }
    Ok(())
}

fn print_largest(held: &Held, keys: u32) {
    let all: u64 = held.iter().map(|(_, bytes)| bytes).sum();
    let row = |name: &str, bytes: u64| {
        let kib = bytes / 1_024;
        println!(
            "    {kib:7} KiB {:6} bytes a key  {name}",
            bytes / u64::from(keys.max(1))
        );
    };
    row("all", all);
    for (name, bytes) in held.iter().take(LARGEST) {
        row(name, *bytes);
    }
}
