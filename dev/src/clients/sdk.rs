//! Azure's Python management SDK, which a script of its own language drives.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::{
    azure::{Azure, CLIENT, SECRET, SUBSCRIPTION, TENANT},
    table::Table,
};
use crate::checkout;

/// A line of the script.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    operation: String,
    result: String,
    passed: bool,
    seconds: f64,
}

/// All rows; `public_key` is that of the user.
///
/// # Errors
/// When the script did not come to its end.
pub(super) async fn all(
    python: &Path,
    azure: &Azure,
    public_key: &str,
    table: &mut Table,
) -> anyhow::Result<()> {
    let mut script = Command::new(python)
        .arg(checkout::root().join("dev/clients/sdk.py"))
        .env("ENDPOINT", azure.endpoint())
        .env("PUBLIC_KEY", public_key)
        .env("REQUESTS_CA_BUNDLE", &azure.ca_file)
        .env("NO_PROXY", "localhost")
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_ID", CLIENT)
        .env("AZURE_CLIENT_SECRET", SECRET)
        .env("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("run python")?;
    let printed = script.stdout.take().context("read from python")?;
    let mut lines = BufReader::new(printed).lines();
    while let Some(line) = lines.next_line().await.context("read from python")? {
        let row: Row = serde_json::from_str(&line).with_context(|| format!("understand {line}"))?;
        let result = if row.passed {
            Ok(row.result)
        } else {
            Err(row.result)
        };
        let took = Duration::try_from_secs_f64(row.seconds).unwrap_or_default();
        table.row("python-sdk", &row.operation, result, took);
    }
    let status = script.wait().await.context("wait for python")?;
    ensure!(
        status.success(),
        "the script of the SDK ended with {status}"
    );
    Ok(())
}
