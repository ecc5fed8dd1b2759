//! Where the programs and files of this checkout are.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

/// The folder of the checkout.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// The folder that Cargo builds this profile's programs into. A test runs from `deps/` below it.
///
/// # Errors
/// When the running program can't be found.
pub fn programs() -> anyhow::Result<PathBuf> {
    let running = std::env::current_exe().context("find the running program")?;
    let folder = running
        .parent()
        .context("the running program has no folder")?;
    let folder = if folder.ends_with("deps") {
        folder.parent().unwrap_or(folder)
    } else {
        folder
    };
    Ok(folder.to_path_buf())
}

/// A program of the workspace, built with the profile that is running.
///
/// # Errors
/// When it was not built.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let path = programs()?.join(name);
    if !path.is_file() {
        bail!(
            "{} is not there: build it first with `cargo build --workspace --bins`",
            path.display()
        );
    }
    Ok(path)
}

/// A program of the machine: in `PATH`, or in one of `folders`.
///
/// # Errors
/// When there is none.
pub fn installed(name: &str, folders: &[&Path]) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(folders.iter().map(|&folder| folder.to_owned()))
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
        .with_context(|| format!("there is no {name}, neither in PATH nor in {folders:?}"))
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// The folder for what the harness writes: `target/` of this checkout, wherever Cargo builds to.
pub fn scratch(name: &str) -> PathBuf {
    root().join("target").join(name)
}
