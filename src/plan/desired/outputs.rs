//! What an output holds: each preset as a list of entries, so that everything that follows is the same for all.

use std::collections::BTreeMap;

use crate::{
    api::{
        OutputKind, OutputRef, Reason, SshKeySpec,
        names::{SECRET_TYPE, data_key},
        output::{ArgoCd, ArgoCdKind, Output},
    },
    keys::check_known_hosts,
    plan::failure::Failure,
};

/// An output as it is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredOutput {
    /// Which object.
    pub object: OutputRef,
    /// What it holds, or why it can't.
    pub shape: Result<Shape, Failure>,
}

/// What an output holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Name of the preset, as in the spec.
    pub preset: &'static str,
    /// Type of the Secret; it can't be changed.
    pub secret_type: &'static str,
    /// Labels by which its reader finds it.
    pub labels: BTreeMap<&'static str, &'static str>,
    /// What is under which data key.
    pub entries: BTreeMap<String, Entry>,
    /// Data keys that this preset may have: its reader would heed one that is not wanted any more.
    pub optional: &'static [&'static str],
    /// Whether an entry that somebody adds would be taken for a key.
    pub only_these: bool,
}

/// What is under one data key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The private key in OpenSSH's format.
    PrivateOpenSsh,
    /// The private key as the portal gives it.
    PrivatePem,
    /// The public key, one line.
    Public,
    /// All public keys that may be trusted, a line each: the next one while it waits, the current one, the former ones.
    AuthorizedKeys,
    /// This text.
    Text(String),
}

impl Entry {
    /// Whether it holds the private key.
    pub fn is_private(&self) -> bool {
        matches!(self, Self::PrivateOpenSsh | Self::PrivatePem)
    }
}

impl Shape {
    /// Whether it holds the private key.
    pub fn is_private(&self) -> bool {
        self.entries.values().any(Entry::is_private)
    }
}

const OPAQUE: &str = "Opaque";

const KNOWN_HOSTS: &str = "known_hosts";

/// Every output that a spec asks for.
pub(crate) fn desired_outputs(spec: &SshKeySpec, sshkey: &str) -> Vec<DesiredOutput> {
    let outputs = spec.outputs.iter().flatten();
    outputs.map(|output| desired(output, sshkey)).collect()
}

fn desired(output: &Output, sshkey: &str) -> DesiredOutput {
    let kind = if output.public_config_map.is_some() {
        OutputKind::ConfigMap
    } else {
        OutputKind::Secret
    };
    let hosts = output.flux.as_ref().map(|flux| flux.known_hosts.as_str());
    let optional = output.ssh_auth.as_ref();
    let hosts = hosts.or_else(|| optional?.known_hosts.as_deref());
    let shape = match hosts.map(check_known_hosts) {
        Some(Err(error)) => Err(Failure::to_fix(
            Reason::OutputInvalid,
            format!("output {}: {error}", output.name),
        )),
        _ => Ok(shape(output, sshkey, hosts)),
    };
    DesiredOutput {
        object: OutputRef {
            kind,
            name: output.name.clone(),
        },
        shape,
    }
}

fn shape(output: &Output, sshkey: &str, known_hosts: Option<&str>) -> Shape {
    let opaque = |preset, entries: Vec<(String, Entry)>| Shape {
        preset,
        secret_type: OPAQUE,
        labels: BTreeMap::new(),
        entries: entries.into_iter().collect(),
        optional: &[],
        only_these: false,
    };
    let named = |key: &str, entry| (key.to_owned(), entry);
    let hosts = known_hosts.map(|text| named(KNOWN_HOSTS, Entry::Text(text.to_owned())));
    let public = || vec![named(data_key::PUBLIC, Entry::Public)];
    let trusted = || {
        let all = named(data_key::AUTHORIZED, Entry::AuthorizedKeys);
        public().into_iter().chain([all]).collect()
    };
    // The schema asks for exactly one.
    if output.ssh_auth.is_some() {
        let private = [named(data_key::PRIVATE, Entry::PrivateOpenSsh)];
        let entries = private.into_iter().chain(public()).chain(hosts).collect();
        Shape {
            secret_type: SECRET_TYPE,
            optional: &[KNOWN_HOSTS],
            ..opaque("sshAuth", entries)
        }
    } else if output.flux.is_some() {
        // <https://fluxcd.io/flux/components/source/gitrepositories/#secret-reference>
        let pair = [
            named("identity", Entry::PrivateOpenSsh),
            named("identity.pub", Entry::Public),
        ];
        opaque("flux", pair.into_iter().chain(hosts).collect())
    } else if let Some(argo) = &output.argo_cd {
        argo_cd(opaque("argoCD", Vec::new()), argo)
    } else if output.pem.is_some() {
        let pair = vec![
            (format!("{sshkey}.pem"), Entry::PrivatePem),
            (format!("{sshkey}.pub"), Entry::Public),
        ];
        opaque("pem", pair)
    } else if output.kube_virt.is_some() {
        // <https://kubevirt.io/user-guide/user_workloads/accessing_virtual_machines/#ssh-public-key-injection>
        Shape {
            only_these: true,
            ..opaque("kubeVirt", public())
        }
    } else if output.public_secret.is_some() {
        Shape {
            only_these: true,
            ..opaque("publicSecret", trusted())
        }
    } else {
        Shape {
            secret_type: "",
            ..opaque("publicConfigMap", trusted())
        }
    }
}

/// <https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories>
fn argo_cd(mut shape: Shape, argo: &ArgoCd) -> Shape {
    let role = match argo.kind.unwrap_or_default() {
        ArgoCdKind::Repository => "repository",
        ArgoCdKind::RepositoryCredentials => "repo-creds",
    };
    shape.labels.insert("argocd.argoproj.io/secret-type", role);
    shape.optional = &["project", "insecure"];
    let mut text = |key: &str, value: &str| {
        let entry = Entry::Text(value.to_owned());
        shape.entries.insert(key.to_owned(), entry);
    };
    text("type", "git");
    text("url", &argo.url);
    if let Some(project) = &argo.project {
        text("project", project);
    }
    if argo.insecure == Some(true) {
        text("insecure", "true");
    }
    let private = Entry::PrivateOpenSsh;
    shape.entries.insert("sshPrivateKey".to_owned(), private);
    shape
}
