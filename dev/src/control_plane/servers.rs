//! How each server is started.

use super::{Binaries, files::Files};
use crate::processes::Program;

/// The ports of a control plane, all on 127.0.0.1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub(super) etcd: u16,
    pub(super) etcd_peer: u16,
    pub(super) api_server: u16,
}

impl Ports {
    /// Where the API server answers, which is also the issuer of service-account tokens.
    pub(super) fn server_url(self) -> String {
        format!("https://127.0.0.1:{}", self.api_server)
    }
}

pub(super) fn etcd(binaries: &Binaries, files: &Files, ports: Ports) -> Program {
    let clients = format!("http://127.0.0.1:{}", ports.etcd);
    let peers = format!("http://127.0.0.1:{}", ports.etcd_peer);
    Program::new(binaries.server("etcd"), files.log("etcd"))
        .file("data-dir", &files.data())
        .flag("name", "dev")
        .flag("listen-client-urls", &clients)
        .flag("advertise-client-urls", &clients)
        .flag("listen-peer-urls", &peers)
        .flag("initial-advertise-peer-urls", &peers)
        .flag("initial-cluster", format_args!("dev={peers}"))
        // Nothing here outlives the machine: a flush to disk per write buys nothing.
        .arg("--unsafe-no-fsync")
        // A hundred thousand keys and their Secrets do not fit into the usual 2 GiB.
        .flag("quota-backend-bytes", 8_u64 << 30)
        .flag("log-level", "warn")
}

pub(super) fn api_server(binaries: &Binaries, files: &Files, ports: Ports) -> Program {
    let url = ports.server_url();
    Program::new(
        binaries.server("kube-apiserver"),
        files.log("kube-apiserver"),
    )
    .flag(
        "etcd-servers",
        format_args!("http://127.0.0.1:{}", ports.etcd),
    )
    .flag("bind-address", "127.0.0.1")
    .flag("secure-port", ports.api_server)
    .file("tls-cert-file", &files.serving_certificate())
    .file("tls-private-key-file", &files.serving_key())
    .file("client-ca-file", &files.ca_file())
    .flag("authorization-mode", "RBAC")
    .flag("service-cluster-ip-range", "10.0.0.0/24")
    // The address of a Service `kubernetes` may not be a loopback address, and without nodes nobody needs it.
    .flag("endpoint-reconciler-type", "none")
    // A real issuer with a discovery document: workload identity is checked against it as Entra would.
    .flag("service-account-issuer", &url)
    .flag(
        "service-account-jwks-uri",
        format_args!("{url}/openid/v1/jwks"),
    )
    .file("service-account-key-file", &files.token_key())
    .file("service-account-signing-key-file", &files.token_key())
    .flag("profiling", "false")
}

pub(super) fn controller_manager(binaries: &Binaries, files: &Files) -> Program {
    // Those that work without nodes and that someone here waits for.
    let controllers = [
        "namespace-controller",
        "garbage-collector-controller",
        "serviceaccount-controller",
        "clusterrole-aggregation-controller",
        "root-ca-certificate-publisher-controller",
        "resourcequota-controller",
    ];
    Program::new(
        binaries.server("kube-controller-manager"),
        files.log("kube-controller-manager"),
    )
    .file("kubeconfig", &files.manager_kubeconfig())
    .file("root-ca-file", &files.ca_file())
    .flag("controllers", controllers.join(","))
    .flag("leader-elect", "false")
    .flag("secure-port", 0)
    .flag("kube-api-qps", 200)
    .flag("kube-api-burst", 400)
    .flag("concurrent-namespace-syncs", 4)
    // A new kind is counted from the next look at a quota on.
    .flag("resource-quota-sync-period", "5s")
}
