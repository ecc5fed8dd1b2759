//! What a person can try next.

use std::{env, path::Path};

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
    let plugin = plugin(&namespace).unwrap_or_default();
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

{plugin}  # take the Secret away, and read what the operator says about it
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

/// The same in one command each, where the plugin was built with this program.
fn plugin(namespace: &str) -> Option<String> {
    let program = env::current_exe().ok()?;
    let folder = program.parent()?;
    folder.join("kubectl-sshkey").exists().then(|| {
        format!(
            "  # the same and more by the plugin of kubectl: docs/cli.md
  export PATH=$PATH:{}
  kubectl sshkey status web{namespace}
  kubectl sshkey pem web{namespace} -o web-2.pem
  kubectl sshkey rotate web{namespace}
  kubectl sshkey check{namespace}

",
            folder.display()
        )
    })
}
