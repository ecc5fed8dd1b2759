//! Making a world.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::Context;
use arm_emulator::Emulator;
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use serde_json::json;
use tokio::sync::OnceCell;

use super::{Part, WorldOptions, azure};
use crate::{
    control_plane::{ControlPlane, kubeconfig_text},
    crds, manifests,
    operator::{Account, ClusterStores, Flags, Operator, Watched},
    proxy::Proxy,
    tls::write_private,
};

/// Tells the worlds of a process apart.
static COUNT: AtomicU32 = AtomicU32::new(0);
static CRDS: OnceCell<()> = OnceCell::const_new();

/// A namespace with an emulated Azure and an operator of its own, on real servers.
pub struct World {
    pub(super) namespace: String,
    /// The operator's.
    pub(super) system: String,
    pub(super) client: Client,
    pub(super) emulator: Emulator,
    pub(super) proxy: Proxy,
    pub(super) operator: Operator,
    /// What another one is started with.
    pub(super) replica: (PathBuf, Flags),
    pub(super) plane: Plane,
}

pub(super) enum Plane {
    Shared(&'static ControlPlane),
    Own(Box<ControlPlane>),
}

impl Plane {
    pub(super) fn get(&self) -> &ControlPlane {
        match self {
            Self::Shared(plane) => plane,
            Self::Own(plane) => plane,
        }
    }
}

impl World {
    /// A world that is ready to be used.
    ///
    /// # Panics
    /// When something can't be started: the test can't go on then.
    pub async fn start(options: WorldOptions) -> Self {
        match Self::try_start(options).await {
            Ok(world) => world,
            Err(error) => panic!("no world for this test: {error:#}"),
        }
    }

    async fn try_start(options: WorldOptions) -> anyhow::Result<Self> {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", test_name());
        let namespace = options.namespace.unwrap_or_else(|| name.clone());
        let plane = if options.own_control_plane {
            Plane::Own(Box::new(ControlPlane::start(&own_folder(&name)).await?))
        } else {
            Plane::Shared(ControlPlane::shared().await)
        };
        let client = plane.get().admin().client().await?;
        let has = |part| !options.without.contains(&part);
        if has(Part::Crds) {
            match &plane {
                Plane::Shared(_) => drop(CRDS.get_or_try_init(|| crds::install(&client)).await?),
                Plane::Own(_) => crds::install(&client).await?,
            }
        }
        create_namespace(&client, &namespace).await?;

        let folder = plane.get().folder().join("worlds").join(&namespace);
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        let emulator = azure::config(&namespace, &plane.get().server_url(), plane.get().ca_pem());
        let emulator = match options.emulator {
            Some(tweak) => tweak(emulator),
            None => emulator,
        };
        let emulator = Emulator::start(emulator)
            .await
            .context("start the emulator")?;
        if has(Part::ResourceGroup) {
            emulator.put_group(azure::SUBSCRIPTION, azure::RESOURCE_GROUP, azure::LOCATION);
        }
        if has(Part::Store) {
            manifests::apply(&client, &namespace, &azure::store()).await?;
        }

        let proxy = Proxy::start(&plane.get().server_url(), plane.get().ca_pem()).await?;
        let watched = if options.all_namespaces {
            Watched::All
        } else {
            Watched::These(vec![namespace.clone()])
        };
        let system = format!("sshkey-system-{number}");
        let account = Account::create(&client, &system, &watched, options.cluster_stores).await?;
        let flags = quick(&folder, &account, &proxy, &emulator, &watched)?
            .set(
                "watch-cluster-stores",
                options.cluster_stores == ClusterStores::Used,
            )
            .with(&options.flags);
        let operator = Operator::start(&folder, &flags)?;
        let replica = (folder, flags);
        if !has(Part::Operator) {
            operator.kill();
        }
        let killed = operator.clone();
        proxy.on_kill(move || killed.kill());
        Ok(Self {
            namespace,
            system,
            client,
            emulator,
            proxy,
            operator,
            replica,
            plane,
        })
    }
}

async fn create_namespace(client: &Client, name: &str) -> anyhow::Result<()> {
    let metadata = ObjectMeta {
        name: Some(name.to_owned()),
        ..ObjectMeta::default()
    };
    let namespace = Namespace {
        metadata,
        ..Namespace::default()
    };
    let api: Api<Namespace> = Api::all(client.clone());
    api.create(&PostParams::default(), &namespace)
        .await
        .with_context(|| format!("create namespace {name}"))?;
    Ok(())
}

/// The flags with which an operator is quick to notice and to try again.
fn quick(
    folder: &Path,
    account: &Account,
    proxy: &Proxy,
    emulator: &Emulator,
    watched: &Watched,
) -> anyhow::Result<Flags> {
    let kubeconfig = folder.join("operator.kubeconfig");
    let user = json!({ "token": account.token });
    write_private(
        &kubeconfig,
        &kubeconfig_text(&proxy.url(), proxy.ca_pem(), &account.namespace, &user)?,
    )?;
    let ca = folder.join("azure-ca.pem");
    fs::write(&ca, emulator.ca_pem()).with_context(|| format!("write {}", ca.display()))?;
    let flags = Flags::default()
        .set("kubeconfig", kubeconfig.display())
        .set("azure-arm-endpoint", emulator.endpoint())
        .set("azure-authority-host", emulator.endpoint())
        .set("azure-ca-file", ca.display())
        .set("azure-sweep-interval", "2s")
        .set("poll-interval", "1s")
        .set("retry-max", "2s")
        .set("leader-election", "false")
        .set("log-format", "text")
        .set("log-filter", "info,sshkey_operator=debug");
    Ok(match watched {
        Watched::All => flags,
        Watched::These(namespaces) => flags.set("watch-namespace", namespaces.join(",")),
    })
}

/// The test's name, which libtest gives to its thread, as a namespace's.
fn test_name() -> String {
    let thread = std::thread::current();
    let name = thread
        .name()
        .unwrap_or("world")
        .rsplit("::")
        .next()
        .unwrap_or("world");
    let name: String = name
        .to_lowercase()
        .chars()
        .map(|char| {
            if char.is_ascii_alphanumeric() {
                char
            } else {
                '-'
            }
        })
        .collect();
    name.chars()
        .take(45)
        .collect::<String>()
        .trim_matches('-')
        .to_owned()
}

fn own_folder(namespace: &str) -> PathBuf {
    crate::checkout::scratch("control-planes")
        .join(std::process::id().to_string())
        .join(format!("own-{namespace}"))
}
