//! From kubectl's flags to a client.

use std::time::Duration;

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
};

use super::{arguments::AccessFlags, error::CliError};

/// How long a connection may take to come up, and an answer to come.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_mins(1);

/// A way to the API server, and where to look when no namespace is named.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) client: Client,
    pub(super) namespace: String,
    /// Whether the namespace was named on the command line.
    pub(super) is_namespace_named: bool,
    /// The server's address, for messages.
    pub(super) server: String,
}

/// Finds the cluster as kubectl does; in a pod without a kubeconfig, the pod's own.
pub(super) async fn access(flags: &AccessFlags) -> Result<Access, CliError> {
    let mut config = config(flags).await?;
    if let Some(namespace) = &flags.namespace {
        config.default_namespace.clone_from(namespace);
    }
    if flags.as_user.is_some() {
        config.auth_info.impersonate.clone_from(&flags.as_user);
        config.auth_info.impersonate_groups =
            (!flags.as_groups.is_empty()).then(|| flags.as_groups.clone());
    }
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(ANSWER);
    // A person waits: the first failure is told at once.
    config.default_retry = false;
    let (namespace, server) = (
        config.default_namespace.clone(),
        config.cluster_url.to_string(),
    );
    let client =
        Client::try_from(config).map_err(|error| CliError::NoCluster(error.to_string()))?;
    Ok(Access {
        client,
        namespace,
        is_namespace_named: flags.namespace.is_some(),
        server: server.trim_end_matches('/').to_owned(),
    })
}

async fn config(flags: &AccessFlags) -> Result<Config, CliError> {
    let options = KubeConfigOptions {
        context: flags.context.clone(),
        cluster: flags.cluster.clone(),
        user: flags.user.clone(),
    };
    let failed = |error: KubeconfigError| CliError::NoCluster(error.to_string());
    let file = match &flags.kubeconfig {
        Some(path) => Kubeconfig::read_from(path).map_err(failed)?,
        None => match Kubeconfig::read() {
            Ok(file) => file,
            Err(error) => {
                return Config::incluster().map_err(|_| failed(error));
            }
        },
    };
    Config::from_custom_kubeconfig(file, &options)
        .await
        .map_err(failed)
}
