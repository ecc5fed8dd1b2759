//! The images that `make image` has written, and the command that brings them to the cluster's nodes.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;
use tar::Archive;

use crate::image::{LIMIT, mebibytes};

/// An image in an archive.
pub(super) struct Archived {
    path: PathBuf,
    /// The name under which it is loaded.
    pub(super) reference: String,
    config: Value,
    /// Its files, unpacked.
    files: Vec<String>,
    unpacked: usize,
}

impl Archived {
    pub(super) fn read(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let path = folder.join(format!("{name}.tar"));
        let blobs = Blobs::read(&path)
            .with_context(|| format!("read {}; `make image` writes it", path.display()))?;
        let index = blobs.json("index.json")?;
        let descriptor = &index["manifests"][0];
        let manifest = blobs.blob(descriptor)?;
        let config = blobs.blob(&manifest["config"])?;
        let (mut files, mut unpacked) = (Vec::new(), 0);
        for layer in manifest["layers"].as_array().into_iter().flatten() {
            let mut content = Vec::new();
            GzDecoder::new(blobs.bytes(&digest_path(layer))?)
                .read_to_end(&mut content)
                .context("unpack a layer")?;
            unpacked += content.len();
            for entry in Archive::new(content.as_slice()).entries()? {
                files.push(entry?.path()?.display().to_string());
            }
        }
        let reference = descriptor["annotations"]["io.containerd.image.name"].as_str();
        Ok(Self {
            reference: reference.context("an image without a name")?.to_owned(),
            path,
            config,
            files,
            unpacked,
        })
    }

    /// Checks what every image must be: not root's, with certificate authorities, and small where it is to be released.
    /// Says how big it is.
    pub(super) fn check(&self, is_release: bool) -> anyhow::Result<String> {
        let user = self.config["config"]["User"].as_str().unwrap_or_default();
        ensure!(user == "65532:65532", "it runs as {user:?}");
        ensure!(
            self.files
                .iter()
                .any(|file| file == "etc/ssl/certs/ca-certificates.crt"),
            "it has no certificate authorities"
        );
        ensure!(
            self.unpacked <= LIMIT || !is_release,
            "it is {} bytes",
            self.unpacked
        );
        let packed = fs::metadata(&self.path).context("look at an image")?.len();
        let packed = usize::try_from(packed).unwrap_or(usize::MAX);
        let labels = &self.config["config"]["Labels"];
        let commit = labels["org.opencontainers.image.revision"].as_str();
        Ok(format!(
            "{} of commit {}, {} MiB, {} MiB packed",
            self.reference,
            commit.map_or("unknown", |commit| &commit[..commit.len().min(12)]),
            mebibytes(self.unpacked),
            mebibytes(packed)
        ))
    }

    /// Its name without the tag, which the chart takes from its appVersion.
    pub(super) fn repository(&self) -> &str {
        self.reference
            .rsplit_once(':')
            .map_or(&self.reference, |(repository, _)| repository)
    }

    /// Runs the command, with the archive as its last argument.
    pub(super) fn load(&self, command: &str) -> anyhow::Result<()> {
        let output = Command::new("bash")
            .arg("-c")
            .arg(format!("{command} \"$1\""))
            .arg("load-image")
            .arg(&self.path)
            .output()
            .context("run the command that loads an image")?;
        if !output.status.success() {
            bail!(
                "`{command} {}` failed: {}",
                self.path.display(),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }
}

/// The files of an image layout.
struct Blobs(Vec<(String, Vec<u8>)>);

impl Blobs {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let tar = fs::read(path)?;
        let mut files = Vec::new();
        for entry in Archive::new(tar.as_slice()).entries()? {
            let mut entry = entry?;
            let name = entry.path()?.display().to_string();
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            files.push((name, content));
        }
        Ok(Self(files))
    }

    fn bytes(&self, path: &str) -> anyhow::Result<&[u8]> {
        let found = self.0.iter().find(|(name, _)| name == path);
        found
            .map(|(_, content)| content.as_slice())
            .with_context(|| format!("an image without {path}"))
    }

    fn json(&self, path: &str) -> anyhow::Result<Value> {
        serde_json::from_slice(self.bytes(path)?).with_context(|| format!("understand {path}"))
    }

    fn blob(&self, descriptor: &Value) -> anyhow::Result<Value> {
        self.json(&digest_path(descriptor))
    }
}

fn digest_path(descriptor: &Value) -> String {
    let digest = descriptor["digest"].as_str().unwrap_or_default();
    format!("blobs/{}", digest.replace(':', "/"))
}
