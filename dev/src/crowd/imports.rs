//! Private keys that take long to open, and the Secret that they come from.

use std::process::Command;

use anyhow::{Context, ensure};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{
    Api, Client,
    api::{ObjectMeta, Patch, PatchParams},
};
use serde_json::{Value, json};

const SOURCE: &str = "mine";
const WORDS: &str = "words";
/// Rounds of bcrypt: as many as are opened at all take some seconds.
const ROUNDS: &str = "200";

/// The Secret of all imports, and what can be in it.
pub struct Imports {
    client: Client,
    namespace: String,
    files: Vec<String>,
    changes: usize,
}

impl Imports {
    pub(super) async fn begin(client: &Client, namespace: &str) -> anyhow::Result<Self> {
        let mut imports = Self {
            client: client.clone(),
            namespace: namespace.to_owned(),
            files: vec![encrypted()?, encrypted()?],
            changes: 0,
        };
        put_secret(client, namespace, WORDS, "p", WORDS.as_bytes()).await?;
        imports.change().await?;
        Ok(imports)
    }

    /// Puts the other key into the Secret: each import has to be opened again.
    ///
    /// # Errors
    /// When the API server refuses.
    pub async fn change(&mut self) -> anyhow::Result<()> {
        let file = &self.files[self.changes % self.files.len()];
        put_secret(
            &self.client,
            &self.namespace,
            SOURCE,
            "key",
            file.as_bytes(),
        )
        .await?;
        self.changes += 1;
        Ok(())
    }
}

/// What asks for such a key and for a copy of it.
pub(super) fn spec() -> Value {
    json!({
        "source": { "privateKey": {
            "secretRef": { "name": SOURCE, "key": "key" },
            "passphraseSecretRef": { "name": WORDS, "key": "p" },
        } },
        "secret": {},
    })
}

/// A new key, encrypted.
fn encrypted() -> anyhow::Result<String> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let path = folder.path().join("id");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-a", ROUNDS, "-N", WORDS, "-f"])
        .arg(&path)
        .output()
        .context("run ssh-keygen")?;
    ensure!(made.status.success(), "{made:?}");
    std::fs::read_to_string(path).context("read the key")
}

/// Creates a Secret of one entry, or puts another value into it.
pub(super) async fn put_secret(
    client: &Client,
    namespace: &str,
    name: &str,
    entry: &str,
    value: &[u8],
) -> anyhow::Result<()> {
    let secret = Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        data: Some([(entry.to_owned(), ByteString(value.to_vec()))].into()),
        ..Secret::default()
    };
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let params = PatchParams::apply("crowd").force();
    api.patch(name, &params, &Patch::Apply(&secret))
        .await
        .map(drop)
        .with_context(|| format!("put Secret {name}"))
}
