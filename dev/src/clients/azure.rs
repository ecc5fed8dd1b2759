//! The Azure that the clients see: an emulator with its real limits, and pages so short that lists have several.

use anyhow::Context;
use arm_emulator::{Application, Config, Emulator, StoredKey, Tenant};
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

    /// The id of a key, as answers give it.
    pub(super) fn key_id(&self, group: &str, name: &str) -> String {
        let keys = self.emulator.keys();
        let mut of_group = keys.iter().filter(|key| key.resource_group == group);
        let found = of_group.find(|key| key.name == name);
        found.map(|key| key.id.clone()).unwrap_or_default()
    }

    /// Somebody else changes a key's tags.
    pub(super) fn change_tags(&self, id: &str) {
        if let Some(mut key) = self.emulator.key(id) {
            key.tags = [("team".to_owned(), "theirs".to_owned())].into();
            self.emulator.put_key_as_someone_else(key);
        }
    }

    /// Somebody else deletes a key.
    pub(super) fn delete_key(&self, id: &str) {
        self.emulator.delete_key(id);
    }

    /// Somebody else stores a key.
    pub(super) fn put_key(&self, key: StoredKey) {
        self.emulator.put_key_as_someone_else(key);
    }

    /// `https://localhost:PORT`.
    pub(super) fn endpoint(&self) -> &str {
        self.emulator.endpoint()
    }
}
