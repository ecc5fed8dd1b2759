//! The `arm-emulator` program: an emulator that runs until it is told to stop.

use std::{fs, io::IsTerminal, net::SocketAddr, path::PathBuf};

use anyhow::Context;
use arm_emulator::{Config, Emulator};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Where the CA is kept when neither the flag nor the configuration says so.
const DEFAULT_DATA_DIR: &str = "arm-emulator-data";

/// A local stand-in for Azure Resource Manager and Entra ID, for SSH public keys and resource groups.
#[derive(Parser)]
struct Flags {
    /// YAML file with tenants, subscriptions and limits
    #[arg(long)]
    config: PathBuf,
    /// Where to listen; goes before the configuration's address
    #[arg(long)]
    address: Option<SocketAddr>,
    /// Written when the emulator is listening: JSON with `endpoint` and `caFile`
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Where groups, keys, locks, policies and registrations are kept; goes before the configuration's stateFile
    #[arg(long)]
    state_file: Option<PathBuf>,
    /// Where the CA is kept; goes before the configuration's dataDir
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let flags = Flags::parse();
    let mut config = Config::from_yaml_file(&flags.config)?;
    config.address = flags.address.unwrap_or(config.address);
    let data_dir = flags
        .data_dir
        .or(config.data_dir)
        .unwrap_or_else(|| DEFAULT_DATA_DIR.into());
    config.data_dir = Some(data_dir);
    config.state_file = flags.state_file.or(config.state_file);
    let emulator = Emulator::start(config).await?;
    let ca_file = emulator
        .ca_file()
        .map(fs::canonicalize)
        .transpose()
        .context("CA file")?;
    tracing::info!(endpoint = emulator.endpoint(), ca_file = ?ca_file, "listening");
    if let Some(path) = flags.ready_file {
        let ready = serde_json::json!({"endpoint": emulator.endpoint(), "caFile": ca_file});
        // Whoever waits for the file must not see half of it.
        let unfinished = path.with_extension("tmp");
        fs::write(&unfinished, ready.to_string())
            .and_then(|()| fs::rename(&unfinished, &path))
            .with_context(|| format!("ready file {}", path.display()))?;
    }
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    emulator.stop().await;
    Ok(())
}
