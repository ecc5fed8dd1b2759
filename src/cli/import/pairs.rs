//! The private keys that a person gives, by the public halves that they belong to.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::{
    cli::error::CliError,
    keys::{KeyError, KeyPair},
};

/// Pairs by their fingerprints.
pub(super) type Pairs = BTreeMap<String, KeyPair>;

/// Reads files, and in folders those that end with .pem.
pub(super) fn read(paths: &[PathBuf]) -> Result<Pairs, CliError> {
    let mut pairs = Pairs::new();
    for path in paths {
        for file in files(path).map_err(|cause| unreadable(path, cause))? {
            let text = fs::read(&file).map_err(|cause| unreadable(&file, cause))?;
            let text = Zeroizing::new(text);
            let pair = KeyPair::read(&text, None).map_err(|cause| {
                // What it says of a passphrase is for a spec.
                let cause = match cause {
                    KeyError::PassphraseRequired => KeyError::Encrypted,
                    cause => cause,
                };
                CliError::NotNow(format!("{}: {cause}", file.display()))
            })?;
            pairs.insert(pair.public_key().fingerprint().to_string(), pair);
        }
    }
    Ok(pairs)
}

fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let file = entry?.path();
        if file.extension().is_some_and(|ending| ending == "pem") {
            files.push(file);
        }
    }
    Ok(files)
}

fn unreadable(path: &Path, cause: io::Error) -> CliError {
    CliError::File {
        doing: "read",
        path: path.to_owned(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Comment, KeySpec};

    #[test]
    fn a_folder_gives_its_pem_files_and_what_is_no_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let pair = KeyPair::generate(KeySpec::Ed25519, &Comment::for_object("a", "b")).unwrap();
        fs::write(folder.path().join("a.pem"), pair.to_openssh().unwrap()).unwrap();
        fs::write(folder.path().join("notes.txt"), "no key").unwrap();
        let pairs = read(&[folder.path().to_owned()]).unwrap();
        let expected = pair.public_key().fingerprint().to_string();
        assert_eq!(pairs.keys().collect::<Vec<_>>(), [&expected]);
        let error = read(&[folder.path().join("notes.txt")]).unwrap_err();
        assert!(error.line().contains("notes.txt: "), "{error}");
        assert!(read(&[folder.path().join("none")]).is_err());
    }
}
