//! Who holds memory, by `heaptrack`: at the peak, and at rest.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};

use super::{
    parts::{part, place},
    recording::{Recording, When},
    wrapped,
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
    interpret: PathBuf,
    starter: PathBuf,
    raw: PathBuf,
}

impl Recorder {
    /// None where `heaptrack` is not installed.
    pub(super) fn new(operator: &Path, folder: &Path) -> anyhow::Result<Option<Self>> {
        if wrapped::find("heaptrack", "heaptrack", "the profile of memory").is_none() {
            return Ok(None);
        }
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

/// The parts and functions that hold most, at the peak and when the operator was killed.
pub(super) fn tell(recorder: &Recorder, keys: u32) -> anyhow::Result<()> {
    let data = recorder.raw.with_extension("data");
    let raw = File::open(&recorder.raw).context("what heaptrack wrote")?;
    let text = File::create(&data).with_context(|| format!("write {}", data.display()))?;
    let done = Command::new(&recorder.interpret)
        .stdin(raw)
        .stdout(text)
        .status()
        .with_context(|| format!("run {}", recorder.interpret.display()))?;
    ensure!(done.success(), "heaptrack_interpret ended with {done}");
    let recording = Recording::read(&data)?;
    for (when, told) in [(When::AtPeak, "at the peak"), (When::AtEnd, "at rest")] {
        println!("  heap {told}, by part of the program");
        print_largest(&recording.held(when, part), keys);
        println!("  heap {told}, by who asked for it");
        print_largest(&recording.held(when, place), keys);
    }
    Ok(())
}

fn print_largest(held: &[(String, u64)], keys: u32) {
    let row = |name: &str, bytes: u64| {
        let (kib, each) = (bytes / 1_024, bytes / u64::from(keys.max(1)));
        println!("    {kib:7} KiB {each:6} bytes a key  {name}");
    };
    row("all", held.iter().map(|(_, bytes)| bytes).sum());
    for (name, bytes) in held.iter().take(LARGEST) {
        row(name, *bytes);
    }
}
