//! One image as an OCI image layout: <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>

use std::collections::BTreeMap;

use anyhow::ensure;
use serde_json::{Value, json};

use super::{
    archive::{Archive, gzip, sha256},
    authorities, program,
};

/// How big an image may be once it is unpacked.
pub const LIMIT: usize = 30 * 1024 * 1024;

/// Neither root nor anybody else whom a machine knows.
const USER: &str = "65532:65532";

/// What is put into an image.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    /// The name of the program, and of the image.
    pub name: &'a str,
    /// What it is, in a sentence.
    pub description: &'a str,
    /// The version of the program, and the tag of the image.
    pub version: &'a str,
    /// The commit that it was built from, where it is known.
    pub revision: Option<&'a str>,
    /// The processor as the image specification names it, such as `amd64`.
    pub architecture: &'a str,
    /// The program itself.
    pub program: &'a [u8],
    /// Other names of the program, by which it is another one.
    pub other_names: &'a [&'a str],
    /// How big it may be once it is unpacked: [`LIMIT`], unless it is for a test.
    pub limit: usize,
}

/// An image that was packed.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The layout, a tar file.
    pub tar: Vec<u8>,
    /// How big it is once it is unpacked.
    pub unpacked: usize,
    /// How big its layers are on the way.
    pub compressed: usize,
    /// What a registry calls it by.
    pub digest: String,
}

impl Image<'_> {
    /// The name under which container engines load it.
    pub fn reference(&self) -> String {
        format!("localhost/{}:{}", self.name, self.version)
    }

    /// The whole layout.
    ///
    /// # Errors
    /// When the program is not static, or the image would be too big.
    pub fn pack(&self) -> anyhow::Result<Packed> {
        program::check_static(self.program)?;
        let mut blobs = BTreeMap::new();
        let mut keep = |media: &str, content: Vec<u8>| {
            let digest = format!("sha256:{}", sha256(&content));
            let descriptor = json!({"mediaType": media, "digest": digest, "size": content.len()});
            blobs.insert(digest, content);
            descriptor
        };

        let (mut layers, mut unpacked_digests, mut unpacked) = (Vec::new(), Vec::new(), 0);
        for layer in [authorities_layer()?, self.program_layer()?] {
            unpacked += layer.len();
            unpacked_digests.push(format!("sha256:{}", sha256(&layer)));
            layers.push(keep(
                "application/vnd.oci.image.layer.v1.tar+gzip",
                gzip(&layer)?,
            ));
        }
        ensure!(
            unpacked <= self.limit,
            "{} is {} MiB, more than {} MiB",
            self.name,
            unpacked.div_ceil(1024 * 1024),
            self.limit / 1024 / 1024
        );
        let config = self.config(&unpacked_digests).to_string();
        let config = keep("application/vnd.oci.image.config.v1+json", config.into());
        let compressed = layers
            .iter()
            .filter_map(|layer| usize::try_from(layer["size"].as_u64()?).ok())
            .sum();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config,
            "layers": layers,
        });
        let mut manifest = keep(
            "application/vnd.oci.image.manifest.v1+json",
            manifest.to_string().into(),
        );
        let digest = manifest["digest"].as_str().unwrap_or_default().to_owned();
        manifest["platform"] = json!({"architecture": self.architecture, "os": "linux"});
        manifest["annotations"] = json!({
            "io.containerd.image.name": self.reference(),
            "org.opencontainers.image.ref.name": self.version,
        });
        Ok(Packed {
            tar: layout(&manifest, &blobs)?,
            unpacked,
            compressed,
            digest,
        })
    }

    fn program_layer(&self) -> anyhow::Result<Vec<u8>> {
        let mut layer = Archive::new();
        layer.file(self.name, 0o755, self.program)?;
        for name in self.other_names {
            layer.link(name, self.name)?;
        }
        layer.finish()
    }

    fn config(&self, layers: &[String]) -> Value {
        let mut labels = json!({
            "org.opencontainers.image.title": self.name,
            "org.opencontainers.image.description": self.description,
            "org.opencontainers.image.version": self.version,
            "org.opencontainers.image.licenses": "Apache-2.0",
        });
        if let Some(revision) = self.revision {
            labels["org.opencontainers.image.revision"] = revision.into();
        }
        json!({
            "architecture": self.architecture,
            "os": "linux",
            "config": {
                "User": USER,
                "Entrypoint": [format!("/{}", self.name)],
                "WorkingDir": "/",
                "Labels": labels,
            },
            "rootfs": {"type": "layers", "diff_ids": layers},
            "history": [
                {"created_by": "certificate authorities"},
                {"created_by": self.name},
            ],
        })
    }
}

/// A layer of its own, since it is the same in the next version.
fn authorities_layer() -> anyhow::Result<Vec<u8>> {
    let mut layer = Archive::new();
    for folder in ["etc/", "etc/ssl/", "etc/ssl/certs/"] {
        layer.folder(folder)?;
    }
    layer.file(authorities::PATH, 0o644, authorities::bundle().as_bytes())?;
    layer.finish()
}

fn layout(manifest: &Value, blobs: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<Vec<u8>> {
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [manifest],
    });
    let mut layout = Archive::new();
    layout.file("oci-layout", 0o644, br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    layout.file("index.json", 0o644, index.to_string().as_bytes())?;
    layout.folder("blobs/")?;
    layout.folder("blobs/sha256/")?;
    for (digest, content) in blobs {
        layout.file(
            &format!("blobs/{}", digest.replace(':', "/")),
            0o644,
            content,
        )?;
    }
    layout.finish()
}
