//! A real Kubernetes control plane on loopback: etcd, kube-apiserver and kube-controller-manager, without nodes.

mod access;
mod binaries;
mod files;
mod plane;
mod servers;
mod shared;

pub use access::{Access, kubeconfig_text};
pub use binaries::Binaries;
pub use plane::ControlPlane;
