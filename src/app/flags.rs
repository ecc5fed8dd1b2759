//! The operator's flags. Each can be given as an environment variable too.

// These descriptions are what --help prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use clap::{ArgAction, Parser, ValueEnum};
use jiff::{SignedDuration, Timestamp};

use crate::{
    api::names::LEASE,
    azure::{Limits, Overrides},
    controller::Options,
    kubernetes::leases::LeaseAt,
    plan::Intervals,
};

/// Keeps SSH key pairs in Secrets and their public halves in Azure's SSH key store.
#[derive(Clone, Debug, Parser)]
#[command(version, about)]
pub struct Flags {
    /// Kubeconfig file. Without it, the pod's service account, or the kubeconfig that kubectl would use.
    #[arg(long, env = "SSHKEY_OPERATOR_KUBECONFIG", value_name = "PATH")]
    pub kubeconfig: Option<PathBuf>,

    /// Namespace to watch; give it once for each, or separated by commas. Without it, all namespaces.
    #[arg(
        long,
        env = "SSHKEY_OPERATOR_WATCH_NAMESPACE",
        value_name = "NAMESPACE",
        value_delimiter = ','
    )]
    pub watch_namespace: Vec<String>,

    /// The operator's own namespace, where the Secrets and the ServiceAccount of ClusterAzureStores are. Without it, in a pod
    /// that of its service account, otherwise that of the kubeconfig.
    #[arg(long, env = "SSHKEY_OPERATOR_NAMESPACE", value_name = "NAMESPACE")]
    pub namespace: Option<String>,

    /// Whether ClusterAzureStores are used (the right to list them in the whole cluster is needed), or the AzureStores of
    /// namespaces only.
    #[arg(long, env = "SSHKEY_OPERATOR_WATCH_CLUSTER_STORES", default_value_t = true, action = ArgAction::Set)]
    pub watch_cluster_stores: bool,

    /// What tells this cluster's keys in Azure from another's, at most 63 characters. Without it, the UID of the
    /// namespace kube-system, which does not survive a rebuild of the cluster.
    #[arg(long, env = "SSHKEY_OPERATOR_CLUSTER_ID", value_name = "ID", value_parser = cluster_id)]
    pub cluster_id: Option<String>,

    /// Whether replicas agree by a Lease in the operator's own namespace on which of them works, or this is the only one.
    #[arg(long, env = "SSHKEY_OPERATOR_LEADER_ELECTION", default_value_t = true, action = ArgAction::Set)]
    pub leader_election: bool,

    /// Name of the Lease: one for all replicas, and another for each operator of one namespace.
    #[arg(long, env = "SSHKEY_OPERATOR_LEADER_ELECTION_LEASE", default_value = LEASE, value_name = "NAME", value_parser = account)]
    pub leader_election_lease: String,

    /// Who this replica is in the Lease: like no other, and in a pod the pod's name, so that a container that is started
    /// again need not wait for itself. Without it, the host's name with a part for each start.
    #[arg(long, env = "SSHKEY_OPERATOR_LEADER_ELECTION_IDENTITY", value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub leader_election_identity: Option<String>,

    /// How many reconciles run at once.
    #[arg(long, env = "SSHKEY_OPERATOR_CONCURRENCY", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub concurrency: u16,

    /// Whether the loss of a Secret is seen at once, by a watch on the operator's own Secrets (the right to list Secrets
    /// is needed), or at the next sweep.
    #[arg(long, env = "SSHKEY_OPERATOR_WATCH_SECRETS", default_value_t = true, action = ArgAction::Set)]
    pub watch_secrets: bool,

    /// How long a watch stays open before it is started again: must be shorter than the idle timeout of any load balancer
    /// in front of the API server. One that was dropped in silence is noticed 5 s after that.
    #[arg(long, env = "SSHKEY_OPERATOR_WATCH_TIMEOUT", default_value = "200s", value_name = "DURATION", value_parser = duration)]
    pub watch_timeout: Duration,

    /// The ServiceAccount in each namespace whose tokens workload identity uses.
    #[arg(long, env = "SSHKEY_OPERATOR_WORKLOAD_IDENTITY_SERVICE_ACCOUNT", default_value = "sshkey-operator-azure", value_name = "NAME", value_parser = account)]
    pub workload_identity_service_account: String,

    /// Full resync interval: how often every key is compared with Azure although nothing seems to have changed.
    #[arg(long, env = "SSHKEY_OPERATOR_AZURE_SWEEP_INTERVAL", default_value = "15m", value_name = "DURATION", value_parser = duration)]
    pub azure_sweep_interval: Duration,

    /// How often the operator re-checks an object that waits for a person: after a second at first, then after a quarter of
    /// this, then after twice as long each time, up to twice of it.
    #[arg(long, env = "SSHKEY_OPERATOR_POLL_INTERVAL", default_value = "1m", value_name = "DURATION", value_parser = duration)]
    pub poll_interval: Duration,

    /// The longest that an error waits to be tried again.
    #[arg(long, env = "SSHKEY_OPERATOR_RETRY_MAX", default_value = "5m", value_name = "DURATION", value_parser = duration)]
    pub retry_max: Duration,

    /// How long an SshKey in a terminating namespace waits when nothing is left to reach Azure with, before its finalizer is
    /// removed and its key is left in Azure.
    #[arg(long, env = "SSHKEY_OPERATOR_ORPHAN_AFTER", default_value = "10m", value_name = "DURATION", value_parser = duration)]
    pub orphan_after: Duration,

    /// Azure Resource Manager's endpoint, instead of the cloud's own.
    #[arg(long, env = "SSHKEY_OPERATOR_AZURE_ARM_ENDPOINT", value_name = "URL", value_parser = https)]
    pub azure_arm_endpoint: Option<String>,

    /// Microsoft Entra's endpoint, instead of the cloud's own.
    #[arg(long, env = "SSHKEY_OPERATOR_AZURE_AUTHORITY_HOST", value_name = "URL", value_parser = https)]
    pub azure_authority_host: Option<String>,

    /// PEM file of certificate authorities to trust for Azure, beside the system's.
    #[arg(long, env = "SSHKEY_OPERATOR_AZURE_CA_FILE", value_name = "PATH")]
    pub azure_ca_file: Option<PathBuf>,

    /// Writes of keys that Azure is assumed to take at once, in one subscription and location, until its answers tell.
    #[arg(long, env = "SSHKEY_OPERATOR_AZURE_WRITES_BURST", default_value_t = Limits::default().compute_burst, value_parser = clap::value_parser!(u32).range(1..))]
    pub azure_writes_burst: u32,

    /// Writes of keys that Azure is assumed to take a minute after that.
    #[arg(long, env = "SSHKEY_OPERATOR_AZURE_WRITES_PER_MINUTE", default_value_t = Limits::default().compute_per_minute, value_parser = clap::value_parser!(u32).range(1..))]
    pub azure_writes_per_minute: u32,

    /// Address of /livez and /readyz.
    #[arg(
        long,
        env = "SSHKEY_OPERATOR_HEALTH_ADDRESS",
        default_value = "0.0.0.0:8081",
        value_name = "IP:PORT"
    )]
    pub health_address: SocketAddr,

    /// Address of /metrics, or off.
    #[arg(
        long,
        env = "SSHKEY_OPERATOR_METRICS_ADDRESS",
        default_value = "0.0.0.0:8080",
        value_name = "IP:PORT"
    )]
    pub metrics_address: MetricsAddress,

    /// How logs are written.
    #[arg(long, env = "SSHKEY_OPERATOR_LOG_FORMAT", default_value = "json")]
    pub log_format: LogFormat,

    /// What is logged, such as info or sshkey_operator=debug.
    /// <https://docs.rs/tracing-subscriber/latest/tracing_subscriber/filter/struct.EnvFilter.html>
    #[arg(
        long,
        env = "SSHKEY_OPERATOR_LOG_FILTER",
        default_value = "info",
        value_name = "FILTER"
    )]
    pub log_filter: String,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Where metrics are served, if they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsAddress(pub Option<SocketAddr>);

impl FromStr for MetricsAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            address => address
                .parse()
                .map(|address| Self(Some(address)))
                .map_err(|error| format!("{error}; write IP:PORT, or off")),
        }
    }
}

impl Flags {
    /// The Lease by which replicas agree, in this replica's name.
    pub(super) fn lease(&self, namespace: &str) -> LeaseAt {
        let identity = self.leader_election_identity.clone().unwrap_or_else(|| {
            let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "operator".to_owned());
            // No two processes of one host have the same number at the same time.
            let (process, time) = (std::process::id(), Timestamp::now().as_millisecond());
            format!("{host}_{process}_{time}")
        });
        LeaseAt {
            namespace: namespace.to_owned(),
            name: self.leader_election_lease.clone(),
            identity,
        }
    }

    /// The namespaces to watch; without a name, all. One that is named twice is watched once: two watches would work at the
    /// same objects.
    pub fn scopes(&self) -> Vec<Option<String>> {
        let named: BTreeSet<_> = self.watch_namespace.iter().cloned().map(Some).collect();
        if named.is_empty() {
            vec![None]
        } else {
            named.into_iter().collect()
        }
    }

    /// The settings of the controllers.
    pub(super) fn options(&self, cluster_id: String, own_namespace: &str) -> Options {
        Options {
            cluster_id,
            namespace: self
                .namespace
                .clone()
                .unwrap_or_else(|| own_namespace.to_owned()),
            watched: self.scopes(),
            watch_cluster_stores: self.watch_cluster_stores,
            workload_identity_account: self.workload_identity_service_account.clone(),
            intervals: Intervals {
                sweep: self.azure_sweep_interval,
                poll: self.poll_interval,
                confirm: Duration::from_secs(45),
            },
            retry_max: self.retry_max,
            orphan_after: SignedDuration::try_from(self.orphan_after)
                .unwrap_or(SignedDuration::MAX),
            watch_timeout: self.watch_timeout,
            concurrency: self.concurrency,
            watch_secrets: self.watch_secrets,
            overrides: Overrides {
                arm: self.azure_arm_endpoint.clone(),
                authority: self.azure_authority_host.clone(),
            },
            limits: Limits {
                compute_burst: self.azure_writes_burst,
                compute_per_minute: self.azure_writes_per_minute,
            },
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration: SignedDuration = text
        .parse()
        .map_err(|_| "write it as 30s, 15m or 1h".to_owned())?;
    let duration =
        Duration::try_from(duration).map_err(|_| "it must not be negative".to_owned())?;
    if duration.is_zero() {
        Err("it must not be zero".to_owned())
    } else {
        Ok(duration)
    }
}

/// The value of a tag in Azure, and of a label in Kubernetes.
fn cluster_id(text: &str) -> Result<String, String> {
    let fits = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
    if (1..=63).contains(&text.len()) && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("write 1 to 63 letters, digits, '-', '_' and '.'".to_owned())
    }
}

/// Every pod without an account of its own runs as `default`, and its token may be granted anything.
fn account(text: &str) -> Result<String, String> {
    match text {
        "" | "default" => Err("name an account that nothing else uses, not default".to_owned()),
        name => Ok(name.to_owned()),
    }
}

fn https(text: &str) -> Result<String, String> {
    if text.starts_with("https://") {
        Ok(text.to_owned())
    } else {
        Err("it must begin with https://".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Flags, clap::Error> {
        Flags::try_parse_from(["sshkey-operator"].iter().chain(arguments))
    }

    #[test]
    fn durations_are_written_as_people_write_them() {
        assert_eq!(
            parse(&["--poll-interval", "90s"]).unwrap().poll_interval,
            Duration::from_secs(90)
        );
        for bad in ["", "0s", "-1m", "soon"] {
            assert!(parse(&["--poll-interval", bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_namespace_that_is_named_twice_is_watched_once() {
        let scopes = |arguments: &[&str]| parse(arguments).unwrap().scopes();
        assert_eq!(scopes(&[]), [None]);
        let (a, b) = (Some("a".to_owned()), Some("b".to_owned()));
        assert_eq!(scopes(&["--watch-namespace", "b,a,b"]), [a, b]);
    }

    #[test]
    fn what_would_be_unsafe_is_refused() {
        assert!(parse(&["--azure-arm-endpoint", "http://localhost"]).is_err());
        assert!(parse(&["--workload-identity-service-account", "default"]).is_err());
        assert!(parse(&["--cluster-id", &"x".repeat(64)]).is_err());
        assert!(parse(&["--concurrency", "0"]).is_err());
    }

    #[test]
    fn metrics_are_served_somewhere_or_nowhere() {
        let address =
            |text| parse(&["--metrics-address", text]).map(|flags| flags.metrics_address.0);
        assert_eq!(address("off").unwrap(), None);
        let given = "[::1]:9".parse().unwrap();
        assert_eq!(address("[::1]:9").unwrap(), Some(given));
        for bad in ["", "8080", "localhost:8080", "none"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn namespaces_are_given_one_by_one_or_with_commas() {
        let flags = parse(&["--watch-namespace", "a,b", "--watch-namespace", "c"]).unwrap();
        assert_eq!(flags.watch_namespace, ["a", "b", "c"]);
    }
}
