//! The one control plane of a test process.

use std::{fs, path::Path};

use nix::{errno::Errno, sys::signal::kill, unistd::Pid};
use tokio::sync::OnceCell;

use super::ControlPlane;
use crate::checkout;

static SHARED: OnceCell<Result<ControlPlane, String>> = OnceCell::const_new();

impl ControlPlane {
    /// The control plane that all tests of this process share, started by the first that asks. Its files stay in
    /// `target/control-planes/<process>/shared/` until a later test process starts one.
    ///
    /// # Panics
    /// When it can't be started: no test can go on then.
    pub async fn shared() -> &'static ControlPlane {
        let plane = SHARED.get_or_init(|| async {
            let folder = checkout::scratch("control-planes");
            sweep(&folder);
            // Beside those that tests have for themselves: a control plane takes over the whole of its folder.
            let shared = folder.join(std::process::id().to_string()).join("shared");
            ControlPlane::start(&shared)
                .await
                .map_err(|error| format!("{error:#}"))
        });
        match plane.await {
            Ok(plane) => plane,
            Err(error) => panic!("no control plane: {error}"),
        }
    }
}

/// Removes what test processes left that are gone.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let owner = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        if owner.is_some_and(|id| kill(Pid::from_raw(id), None) == Err(Errno::ESRCH)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
