//! A run from its first step to its last.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client,
    api::{Patch, PatchParams},
};
use serde_json::json;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};

use super::{
    azure::Azure,
    cluster::{Cluster, SYSTEM},
    guide, keys,
    lock::Lock,
    progress::{Progress, line},
};
use crate::{
    checkout,
    control_plane::kubeconfig_text,
    crds, manifests,
    operator::{Account, ClusterStores, Flags, Operator, Watched},
    tls::write_private,
};

/// What the user can choose.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Use an existing cluster instead of starting a control plane. It gets the CRDs, and the namespaces sshkey-system
    /// and sshkey-quickstart for as long as the run lasts. Needs --context.
    #[arg(long, requires = "context")]
    use_existing_cluster: bool,
    /// The context of your kubeconfig that names the existing cluster.
    #[arg(long, value_name = "NAME", requires = "use_existing_cluster")]
    context: Option<String>,
    /// Where the files of the run are; what was there is removed. Default: target/run of this checkout.
    #[arg(long, value_name = "PATH")]
    folder: Option<PathBuf>,
}

/// What is running.
struct Session {
    cluster: Cluster,
    azure: Azure,
    operator: Operator,
}

/// Starts everything, shows the keys, and stays until Ctrl-C.
///
/// # Errors
/// When something does not start, or ends by itself.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    whole(options, true).await
}

/// Starts everything, shows the keys, and ends.
///
/// # Errors
/// When something does not start.
pub async fn demo(options: &Options) -> anyhow::Result<()> {
    whole(options, false).await
}

async fn whole(options: &Options, stay: bool) -> anyhow::Result<()> {
    let progress = Progress::start();
    let folder = options
        .folder
        .clone()
        .unwrap_or_else(|| checkout::scratch("run"));
    let _lock = Lock::take(&folder)?;
    let mut end = End::new()?;
    // Dropped half way, it takes down what it has started so far.
    let session = tokio::select! {
        session = start(options, &folder, progress) => session?,
        () = end.asked() => {
            progress.say("stopped before everything was up");
            return Ok(());
        }
    };
    let result = if stay {
        guide::print(&folder, &session.cluster, &session.azure);
        line("Running. Ctrl-C ends it.");
        tokio::select! {
            () = end.asked() => Ok(()),
            what = lost(&session) => Err(what),
        }
    } else {
        line("\n`make run` does the same, stays up, and says what to try next.\n");
        Ok(())
    };
    progress.say("stopping");
    tokio::select! {
        stopped = stop(&session, progress) => stopped?,
        // Whoever asks twice does not want to wait.
        () = end.asked() => {}
    }
    progress.say("stopped");
    result
}

async fn start(options: &Options, folder: &Path, progress: Progress) -> anyhow::Result<Session> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    let cluster = match &options.context {
        Some(context) => Cluster::existing(folder, context, progress).await?,
        None => Cluster::start(folder, progress).await?,
    };
    let client = cluster.access.client().await?;
    let azure = Azure::start(folder, &cluster).await?;
    progress.say(format_args!(
        "the Azure emulator answers at {}",
        azure.endpoint
    ));
    crds::install(&client).await?;
    progress.say("the CRDs are installed");
    create_namespace(&client, cluster.namespace).await?;
    let operator = start_operator(folder, &cluster, &client, &azure).await?;
    progress.say(format_args!(
        "the operator is ready, as ServiceAccount {SYSTEM}/sshkey-operator"
    ));

    let example = checkout::root().join("examples/quickstart.yaml");
    let example =
        fs::read_to_string(&example).with_context(|| format!("read {}", example.display()))?;
    manifests::apply(&client, cluster.namespace, &example).await?;
    progress.say("examples/quickstart.yaml is applied; waiting until its keys are Ready");
    keys::ready(&client, cluster.namespace, progress)
        .await
        .with_context(|| {
            format!(
                "the end of {}:\n{}",
                operator.log().display(),
                operator.tail(20)
            )
        })?;
    line("");
    cluster.show(&["get", "sshkeys"]).await?;
    Ok(Session {
        cluster,
        azure,
        operator,
    })
}

async fn start_operator(
    folder: &Path,
    cluster: &Cluster,
    client: &Client,
    azure: &Azure,
) -> anyhow::Result<Operator> {
    let watched = match cluster.plane {
        Some(_) => Watched::All,
        None => Watched::These(vec![cluster.namespace.to_owned()]),
    };
    let account = Account::create(client, SYSTEM, &watched, ClusterStores::Used).await?;
    let (server, ca) = cluster.server().await?;
    let kubeconfig = folder.join("operator.kubeconfig");
    let user = json!({ "token": account.token });
    write_private(&kubeconfig, &kubeconfig_text(&server, &ca, SYSTEM, &user)?)?;
    let mut flags = Flags::default()
        .set("kubeconfig", kubeconfig.display())
        .set("azure-arm-endpoint", &azure.endpoint)
        .set("azure-authority-host", &azure.endpoint)
        .set("azure-ca-file", azure.ca_file.display())
        // Who tries it does not want to wait a quarter of an hour to see a key put back.
        .set("azure-sweep-interval", "10s")
        .set("poll-interval", "5s")
        .set("log-format", "text");
    if let Watched::These(namespaces) = &watched {
        flags = flags.set("watch-namespace", namespaces.join(","));
    }
    let operator = Operator::start(folder, &flags)?;
    operator.ready().await?;
    Ok(operator)
}

async fn create_namespace(client: &Client, name: &str) -> anyhow::Result<()> {
    let api: Api<Namespace> = Api::all(client.clone());
    let namespace =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
    let params = PatchParams::apply("sshkey-operator-dev");
    api.patch(name, &params, &Patch::Apply(&namespace))
        .await
        .with_context(|| format!("create namespace {name}"))?;
    Ok(())
}

/// Comes back when something that should stay has ended.
async fn lost(session: &Session) -> anyhow::Error {
    loop {
        if !session.operator.is_running() {
            return anyhow::anyhow!(
                "the operator has ended; its last lines:\n{}",
                session.operator.tail(20)
            );
        }
        if let Some(status) = session.azure.process.ended() {
            return anyhow::anyhow!(
                "the Azure emulator has ended ({status}); its last lines:\n{}",
                session.azure.process.tail(20)
            );
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// In the order in which each can still finish what it is doing.
async fn stop(session: &Session, progress: Progress) -> anyhow::Result<()> {
    session.cluster.leave(progress).await?;
    let operator = session.operator.terminate().await;
    let azure = session
        .azure
        .process
        .terminate(Duration::from_secs(10))
        .await;
    if let Some(plane) = &session.cluster.plane {
        plane.stop().await?;
    }
    if !operator?.success() {
        bail!(
            "the operator did not end well; its last lines:\n{}",
            session.operator.tail(20)
        );
    }
    azure.map(drop)
}

/// The signals by which a person or a system ends a program.
struct End {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl End {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("listen for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
