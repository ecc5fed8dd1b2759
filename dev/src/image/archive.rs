//! Archives that are the same whenever and wherever they are made.

use std::{fmt::Write as _, io::Write as _};

use anyhow::Context;
use aws_lc_rs::digest::{SHA256, digest};
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

/// A tar file of nobody's files, made at no time.
pub(super) struct Archive {
    builder: Builder<Vec<u8>>,
}

impl Archive {
    pub(super) fn new() -> Self {
        Self {
            builder: Builder::new(Vec::new()),
        }
    }

    pub(super) fn folder(&mut self, path: &str) -> anyhow::Result<()> {
        self.add(EntryType::Directory, path, 0o755, &[])
    }

    pub(super) fn file(&mut self, path: &str, mode: u32, content: &[u8]) -> anyhow::Result<()> {
        self.add(EntryType::Regular, path, mode, content)
    }

    /// Another name for a file of the same archive.
    pub(super) fn link(&mut self, path: &str, target: &str) -> anyhow::Result<()> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Symlink);
        header.set_mode(0o755);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(0);
        self.builder
            .append_link(&mut header, path, target)
            .with_context(|| format!("add {path} to an archive"))
    }

    fn add(
        &mut self,
        kind: EntryType,
        path: &str,
        mode: u32,
        content: &[u8],
    ) -> anyhow::Result<()> {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        self.builder
            .append_data(&mut header, path, content)
            .with_context(|| format!("add {path} to an archive"))
    }

    pub(super) fn finish(self) -> anyhow::Result<Vec<u8>> {
        self.builder.into_inner().context("end an archive")
    }
}

/// Compressed as registries keep it.
pub(super) fn gzip(content: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    encoder.write_all(content).context("compress")?;
    encoder.finish().context("compress")
}

/// The SHA-256 in hexadecimal.
pub(super) fn sha256(content: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in digest(&SHA256, content).as_ref() {
        // A String takes everything.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
