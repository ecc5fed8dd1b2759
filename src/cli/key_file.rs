//! `pem`: the private key in a file that only its owner may read.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{
    arguments::{Pem, PrivateFormat},
    cluster::Cluster,
    error::CliError,
    private_key, screen,
};
use crate::keys::{KeyError, KeyPair};

/// Saves or prints the private key.
pub(super) async fn save(cluster: &Cluster, flags: &Pem) -> Result<(), CliError> {
    let found = cluster.get(&flags.name).await?;
    let pair = private_key::pair(cluster, &found, flags.which.previous).await?;
    let text = written(&pair, flags)?;
    let path = flags
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}.pem", flags.name)));
    if path.as_os_str() == "-" {
        return screen::print(&text);
    }
    store(&path, text.as_bytes()).map_err(|cause| CliError::File {
        doing: "write",
        path: path.clone(),
        cause,
    })?;
    let fingerprint = pair.public_key().fingerprint();
    screen::tell(&format!("Saved {fingerprint} in {}.", path.display()));
    Ok(())
}

fn written(pair: &KeyPair, flags: &Pem) -> Result<Zeroizing<String>, CliError> {
    let failed = |cause: KeyError| CliError::Key {
        name: flags.name.clone(),
        cause,
    };
    match flags.format {
        None => pair.to_pem().map_err(failed),
        Some(PrivateFormat::Openssh) => pair.to_openssh().map_err(failed),
        Some(PrivateFormat::Pkcs8) => pair.to_pkcs8().map_err(failed),
        Some(PrivateFormat::Pkcs1) => pair.to_pkcs1().map_err(failed)?.ok_or_else(|| {
            CliError::NotNow(format!(
                "the key of SshKey {} is {}, and PKCS #1 is for RSA only: say --format openssh or pkcs8",
                flags.name,
                pair.public_key().algorithm()
            ))
        }),
    }
}

/// Writes a whole file or none. It is written beside its place, with mode 0600, and moved there only if nothing is there.
fn store(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn a_file_is_for_its_owner_alone_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("web.pem");
        store(&path, b"one").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let error = store(&path, b"two").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        let files = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "nothing is left beside it");
    }

    #[test]
    fn no_file_is_made_where_there_is_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(store(&folder.path().join("none/web.pem"), b"one").is_err());
    }
}
