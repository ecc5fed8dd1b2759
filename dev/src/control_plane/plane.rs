//! Starting a control plane, and taking parts of it away for a while.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use k8s_openapi::api::{
    core::v1::ServiceAccount,
    rbac::v1::{ClusterRoleBinding, RoleRef, Subject},
};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use tokio::time::{Instant, sleep};

use super::{
    Access, Binaries,
    files::Files,
    servers::{self, Ports},
};
use crate::{
    ports,
    processes::{Child, Program},
};

/// How long a server may take to answer. It takes about four seconds on an idle machine.
const PATIENCE: Duration = Duration::from_mins(5);

/// etcd, kube-apiserver and kube-controller-manager. They are killed when this is dropped.
pub struct ControlPlane {
    folder: PathBuf,
    binaries: Binaries,
    files: Files,
    ports: Ports,
    admin: Access,
    manager: Child,
    api_server: tokio::sync::Mutex<Child>,
    etcd: tokio::sync::Mutex<Child>,
}

impl ControlPlane {
    /// Starts one that keeps its files, among them a log of each server, in `folder`. What was there is removed.
    ///
    /// # Errors
    /// When the programs can't be built or a server does not come up.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        let binaries = Binaries::find().await?;
        // Between the look for a free port and its use another program can take it: rare, and worth another try.
        for _ in 0..3 {
            match Self::launch(folder, &binaries).await {
                Err(error) if format!("{error:#}").contains("address already in use") => {}
                result => return result,
            }
        }
        Self::launch(folder, &binaries).await
    }

    async fn launch(folder: &Path, binaries: &Binaries) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))?;
        }
        let [etcd, etcd_peer, api_server] = ports::free()?;
        let ports = Ports {
            etcd,
            etcd_peer,
            api_server,
        };
        let files = Files::write(folder)?;
        let admin = files.write_kubeconfigs(&ports.server_url())?;

        // They wait for each other by themselves: started together, they are ready sooner.
        let etcd = servers::etcd(binaries, &files, ports).start()?;
        let api_server = servers::api_server(binaries, &files, ports).start()?;
        let client = admin.client().await?;
        api_server_ready(&client, &api_server, &[&etcd]).await?;
        let manager = servers::controller_manager(binaries, &files).start()?;
        publish_issuer(&client).await?;
        manager_ready(&client, &manager).await?;

        Ok(Self {
            folder: folder.to_owned(),
            binaries: binaries.clone(),
            files,
            ports,
            admin,
            manager,
            api_server: api_server.into(),
            etcd: etcd.into(),
        })
    }

    /// The administrator's way in.
    pub fn admin(&self) -> &Access {
        &self.admin
    }

    /// The administrator's kubeconfig file.
    pub fn kubeconfig(&self) -> PathBuf {
        self.files.admin_kubeconfig()
    }

    /// Where the API server answers: also the issuer of service-account tokens.
    pub fn server_url(&self) -> String {
        self.ports.server_url()
    }

    /// Certificate of the authority that signed the API server's, PEM.
    pub fn ca_pem(&self) -> &str {
        self.files.ca()
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where its programs are, and kubectl.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Kills the API server: connections break, and new ones are refused.
    pub async fn stop_api_server(&self) {
        self.api_server.lock().await.kill();
    }

    /// Starts the API server again on the same port, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_api_server(&self) -> anyhow::Result<()> {
        let program = servers::api_server(&self.binaries, &self.files, self.ports);
        let child = restart(&mut *self.api_server.lock().await, &program)?;
        let etcd = self.etcd.lock().await.clone();
        api_server_ready(&self.admin.client().await?, &child, &[&etcd, &self.manager]).await
    }

    /// Kills etcd, starts it again with the same data, and waits until the API server is ready again.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart_etcd(&self) -> anyhow::Result<()> {
        let program = servers::etcd(&self.binaries, &self.files, self.ports);
        let child = restart(&mut *self.etcd.lock().await, &program)?;
        let api_server = self.api_server.lock().await.clone();
        api_server_ready(&self.admin.client().await?, &api_server, &[&child]).await
    }

    /// Ends all of them in order.
    ///
    /// # Errors
    /// When one had to be killed.
    pub async fn stop(&self) -> anyhow::Result<()> {
        let patience = Duration::from_secs(10);
        // The API server waits for requests in flight, watches among them, longer than anyone wants to.
        let manager = self.manager.terminate(patience).await;
        self.stop_api_server().await;
        let etcd = self.etcd.lock().await.terminate(patience).await;
        manager.and(etcd).map(drop)
    }
}

fn restart(running: &mut Child, program: &Program) -> anyhow::Result<Child> {
    running.kill();
    *running = program.start()?;
    Ok(running.clone())
}

/// Waits for `/readyz` of the API server, or for the end of it or of what it needs.
async fn api_server_ready(
    client: &Client,
    api_server: &Child,
    others: &[&Child],
) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let request = http::Request::get("/readyz")
            .body(Vec::new())
            .context("make a request")?;
        let answer =
            tokio::time::timeout(Duration::from_secs(5), client.request_text(request)).await;
        if let Ok(Ok(_)) = answer {
            return Ok(());
        }
        for child in others.iter().copied().chain([api_server]) {
            running(child)?;
        }
        if Instant::now() > deadline {
            bail!(
                "{} is not ready after {} s; its last lines:\n{}",
                api_server.name(),
                PATIENCE.as_secs(),
                api_server.tail(20)
            );
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// The first thing that the controller manager makes is an account, `default`.
async fn manager_ready(client: &Client, manager: &Child) -> anyhow::Result<()> {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    let deadline = Instant::now() + PATIENCE;
    while accounts
        .get_opt("default")
        .await
        .context("look for the ServiceAccount default")?
        .is_none()
    {
        running(manager)?;
        if Instant::now() > deadline {
            bail!(
                "{} did nothing in {} s; its last lines:\n{}",
                manager.name(),
                PATIENCE.as_secs(),
                manager.tail(20)
            );
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn running(child: &Child) -> anyhow::Result<()> {
    if let Some(status) = child.ended() {
        bail!(
            "{} has ended ({status}); its last lines:\n{}",
            child.name(),
            child.tail(20)
        );
    }
    Ok(())
}

/// Lets anyone read the issuer's discovery document and keys, as public clouds do: Entra comes without a token.
async fn publish_issuer(client: &Client) -> anyhow::Result<()> {
    let binding = ClusterRoleBinding {
        metadata: ObjectMeta {
            name: Some("public-service-account-issuer".to_owned()),
            ..ObjectMeta::default()
        },
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "ClusterRole".to_owned(),
            name: "system:service-account-issuer-discovery".to_owned(),
        },
        subjects: Some(vec![Subject {
            api_group: Some("rbac.authorization.k8s.io".to_owned()),
            kind: "Group".to_owned(),
            name: "system:unauthenticated".to_owned(),
            namespace: None,
        }]),
    };
    let bindings: Api<ClusterRoleBinding> = Api::all(client.clone());
    bindings
        .create(&PostParams::default(), &binding)
        .await
        .context("publish the keys of service-account tokens")?;
    Ok(())
}
