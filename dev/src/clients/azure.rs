//! The Azure that the clients see: an emulator with its real limits, and pages so short that lists have several.

use anyhow::Context;
use arm_emulator::{Application, Config, Emulator, Tenant};
use tempfile::TempDir;

pub(super) const TENANT: &str = "11111111-1111-4111-8111-111111111111";
pub(super) const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
pub(super) const SUBSCRIPTION: &str = "33333333-3333-4333-8333-333333333333";
pub(super) const SECRET: &str = "not-a-real-secret";

/// The emulator, and the folder that holds all files of a run.
pub(super) struct Azure {
    emulator: Emulator,
    pub(super) folder: TempDir,
    /// The file with the CA to trust.
    pub(super) ca_file: String,
}

impl Azure {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("make a folder for the clients")?;
        let application = Application::new(CLIENT).secret(SECRET);
        let mut config = Config::default()
            .tenant(Tenant::new(TENANT).application(application))
            .subscription(SUBSCRIPTION, TENANT);
        config.data_dir = Some(folder.path().join("azure"));
        config.page_size = 2;
        config.group_deletion_seconds = 1;
        let emulator = Emulator::start(config)
            .await
            .context("start the emulator")?;
        let ca_file = emulator.ca_file().context("the emulator has no CA file")?;
        let ca_file = ca_file.display().to_string();
        Ok(Self {
            emulator,
            folder,
            ca_file,
        })
    }

    /// `https://localhost:PORT`.
    pub(super) fn endpoint(&self) -> &str {
        self.emulator.endpoint()
    }
}
