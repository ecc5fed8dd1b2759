//! The Azure CLI, as a user of it runs it.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::process::Command;

use super::{azure::Azure, table::Table};

/// An `az` of its own: no settings, accounts or files of the user.
pub(super) struct Cli {
    program: PathBuf,
    variables: Vec<(&'static str, String)>,
}

/// What one command answered.
pub(super) struct Answer {
    /// Null where nothing was printed.
    pub(super) printed: Value,
    /// What is for the user: warnings, and the error.
    pub(super) said: String,
    exit_code: Option<i32>,
}

impl Cli {
    pub(super) fn new(program: PathBuf, azure: &Azure) -> Self {
        let home = azure.folder.path().display().to_string();
        let variables = [
            // Where it writes the keys that were generated.
            ("HOME", home.clone()),
            ("AZURE_CONFIG_DIR", format!("{home}/az")),
            ("REQUESTS_CA_BUNDLE", azure.ca_file.clone()),
            // Or it asks the public cloud about this authority.
            ("AZURE_CORE_INSTANCE_DISCOVERY", "false".to_owned()),
            ("AZURE_CORE_COLLECT_TELEMETRY", "0".to_owned()),
            ("AZURE_CORE_LOGIN_EXPERIENCE_V2", "off".to_owned()),
            ("AZURE_CORE_NO_COLOR", "true".to_owned()),
            ("NO_PROXY", "localhost".to_owned()),
        ];
        Self {
            program,
            variables: variables.into(),
        }
    }

    /// Runs a command for a row of the table; `check` says what to write there, or what is wrong with the answer.
    pub(super) async fn row(
        &self,
        table: &mut Table,
        operation: &str,
        args: &[&str],
        check: impl FnOnce(&Answer) -> anyhow::Result<String>,
    ) {
        let started = Instant::now();
        let result = match self.run(args).await {
            Ok(answer) => check(&answer)
                .map_err(|cause| format!("az {}: {cause:#}; {}", args.join(" "), answer.said)),
            Err(cause) => Err(format!("{cause:#}")),
        };
        table.row("azure-cli", operation, result, started.elapsed());
    }

    async fn run(&self, args: &[&str]) -> anyhow::Result<Answer> {
        let output = Command::new(&self.program)
            .args(args)
            .args(["--output", "json"])
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .kill_on_drop(true)
            .output()
            .await
            .context("run az")?;
        let text = String::from_utf8(output.stdout).context("read what az prints")?;
        let printed = if text.trim().is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).context("understand what az prints")?
        };
        Ok(Answer {
            printed,
            said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            exit_code: output.status.code(),
        })
    }
}

impl Answer {
    /// That it was done.
    pub(super) fn done(&self) -> anyhow::Result<String> {
        ensure!(
            self.exit_code == Some(0),
            "it ended with exit code {:?}",
            self.exit_code
        );
        Ok("done".to_owned())
    }

    /// That it was done and this is in what was printed.
    pub(super) fn shows(&self, pointer: &str, expected: &Value) -> anyhow::Result<String> {
        self.done()?;
        let found = self.printed.pointer(pointer).unwrap_or(&Value::Null);
        ensure!(
            found == expected,
            "{pointer} is {found} instead of {expected}"
        );
        Ok(match expected {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    /// That it was refused with this code of Azure.
    pub(super) fn refused(&self, exit_code: i32, code: &str) -> anyhow::Result<String> {
        ensure!(
            self.exit_code == Some(exit_code),
            "it ended with exit code {:?} instead of {exit_code}",
            self.exit_code
        );
        ensure!(
            self.said.contains(&format!("ERROR: ({code})")),
            "it does not say {code}"
        );
        Ok(format!("exit code {exit_code}, {code}"))
    }
}
