//! The files that the control plane is started with: certificates, the key of service-account tokens, kubeconfigs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use base64::{Engine, prelude::BASE64_STANDARD};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::json;

use super::{Access, kubeconfig_text};
use crate::tls::{Authority, Identity, write_private};

/// The folder of a control plane, and what its servers are told to read there.
pub(super) struct Files {
    folder: PathBuf,
    ca: String,
    admin: Identity,
}

impl Files {
    /// Writes what does not depend on a port.
    pub(super) fn write(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        let authority = Authority::new("sshkey-operator development control plane")?;
        let server = authority.server(
            "kube-apiserver",
            &["127.0.0.1", "localhost", "kubernetes.default.svc"],
        )?;
        let files = Self {
            folder: folder.to_owned(),
            ca: authority.pem(),
            admin: authority.client("admin", "system:masters")?,
        };
        write_private(&files.ca_file(), &files.ca)?;
        write_private(&files.serving_certificate(), &server.certificate)?;
        write_private(&files.serving_key(), &server.key)?;
        write_private(&files.token_key(), &token_key()?)?;
        // Its controllers run as it, not each as an account of its own, which would make the start slower.
        let manager = authority.client("system:kube-controller-manager", "system:masters")?;
        write_private(&files.manager_certificate(), &manager.certificate)?;
        write_private(&files.manager_key(), &manager.key)?;
        Ok(files)
    }

    /// Writes the kubeconfigs, which name the API server's port, and returns the administrator's.
    pub(super) fn write_kubeconfigs(&self, server: &str) -> anyhow::Result<Access> {
        let manager = json!({
            "client-certificate": self.manager_certificate(),
            "client-key": self.manager_key(),
        });
        write_private(
            &self.manager_kubeconfig(),
            &kubeconfig_text(server, &self.ca, "default", &manager)?,
        )?;
        let admin = json!({
            "client-certificate-data": BASE64_STANDARD.encode(&self.admin.certificate),
            "client-key-data": BASE64_STANDARD.encode(&self.admin.key),
        });
        let admin = kubeconfig_text(server, &self.ca, "default", &admin)?;
        write_private(&self.admin_kubeconfig(), &admin)?;
        Ok(Access::new(admin))
    }

    /// Certificate of the authority that signed everything here, PEM.
    pub(super) fn ca(&self) -> &str {
        &self.ca
    }

    pub(super) fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    pub(super) fn serving_certificate(&self) -> PathBuf {
        self.folder.join("apiserver.crt")
    }

    pub(super) fn serving_key(&self) -> PathBuf {
        self.folder.join("apiserver.key")
    }

    /// Signs and checks service-account tokens.
    pub(super) fn token_key(&self) -> PathBuf {
        self.folder.join("service-account.key")
    }

    pub(super) fn manager_kubeconfig(&self) -> PathBuf {
        self.folder.join("controller-manager.kubeconfig")
    }

    pub(super) fn admin_kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("etcd")
    }

    pub(super) fn log(&self, server: &str) -> PathBuf {
        self.folder.join(format!("{server}.log"))
    }

    fn manager_certificate(&self) -> PathBuf {
        self.folder.join("controller-manager.crt")
    }

    fn manager_key(&self) -> PathBuf {
        self.folder.join("controller-manager.key")
    }
}

/// RSA, since Entra takes federated tokens signed with RS256 alone.
fn token_key() -> anyhow::Result<String> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
        .context("generate the key of service-account tokens")?;
    Ok(key.serialize_pem())
}
