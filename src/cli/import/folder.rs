//! A file for each manifest, in a folder. No existing file is written again.

use std::{
    fs::{self, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::Builder;

use super::known::Known;
use crate::cli::{error::CliError, plan::documents};

/// What a repository's other files have.
const MODE: u32 = 0o644;

/// The `SshKeys` that files of the folder have already; none where there is no folder yet.
pub(super) fn known(folder: &Path) -> Result<Known, CliError> {
    if !folder.exists() {
        return Ok(Known::default());
    }
    let read = documents(&[folder.to_owned()], true)?;
    let objects: Vec<Value> = read
        .into_iter()
        .filter_map(|(_, document)| document.ok())
        .filter(|object| object["kind"] == "SshKey")
        .collect();
    Ok(Known::of(objects.iter()))
}

/// Writes one file, whole or not at all.
pub(super) fn write(folder: &Path, name: &str, text: &str) -> Result<(), CliError> {
    let path = folder.join(format!("{name}.yaml"));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| CliError::File {
            doing: "write",
            path,
            cause,
        }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    store(folder, &path, text).map_err(failed(&path))
}

fn store(folder: &Path, path: &PathBuf, text: &str) -> io::Result<()> {
    let mut file = Builder::new()
        .permissions(Permissions::from_mode(MODE))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_once_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        assert!(known(&keys).unwrap().names.is_empty());
        let manifest = "kind: SshKey\nmetadata: {name: web}\n";
        write(&keys, "web", manifest).unwrap();
        assert!(known(&keys).unwrap().names.contains("web"));
        let error = write(&keys, "web", "other").unwrap_err();
        assert!(error.line().contains("web.yaml"), "{error}");
        assert_eq!(fs::read_to_string(keys.join("web.yaml")).unwrap(), manifest);
        assert_eq!(
            fs::read_dir(&keys).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }
}
