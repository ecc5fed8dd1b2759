//! What is stored, in a file: read at the start, written soon after a change and at the end.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::world::{Snapshot, World};

/// The file.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// Whether something has changed since it was written.
    changed: AtomicBool,
}

/// Why the file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// It can't be read or written.
    #[error("state file {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not what an emulator has written.
    #[error("state file {path} is damaged: {source}; mend it, or remove it to start with nothing")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
}

impl StateFile {
    /// Reads the file into `world`; one that does not exist yet is empty.
    pub(crate) fn open(path: &Path, world: &mut World) -> Result<Self, StateFileError> {
        match fs::read(path) {
            Ok(bytes) => {
                let snapshot: Snapshot =
                    serde_json::from_slice(&bytes).map_err(|source| StateFileError::Damaged {
                        path: path.to_owned(),
                        source,
                    })?;
                world.restore(snapshot);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(StateFileError::File {
                    path: path.to_owned(),
                    source,
                });
            }
        }
        Ok(Self {
            path: path.to_owned(),
            changed: AtomicBool::new(false),
        })
    }

    /// Something may have changed.
    pub(crate) fn touch(&self) {
        self.changed.store(true, Ordering::Relaxed);
    }

    /// Writes what has changed. Whoever reads the file meanwhile finds the old one whole.
    pub(crate) fn save(&self, snapshot: impl FnOnce() -> Snapshot) -> Result<(), StateFileError> {
        if !self.changed.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(&snapshot()).unwrap_or_default();
        let unfinished = self.path.with_extension("tmp");
        let written =
            fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, &self.path));
        written.map_err(|source| {
            self.touch();
            StateFileError::File {
                path: self.path.clone(),
                source,
            }
        })
    }
}
