//! The operator's process.

use std::{
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, bail};
use tokio::time::{Instant, sleep};

use crate::{
    checkout,
    processes::{Child, Program},
};

/// How long the operator may take to end: a pod's grace period, which is more than its own 25 s.
const GRACE: Duration = Duration::from_secs(30);

/// Flags of the operator, in the order in which they were first given, and variables of its environment.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    flags: Vec<(String, String)>,
    variables: Vec<(String, String)>,
}

impl Flags {
    /// Sets `--name`, in the place of what was given before.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        match self.flags.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value.to_string(),
            None => self.flags.push((name.to_owned(), value.to_string())),
        }
        self
    }

    /// Sets a variable of the operator's environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.variables.push((name.to_owned(), value.to_string()));
        self
    }

    /// Takes over the flags of `other`, which go before those given before.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.variables.extend(other.variables.iter().cloned());
        other
            .flags
            .iter()
            .fold(self, |flags, (name, value)| flags.set(name, value))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.flags
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A running operator, killed when the last handle goes.
#[derive(Clone)]
pub struct Operator {
    inner: Arc<Inner>,
}

struct Inner {
    program: Program,
    health: String,
    metrics: String,
    child: Mutex<Child>,
}

impl Operator {
    /// Starts the operator of this build, whose log goes to `operator.log` in `folder`. An address that is not given
    /// is a free port on loopback.
    ///
    /// # Errors
    /// When the operator was not built or can't be started.
    pub fn start(folder: &Path, flags: &Flags) -> anyhow::Result<Self> {
        Self::start_program(checkout::program("sshkey-operator")?, folder, flags)
    }

    /// Starts another build of the operator, in the same way.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start_program(program: PathBuf, folder: &Path, flags: &Flags) -> anyhow::Result<Self> {
        let [health, metrics] = crate::ports::free()?;
        let flags = Flags::default()
            .set("health-address", format_args!("127.0.0.1:{health}"))
            .set("metrics-address", format_args!("127.0.0.1:{metrics}"))
            .with(flags);
        let given = |name| flags.get(name).unwrap_or_default().to_owned();
        let (health, metrics) = (given("health-address"), given("metrics-address"));
        let mut program = Program::new(program, folder.join("operator.log"));
        // Everything that it talks to is on loopback, where no proxy of the machine can pass it on.
        program
            .env
            .push(("NO_PROXY".into(), "127.0.0.1,localhost".into()));
        // What a pod does not have: Azure's client takes a trace of each header that an answer lacks.
        program.env.push(("RUST_BACKTRACE".into(), "0".into()));
        for (name, value) in &flags.variables {
            program.env.push((name.into(), value.into()));
        }
        for (name, value) in &flags.flags {
            program = program.flag(name, value);
        }
        let child = Mutex::new(program.start()?);
        Ok(Self {
            inner: Arc::new(Inner {
                program,
                health,
                metrics,
                child,
            }),
        })
    }

    /// SIGKILL. It stays away until [`Self::restart`].
    pub fn kill(&self) {
        self.child().kill();
    }

    /// SIGTERM, and waits until it has ended.
    ///
    /// # Errors
    /// When it did not end in time; it is killed then.
    pub async fn terminate(&self) -> anyhow::Result<ExitStatus> {
        self.child().terminate(GRACE).await
    }

    /// Kills it if it runs, and starts it again with the same flags. The log goes on.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn restart(&self) -> anyhow::Result<()> {
        let mut child = self
            .inner
            .child
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        child.kill();
        *child = self.inner.program.start()?;
        Ok(())
    }

    /// Waits until `/readyz` says so.
    ///
    /// # Errors
    /// When the operator ends before, or is not ready within a minute.
    pub async fn ready(&self) -> anyhow::Result<()> {
        self.ready_within(Duration::from_mins(1)).await
    }

    /// The same, for so long: it is ready once all that it watches was listed.
    ///
    /// # Errors
    /// When the operator ends before, or is not ready by then.
    pub async fn ready_within(&self, patience: Duration) -> anyhow::Result<()> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .context("make an HTTP client")?;
        let url = format!("http://{}/readyz", self.inner.health);
        let deadline = Instant::now() + patience;
        loop {
            if client
                .get(&url)
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                return Ok(());
            }
            if let Some(status) = self.child().ended() {
                bail!(
                    "the operator has ended ({status}); its last lines:\n{}",
                    self.tail(20)
                );
            }
            if Instant::now() > deadline {
                bail!(
                    "the operator is not ready after {} s; its last lines:\n{}",
                    patience.as_secs(),
                    self.tail(20)
                );
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.child().ended().is_none()
    }

    /// Its process ID, which changes with a restart.
    pub fn id(&self) -> u32 {
        self.child().id()
    }

    /// `http://IP:PORT` of its health server.
    pub fn health_url(&self) -> String {
        format!("http://{}", self.inner.health)
    }

    /// `http://IP:PORT/metrics`.
    pub fn metrics_url(&self) -> String {
        format!("http://{}/metrics", self.inner.metrics)
    }

    /// The file of its log.
    pub fn log(&self) -> &Path {
        &self.inner.program.log
    }

    /// The last lines of its log.
    pub fn tail(&self, lines: usize) -> String {
        self.child().tail(lines)
    }

    fn child(&self) -> Child {
        self.inner
            .child
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
