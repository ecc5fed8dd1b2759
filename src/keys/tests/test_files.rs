//! Key files made on the spot by `ssh-keygen` and `openssl`, for tests.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

/// A folder with a pair `id`, `id.pub`, and whatever is made from it.
pub(in crate::keys) struct Files(TempDir);

/// A file's content as text.
pub(in crate::keys) fn text(content: Vec<u8>) -> String {
    String::from_utf8(content).unwrap()
}

/// The pairs that the tables go through: a name, and `ssh-keygen`'s arguments for it.
pub(in crate::keys) const ALGORITHMS: [(&str, &[&str]); 6] = [
    ("Ed25519", &["-t", "ed25519"]),
    ("RSA 2048", &["-t", "rsa", "-b", "2048"]),
    ("RSA 3072", &["-t", "rsa", "-b", "3072"]),
    ("ECDSA 256", &["-t", "ecdsa", "-b", "256"]),
    ("ECDSA 384", &["-t", "ecdsa", "-b", "384"]),
    ("ECDSA 521", &["-t", "ecdsa", "-b", "521"]),
];

impl Files {
    /// A pair without a passphrase.
    pub(in crate::keys) fn new(algorithm: &[&str]) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        let new = ["-q", "-N", "", "-C", "jo@laptop", "-f", "id"];
        files.run("ssh-keygen", &[&new[..], algorithm].concat());
        files
    }

    /// Runs a program in the folder; its output.
    pub(in crate::keys) fn run(&self, program: &str, args: &[&str]) -> String {
        self.try_run(program, args)
            .unwrap_or_else(|error| panic!("{program} {args:?}: {error}"))
    }

    /// The same, or what it said when it failed.
    pub(in crate::keys) fn try_run(&self, program: &str, args: &[&str]) -> Result<String, String> {
        let output = Command::new(program)
            .args(args)
            .current_dir(self.path())
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// The private file after `ssh-keygen -p` with these arguments on a copy.
    pub(in crate::keys) fn rewritten(&self, args: &[&str]) -> Result<Vec<u8>, String> {
        fs::copy(self.path().join("id"), self.path().join("copy")).unwrap();
        self.try_run(
            "ssh-keygen",
            &[&["-q", "-p", "-P", "", "-f", "copy"], args].concat(),
        )?;
        Ok(self.read("copy"))
    }

    /// A file of the folder.
    pub(in crate::keys) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    /// Writes a file that only its owner may read, as `ssh-keygen` asks for.
    pub(in crate::keys) fn write(&self, name: &str, content: &[u8]) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Type and base64 of the public file.
    pub(in crate::keys) fn material(&self) -> String {
        let line = String::from_utf8(self.read("id.pub")).unwrap();
        line.split_whitespace()
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The fingerprint of a file, by `ssh-keygen -l`.
    pub(in crate::keys) fn fingerprint(&self, name: &str) -> String {
        let listed = self.run("ssh-keygen", &["-l", "-f", name]);
        listed.split_whitespace().nth(1).unwrap().to_owned()
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}
