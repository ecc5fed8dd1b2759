//! An output of every kind, and what is in it.

use k8s_openapi::api::core::v1::Secret;

pub(crate) const HOSTS: &str =
    "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

pub(crate) fn all() -> String {
    format!(
        "[{{name: x-auth, sshAuth: {{knownHosts: '{HOSTS}'}}}}, {{name: x-pem, pem: {{}}}}, {{name: x-flux, flux: {{knownHosts: '{HOSTS}'}}}}, \
         {{name: x-argo, argoCD: {{url: 'git@github.com:example/app.git', project: web}}}}, {{name: x-virt, kubeVirt: {{}}}}, \
         {{name: x-public, publicSecret: {{}}}}, {{name: x-map, publicConfigMap: {{}}}}]"
    )
}

pub(crate) fn text(secret: &Secret, entry: &str) -> String {
    let data = secret.data.as_ref().unwrap();
    String::from_utf8(data[entry].0.clone()).unwrap()
}
