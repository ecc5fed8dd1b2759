//! The emulated Azure of a run: the program, as a user would start it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::cluster::Cluster;
use crate::{
    checkout,
    processes::{Child, Program},
};

/// What `examples/quickstart.yaml` says too.
const TENANT: &str = "11111111-1111-4111-8111-111111111111";
const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
const SUBSCRIPTION: &str = "33333333-3333-4333-8333-333333333333";
const CLIENT_SECRET: &str = "not-a-real-secret";

/// The emulator's process, and how it is reached.
pub(super) struct Azure {
    pub(super) process: Child,
    pub(super) endpoint: String,
    pub(super) ca_file: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    endpoint: String,
    ca_file: PathBuf,
}

impl Azure {
    /// Starts it and waits until it listens.
    pub(super) async fn start(folder: &Path, cluster: &Cluster) -> anyhow::Result<Self> {
        let config = folder.join("azure.yaml");
        let text = serde_saphyr::to_string(&configuration(cluster))
            .context("write the emulator's configuration")?;
        fs::write(&config, text).with_context(|| format!("write {}", config.display()))?;
        let ready_file = folder.join("azure.json");
        let process = Program::new(checkout::program("arm-emulator")?, folder.join("azure.log"))
            .file("config", &config)
            .file("data-dir", &folder.join("azure"))
            .file("ready-file", &ready_file)
            .start()?;
        let deadline = Instant::now() + Duration::from_mins(1);
        while !ready_file.exists() {
            if let Some(status) = process.ended() {
                bail!(
                    "the emulator has ended ({status}); its last lines:\n{}",
                    process.tail(20)
                );
            }
            if Instant::now() > deadline {
                bail!(
                    "the emulator is not ready after a minute; its last lines:\n{}",
                    process.tail(20)
                );
            }
            sleep(Duration::from_millis(20)).await;
        }
        let ready = fs::read_to_string(&ready_file)
            .with_context(|| format!("read {}", ready_file.display()))?;
        let Ready { endpoint, ca_file } =
            serde_json::from_str(&ready).context("understand what the emulator says")?;
        Ok(Self {
            process,
            endpoint,
            ca_file,
        })
    }
}

/// An application with a client secret; with a control plane of our own, its tokens are taken as well.
fn configuration(cluster: &Cluster) -> Value {
    let mut application = json!({ "clientId": CLIENT, "secrets": [{ "value": CLIENT_SECRET }] });
    let mut issuers = json!([]);
    if let Some(plane) = &cluster.plane {
        let issuer = plane.server_url();
        application["federatedCredentials"] = json!([{
            "issuer": issuer,
            "subject": format!("system:serviceaccount:{}:sshkey-operator-azure", cluster.namespace),
            "audience": "api://AzureADTokenExchange",
        }]);
        issuers = json!([{ "url": issuer, "caPem": plane.ca_pem() }]);
    }
    json!({
        "tenants": [{ "id": TENANT, "applications": [application] }],
        "subscriptions": [{ "id": SUBSCRIPTION, "tenant": TENANT, "name": "Quickstart" }],
        "issuers": issuers,
    })
}
