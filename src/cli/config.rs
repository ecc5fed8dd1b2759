//! What a key is used by: its public line, its fingerprint, and a block for ssh's configuration.

use std::{env, fmt::Write as _, path::PathBuf};

use super::{arguments::Config, cluster::Cluster, error::CliError, objects::status, screen};

/// Prints the public key.
pub(super) async fn public_key(cluster: &Cluster, name: &str) -> Result<(), CliError> {
    let found = cluster.get(name).await?;
    print_known(name, status(&found.key).public_key)
}

/// Prints the fingerprint.
pub(super) async fn fingerprint(cluster: &Cluster, name: &str) -> Result<(), CliError> {
    let found = cluster.get(name).await?;
    print_known(name, status(&found.key).fingerprint)
}

fn print_known(name: &str, text: Option<String>) -> Result<(), CliError> {
    let text = text.ok_or_else(|| {
        CliError::NotNow(format!(
            "SshKey {name} has no key yet: run kubectl sshkey status {name}"
        ))
    })?;
    screen::print(&format!("{text}\n"))
}

/// Prints a block for `~/.ssh/config`.
pub(super) async fn block(cluster: &Cluster, flags: &Config) -> Result<(), CliError> {
    cluster.get(&flags.name).await?;
    let file = flags
        .identity
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}.pem", flags.name)));
    let folder = env::current_dir().map_err(|cause| CliError::File {
        doing: "find",
        path: PathBuf::from("."),
        cause,
    })?;
    let file = folder.join(file).display().to_string();
    let login = flags.login.as_deref();
    for (what, word) in [("--host", Some(flags.host.as_str())), ("--login", login)] {
        if word.is_some_and(|word| !is_word(word)) {
            return Err(CliError::NotNow(format!(
                "{what} takes one word without spaces and quotes"
            )));
        }
    }
    if file.contains(['"', '\n', '\r']) {
        return Err(CliError::NotNow(
            "ssh's configuration can't name a file with a quote or a line end".to_owned(),
        ));
    }
    screen::print(&written(&flags.host, login, &file))
}

/// Whether ssh reads it as one word.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|char| char.is_ascii_graphic() && !"\"'#".contains(char))
}

fn written(host: &str, login: Option<&str>, file: &str) -> String {
    let mut block = format!("Host {host}\n");
    if let Some(login) = login {
        // To write to a String can't fail.
        let _ = writeln!(block, "    User {login}");
    }
    // A percent sign begins a token of ssh's own.
    let file = file.replace('%', "%%");
    let _ = writeln!(block, "    IdentityFile \"{file}\"\n    IdentitiesOnly yes");
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_names_the_file_and_no_other_key() {
        assert_eq!(
            written("vm1", Some("me"), "/k/50%.pem"),
            "Host vm1\n    User me\n    IdentityFile \"/k/50%%.pem\"\n    IdentitiesOnly yes\n"
        );
    }

    #[test]
    fn what_would_be_read_as_another_line_is_no_word() {
        assert!(is_word("203.0.113.7") && is_word("*.example.com"));
        assert!(!is_word("a b") && !is_word("a\nProxyCommand") && !is_word(""));
    }
}
