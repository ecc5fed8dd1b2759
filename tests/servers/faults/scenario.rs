//! What happens in a run.

use super::{kind::Kind, state::State};

/// Something that happens to a world in which much or little is there, and how it ends.
pub(super) struct Scenario {
    /// What it is called.
    pub(super) name: &'static str,
    /// What is there before. The `SshKey`s among it are Ready when the change comes.
    pub(super) before: &'static [Given],
    /// What is struck by faults.
    pub(super) change: Change,
    /// What strikes each of its writes in every run of the tests, whatever else does.
    pub(super) always: &'static [Kind],
    /// Whether the end is reached, or what is missing.
    pub(super) end: fn(&State) -> Result<(), String>,
}

/// What is there before.
#[derive(Clone, Copy, Debug)]
pub(super) enum Given {
    /// Manifests, applied.
    Manifest(&'static str),
    /// A Secret with a private key that somebody else has stored.
    TheirSecret(&'static str),
    /// A key in Azure that somebody else has published.
    TheirAzureKey(&'static str),
}

/// What a user does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// Applies manifests.
    Apply(&'static str),
    /// Puts an annotation with a value on an `SshKey`.
    Annotate(&'static str, &'static str, &'static str),
    /// Deletes an `SshKey`.
    Delete(&'static str),
    /// Replaces an `SshKey` by a manifest, as `kubectl replace` does: what others wrote into its metadata is gone.
    Replace(&'static str),
    /// Loses an `SshKey` while no operator is there, and restores it from an export: it has another UID and no status.
    Restore(&'static str),
    /// Deletes a Secret that the finalizer of somebody else holds.
    HoldAndDelete(&'static str),
}
