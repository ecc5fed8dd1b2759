//! A child of the harness: a program with its log, killed when its handle is dropped.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::spawner;
use crate::checkout;

/// What to run, and where its output goes.
#[derive(Clone, Debug)]
pub struct Program {
    /// The file to run.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Environment variables beside the harness's own.
    pub env: Vec<(OsString, OsString)>,
    /// The file that both its outputs are added to.
    pub log: PathBuf,
}

impl Program {
    /// `path` without arguments, with its output in `log`.
    pub fn new(path: impl Into<PathBuf>, log: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            args: Vec::new(),
            env: Vec::new(),
            log: log.into(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds `--name=value`.
    #[must_use]
    pub fn flag(self, name: &str, value: impl std::fmt::Display) -> Self {
        self.arg(format!("--{name}={value}"))
    }

    /// Adds `--name=PATH`.
    #[must_use]
    pub fn file(self, name: &str, path: &Path) -> Self {
        let mut arg = OsString::from(format!("--{name}="));
        arg.push(path);
        self.arg(arg)
    }

    /// Starts it.
    ///
    /// # Errors
    /// When its log can't be opened or `dev hold` can't be run.
    pub fn start(&self) -> anyhow::Result<Child> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| format!("open {}", self.log.display()))?;
        self.start_to(log)
    }

    fn start_to(&self, log: File) -> anyhow::Result<Child> {
        let errors = log.try_clone().context("share a log")?;
        let mut command = Command::new(checkout::program("dev")?);
        command
            .args(["hold", "--parent", &std::process::id().to_string(), "--"])
            .arg(&self.path)
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            // Ctrl-C goes to the whole foreground group: only the harness may get it, which ends its children in order.
            .process_group(0);
        let child =
            spawner::spawn(command).with_context(|| format!("start {}", self.path.display()))?;
        Ok(Child {
            process: Arc::new(Process(Mutex::new(child))),
            log: self.log.clone(),
            name: self.name(),
        })
    }

    fn name(&self) -> String {
        self.path
            .file_name()
            .unwrap_or(self.path.as_os_str())
            .to_string_lossy()
            .into_owned()
    }
}

/// A running child. Clones are handles to the same process; it is killed when the last one goes.
#[derive(Clone, Debug)]
pub struct Child {
    process: Arc<Process>,
    log: PathBuf,
    name: String,
}

#[derive(Debug)]
struct Process(Mutex<std::process::Child>);

impl Child {
    /// The program's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process ID.
    pub fn id(&self) -> u32 {
        self.lock().id()
    }

    /// The file that its output goes to.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.lock().try_wait().ok().flatten()
    }

    /// SIGKILL, and waits for the kernel to have taken it away. Ended already is fine.
    pub fn kill(&self) {
        let mut child = self.lock();
        let _ = child.kill();
        let _ = child.wait();
    }

    /// SIGTERM, and waits until it has ended.
    ///
    /// # Errors
    /// When it has not ended after `patience`; it is killed then.
    pub async fn terminate(&self, patience: Duration) -> anyhow::Result<ExitStatus> {
        {
            let mut child = self.lock();
            // Only while it was not waited for is the number surely still its own.
            if let Some(status) = child
                .try_wait()
                .with_context(|| format!("wait for {}", self.name))?
            {
                return Ok(status);
            }
            let id = i32::try_from(child.id()).context("a process ID beyond 31 bits")?;
            kill(Pid::from_raw(id), Signal::SIGTERM)
                .with_context(|| format!("send SIGTERM to {}", self.name))?;
        }
        let deadline = tokio::time::Instant::now() + patience;
        while tokio::time::Instant::now() < deadline {
            if let Some(status) = self.ended() {
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.kill();
        bail!(
            "{} had not ended {} s after SIGTERM and was killed; see {}",
            self.name,
            patience.as_secs(),
            self.log.display()
        )
    }

    /// The last lines that it wrote.
    pub fn tail(&self, lines: usize) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, std::process::Child> {
        self.process
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of the last handle, so that no clone is cut short.
impl Drop for Process {
    fn drop(&mut self) {
        let child = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}
