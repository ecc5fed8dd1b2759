//! What a person can try next.

use std::path::Path;

use super::{azure::Azure, cluster::Cluster, progress::line};
use crate::checkout;

/// Prints the commands, with the names and addresses of this run.
pub(super) fn print(folder: &Path, cluster: &Cluster, azure: &Azure) {
    // For a machine without a kubectl of its own.
    let kubectl = match checkout::installed("kubectl", &[]) {
        Ok(_) => String::new(),
        Err(_) => format!("\n  alias kubectl={}", cluster.kubectl.display()),
    };
    let namespace = match cluster.namespace {
        "default" => String::new(),
        other => format!(" --namespace {other}"),
    };
    let azure_keys = format!(
        "curl --cacert {} {}/_emulator/keys",
        azure.ca_file.display(),
        azure.endpoint
    );
    line(format_args!(
        "
Try it from another terminal:

  export KUBECONFIG={kubeconfig}{kubectl}

  # save a private key, and compare its fingerprint with the operator's
  (umask 077; kubectl get secret web{namespace} -o jsonpath='{{.data.ssh-privatekey}}' | base64 -d > web.pem)
  ssh-keygen -lf web.pem
  kubectl get sshkey web{namespace} -o wide

  # what Azure holds (the emulator's own view of it)
  {azure_keys}

  # change something: the tags, say, or look at what each field means
  kubectl edit sshkey web{namespace}
  kubectl explain sshkey.spec

  # change the key for a new one: the old one is kept in Secret web-previous
  kubectl annotate sshkey web{namespace} sshkey-operator.io/rotate-requested-at=\"$(date)\" --overwrite
  kubectl get sshkey web{namespace} -o jsonpath='{{.status.rotation}}'

  # take the Secret away, and read what the operator says about it
  kubectl delete secret legacy{namespace}
  kubectl describe sshkey legacy{namespace}

  # delete a key, and its public half is gone from Azure too
  kubectl delete sshkey web{namespace}

Logs, certificates and settings: {folder}
",
        kubeconfig = cluster.kubeconfig.display(),
        folder = folder.display(),
    ));
}
