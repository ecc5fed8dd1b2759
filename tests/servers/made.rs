//! Key files as a user has them: made on the spot by the tools that users have.

use std::{fs, process::Command};

use tempfile::TempDir;

/// A pair in files, made by `ssh-keygen`.
pub(crate) struct Made {
    folder: TempDir,
}

impl Made {
    /// A new pair: `ssh-keygen` with these arguments, without a passphrase unless they give one with `-N`.
    pub(crate) fn by_ssh_keygen(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let no_passphrase: &[&str] = if args.contains(&"-N") {
            &[]
        } else {
            &["-N", ""]
        };
        let path = folder.path().join("id");
        let path = path.to_str().unwrap();
        let all = [&["-q", "-C", "jo@laptop", "-f", path], args, no_passphrase].concat();
        run("ssh-keygen", &all);
        Self { folder }
    }

    /// An Ed25519 pair.
    pub(crate) fn ed25519() -> Self {
        Self::by_ssh_keygen(&["-t", "ed25519"])
    }

    /// The private half, as it is in its file.
    pub(crate) fn private(&self) -> String {
        fs::read_to_string(self.folder.path().join("id")).unwrap()
    }

    /// The public half, as it is in its file.
    pub(crate) fn public(&self) -> String {
        fs::read_to_string(self.folder.path().join("id.pub")).unwrap()
    }

    /// Type and base64 of the public half, without its comment.
    pub(crate) fn material(&self) -> String {
        let public = self.public();
        let fields: Vec<&str> = public.split_whitespace().take(2).collect();
        fields.join(" ")
    }

    /// The fingerprint, by `ssh-keygen -l`.
    pub(crate) fn fingerprint(&self) -> String {
        let path = self.folder.path().join("id.pub");
        let listed = run("ssh-keygen", &["-l", "-f", path.to_str().unwrap()]);
        listed.split_whitespace().nth(1).unwrap().to_owned()
    }

    /// What `program` prints about a copy of the private half, in which `{}` stands for the copy's path. It may change
    /// the copy, which is returned then.
    pub(crate) fn converted(&self, program: &str, args: &[&str]) -> String {
        let copy = self.folder.path().join("copy");
        fs::copy(self.folder.path().join("id"), &copy).unwrap();
        let copy = copy.to_str().unwrap();
        let args: Vec<String> = args.iter().map(|arg| arg.replace("{}", copy)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let printed = run(program, &args);
        if printed.contains("BEGIN ") {
            printed
        } else {
            fs::read_to_string(copy).unwrap()
        }
    }
}

fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
