//! The command line.

// These comments are what --help prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::{
    check::flags::Check,
    import::flags::Import,
    plan::flags::Plan,
    reconcile_flags::Reconcile,
    ssh::flags::{Agent, Ssh},
    times::duration,
    version::flags::Version,
    wait_flags::Wait,
    which::Which,
};

/// Works with SshKeys: key pairs in Secrets, and their public halves in Azure.
///
/// Put this program on the PATH as kubectl-sshkey, and kubectl runs it as `kubectl sshkey`.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-sshkey",
    bin_name = "kubectl sshkey",
    version,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Arguments {
    #[command(flatten)]
    pub(super) access: AccessFlags,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// kubectl's own flags: which cluster, and as whom.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Flags of kubectl")]
pub(super) struct AccessFlags {
    /// The kubeconfig file; when absent, the files that KUBECONFIG names, or ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; when absent, its current one
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) context: Option<String>,
    /// The cluster of the kubeconfig; when absent, the context's
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) cluster: Option<String>,
    /// The user of the kubeconfig; when absent, the context's
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) user: Option<String>,
    /// The namespace; when absent, the context's
    #[arg(short, long, global = true, value_name = "NAME")]
    pub(super) namespace: Option<String>,
    /// Acts as this user, as far as the caller may
    #[arg(long = "as", global = true, value_name = "USER")]
    pub(super) as_user: Option<String>,
    /// Acts as a member of this group; can be given several times
    #[arg(
        long = "as-group",
        global = true,
        value_name = "GROUP",
        requires = "as_user"
    )]
    pub(super) as_groups: Vec<String>,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    #[command(flatten)]
    InCluster(InCluster),
    #[command(flatten)]
    Alone(Alone),
}

/// What takes a cluster.
#[derive(Debug, Subcommand)]
pub(super) enum InCluster {
    /// Lists SshKeys: whether each is ready, its age, its last and its next rotation, and what waits
    List(Several),
    /// Shows how one SshKey, or each of the namespace, stands: keys, Secret, outputs, places in Azure, conditions
    Status(Status),
    /// Shows what it would do to apply manifests, or to delete SshKeys; nothing of it is done
    Plan(Plan),
    /// Saves the private key as a file that only you can read, as the Azure portal's download does
    Pem(Pem),
    /// Logs in to a machine with the key, which is never written to a file
    Ssh(Ssh),
    /// Runs a command that can use the key by an agent of its own, gone at its end; the key is never written to a file
    Agent(Agent),
    /// Prints the public key, one line
    Pub(Named),
    /// Prints the SHA-256 fingerprint, as ssh-keygen -l does
    Fingerprint(Named),
    /// Prints a block for ~/.ssh/config that logs in with this key
    Config(Config),
    /// Changes the key for a new one
    Rotate(Change),
    /// Lets the next key take over, which waits since a rotation
    Activate(Change),
    /// Stops all changes by the operator, until resume
    Suspend(Change),
    /// Lets the operator make changes again
    Resume(Change),
    /// Keeps a deletion of the SshKey from deleting anything, until unprotect
    Protect(Change),
    /// Lets a deletion of the SshKey proceed
    Unprotect(Change),
    /// Lets an SshKey go whose deletion can't end; what is in Azure stays there
    Abandon(Change),
    /// Changes a key that others may know for a new one at once, and deletes it and all former keys
    Leaked(Change),
    /// Compares SshKeys with what there really is, now and not at the next sweep, and mends what differs; or checks a store
    Reconcile(Reconcile),
    /// Checks the installation: definitions, operator, stores, your rights, the clock, and what an uninstall strands
    Check(Check),
    /// Waits for many SshKeys, and ends at the first that needs a person
    Wait(Wait),
}

/// What has something to say without a cluster too.
#[derive(Debug, Subcommand)]
pub(super) enum Alone {
    /// Makes SshKeys of keys that are in Azure already, from the list that az sshkey list prints
    Import(Import),
    /// Prints the versions of this program, of the operator and of the definitions, and whether they fit
    Version(Version),
    /// Prints a script that completes these commands in a shell
    #[command(after_help = "Example, for bash:\n  source <(kubectl sshkey completion bash)")]
    Completion {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Writes the man pages of all commands into a folder
    Man {
        /// The folder, which exists
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

/// One `SshKey`.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// Name of the SshKey
    pub(super) name: String,
}

/// Those of a namespace or of all.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Several {
    /// Those of all namespaces
    #[arg(short = 'A', long)]
    pub(super) all_namespaces: bool,
    /// Those with these labels, such as team=a
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub(super) selector: Option<String>,
    /// How to print them; when absent, as a table
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub(super) output: Option<Format>,
}

/// How objects are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// As JSON
    Json,
    /// As YAML
    Yaml,
    /// Their names alone, as kubectl takes them
    Name,
}

/// Flags of `status`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kubectl sshkey status web -n team-a")]
pub(super) struct Status {
    /// Name of the SshKey; when absent, each of the namespace
    pub(super) name: Option<String>,
    #[command(flatten)]
    pub(super) several: Several,
}

/// Flags of `pem`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kubectl sshkey pem web -n team-a && ssh -i web.pem azureuser@HOST"
)]
pub(super) struct Pem {
    /// Name of the SshKey
    pub(super) name: String,
    /// The file, which must not exist, or - for standard output; when absent, NAME.pem
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// The format; when absent, PKCS #1 for RSA and OpenSSH's own for other keys, as the Azure portal has it
    #[arg(long, value_enum)]
    pub(super) format: Option<PrivateFormat>,
    #[command(flatten)]
    pub(super) which: Which,
}

/// Formats of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PrivateFormat {
    /// OpenSSH's own
    Openssh,
    /// PKCS #1, of RSA keys only
    Pkcs1,
    /// PKCS #8; OpenSSH before 9.6 reads no Ed25519 key in it
    Pkcs8,
}

/// Flags of `config`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kubectl sshkey config web --host 203.0.113.7 --login azureuser >> ~/.ssh/config"
)]
pub(super) struct Config {
    /// Name of the SshKey
    pub(super) name: String,
    /// The host to log in to
    #[arg(long, value_name = "HOST")]
    pub(super) host: String,
    /// The user to log in as; when absent, ssh's own default
    #[arg(long = "login", value_name = "USER")]
    pub(super) login: Option<String>,
    /// The file of the private key, as pem saves it; when absent, NAME.pem in the folder where you are
    #[arg(long, value_name = "FILE")]
    pub(super) identity: Option<PathBuf>,
}

/// Flags of the commands that change something.
#[derive(Debug, Args)]
pub(super) struct Change {
    /// Name of the SshKey
    pub(super) name: String,
    /// Does it without asking
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Does not wait for the outcome
    #[arg(long)]
    pub(super) no_wait: bool,
    /// How long to wait for the outcome at most, such as 90s or 5m
    #[arg(long, default_value = "5m", value_parser = duration, value_name = "TIME")]
    pub(super) timeout: Duration,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn flags_of_kubectl_are_taken_before_and_after_the_command() {
        for line in [
            "kubectl-sshkey -n a --context c list",
            "kubectl-sshkey list --context c --namespace a",
        ] {
            let read = Arguments::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(read.access.namespace.as_deref(), Some("a"), "{line}");
            assert_eq!(read.access.context.as_deref(), Some("c"), "{line}");
        }
    }
}
