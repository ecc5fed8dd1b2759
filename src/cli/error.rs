//! What a command says when it fails: one line, which names the cause and what to do.

use std::{io, path::PathBuf};

use super::printable::printable;
use crate::keys::KeyError;

/// A command did not do what it was for.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// There is no usable kubeconfig.
    #[error(
        "no cluster: {0}; name a kubeconfig with --kubeconfig or KUBECONFIG, and a context of it with --context"
    )]
    NoCluster(String),
    /// The API server does not answer.
    #[error(
        "the API server {server} can't be reached: {cause}; check the network and the kubeconfig"
    )]
    Unreachable {
        /// Its address.
        server: String,
        /// Why.
        cause: String,
    },
    /// The API server does not know the caller.
    #[error(
        "the API server {server} does not accept the credentials of the kubeconfig; log in again"
    )]
    Unauthorized {
        /// Its address.
        server: String,
    },
    /// The caller has no right to a request.
    #[error("you may not {verb} {resource}{place}; a {role} with {rule} gives the right to it")]
    Forbidden {
        /// The verb of RBAC.
        verb: &'static str,
        /// The resource of RBAC.
        resource: String,
        /// ` in namespace NAME`, or nothing.
        place: String,
        /// `Role` or `ClusterRole`.
        role: &'static str,
        /// The rule, as a manifest has it.
        rule: String,
    },
    /// There is no such object.
    #[error("there is no {kind} {name} in namespace {namespace}")]
    NotFound {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Its namespace.
        namespace: String,
    },
    /// There is no such object of the cluster.
    #[error("there is no {kind} {name}")]
    NotFoundInCluster {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// There is no such namespace.
    #[error("there is no namespace {0}")]
    NoNamespace(String),
    /// The cluster does not know the kind.
    #[error(
        "this cluster does not know {0}: install the chart sshkey-operator-crds of the same version as this program"
    )]
    NotInstalled(&'static str),
    /// The API server refuses a request.
    #[error("the API server refuses to {verb} {subject}: {message}")]
    Refused {
        /// The verb of RBAC.
        verb: &'static str,
        /// What the request was about.
        subject: String,
        /// Its own words.
        message: String,
    },
    /// An answer of another version.
    #[error(
        "{subject} can't be read: {cause}; this program and the definitions in the cluster may be of different versions"
    )]
    Unreadable {
        /// What was read.
        subject: String,
        /// Why not.
        cause: String,
    },
    /// What was asked for can't be, as things stand.
    #[error("{0}")]
    NotNow(String),
    /// A file.
    #[error("can't {doing} {}: {cause}", path.display())]
    File {
        /// `write`, `read`.
        doing: &'static str,
        /// Its path.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Standard output.
    #[error("can't write to standard output: {0}")]
    Output(io::Error),
    /// Standard input.
    #[error("can't read standard input: {0}")]
    Input(io::Error),
    /// The private key.
    #[error("the private key of SshKey {name} can't be used: {cause}")]
    Key {
        /// The object.
        name: String,
        /// Why.
        cause: KeyError,
    },
    /// The process could not be set up.
    #[error("can't start: {0}")]
    Start(io::Error),
    /// The caller said no.
    #[error("nothing was changed")]
    Declined,
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl CliError {
    /// The program's exit code: 130 for Ctrl-C, as shells have it, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted => 130,
            _ => 1,
        }
    }

    /// Whether the reader of standard output has gone, as `head` does: nothing that a person needs to know.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(cause) if cause.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The error in one line, whatever the words of others in it.
    pub fn line(&self) -> String {
        let words = self.to_string();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        printable(&words).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line() {
        let error = CliError::NotNow("two\nlines".to_owned());
        assert_eq!(error.line(), "two lines");
    }

    #[test]
    fn ctrl_c_ends_as_shells_have_it() {
        assert_eq!(CliError::Declined.exit_code(), 1);
        assert_eq!(CliError::Interrupted.exit_code(), 130);
    }
}
