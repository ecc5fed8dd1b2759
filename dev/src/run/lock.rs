//! One run a folder at a time.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write,
    path::Path,
};

use anyhow::{Context, bail};

/// Held as long as the run lasts. The system takes it back when the process ends, however that is.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `folder`, which lies beside it, since the folder itself is made anew.
    pub(super) fn take(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.with_extension("lock");
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let owner = fs::read_to_string(&path).unwrap_or_default();
                bail!(
                    "a run of this checkout is up already, as process {}: use it with\n  export KUBECONFIG={}\nor end it with Ctrl-C in its terminal, then try again",
                    owner.trim(),
                    folder.join("kubeconfig").display()
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("lock {}", path.display()));
            }
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .with_context(|| format!("write {}", path.display()))?;
        Ok(Self { _file: file })
    }
}
