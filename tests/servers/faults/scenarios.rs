//! The scenarios.

use sshkey_operator::api::{Reason, names::annotation};

use super::{
    kind::KILLS,
    scenario::{Change, Given, Scenario},
};

/// All of them, in the order in which their writes are numbered.
pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "creation",
        before: &[],
        change: Change::Apply(WHOLE),
        always: KILLS,
        end: |state| {
            state.is_ready("web")?;
            state.holds(&["web"], &["files", "web"], &["public"], &["web"])
        },
    },
    Scenario {
        name: "update",
        before: &[Given::Manifest(WHOLE)],
        change: Change::Apply(
            "
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {name: web}
spec:
  secret: {deletionPolicy: Delete}
  azure: {tags: {stage: live}, resourceGroup: {name: rg-made, creationPolicy: IfMissing}}
  outputs:
    - name: files
      flux: {knownHosts: 'host ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIGx2aoq4LqJkwcfR0rMXYUyWuEO/7ai2DJkf4e8IzA+'}
    - {name: shared, publicConfigMap: {}}
",
        ),
        always: &[],
        end: |state| {
            state.is_ready("web")?;
            state.holds(&["web"], &["files", "web"], &["shared"], &["web"])
        },
    },
    Scenario {
        name: "rotation",
        before: &[Given::Manifest(WHOLE)],
        change: Change::Annotate("web", annotation::ROTATE_REQUESTED_AT, "once"),
        always: &[],
        end: |state| {
            state.is_ready("web")?;
            state.holds(
                &["web"],
                &["files", "web", "web-previous"],
                &["public"],
                &["web"],
            )
        },
    },
    Scenario {
        name: "move",
        before: &[Given::Manifest(PLAIN)],
        change: Change::Apply(
            "
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {name: web}
spec: {azure: {name: second}}
",
        ),
        always: &[],
        end: |state| {
            state.is_ready("web")?;
            state.holds(&["web"], &["web"], &[], &["second"])
        },
    },
    Scenario {
        name: "adoption",
        before: &[Given::TheirSecret("theirs"), Given::TheirAzureKey("shared")],
        change: Change::Apply(
            "
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {name: web}
spec:
  secret: {name: theirs, conflictPolicy: Adopt}
  azure: {name: shared, conflictPolicy: Adopt}
",
        ),
        always: &[],
        end: |state| {
            state.is_ready("web")?;
            state.holds(&["web"], &["theirs"], &[], &["shared"])
        },
    },
    Scenario {
        name: "replace",
        before: &[Given::Manifest(WHOLE)],
        change: Change::Replace(WHOLE),
        always: &[],
        end: |state| {
            state.is_ready("web")?;
            state.holds(&["web"], &["files", "web"], &["public"], &["web"])
        },
    },
    Scenario {
        name: "restore from an export",
        before: &[Given::Manifest(PLAIN)],
        change: Change::Restore("web"),
        always: &[],
        end: |state| {
            state.is_ready("web")?;
            state.holds(&["web"], &["web"], &[], &["first"])
        },
    },
    Scenario {
        name: "Secret in deletion",
        before: &[Given::Manifest(PLAIN)],
        change: Change::HoldAndDelete("web"),
        always: &[],
        end: |state| {
            state.stands("web", Reason::SecretTerminating)?;
            state.holds(&["web"], &["web"], &[], &["first"])
        },
    },
    Scenario {
        name: "plan refused for good",
        before: &[Given::Manifest(PLAIN), Given::TheirAzureKey("second")],
        change: Change::Apply(
            "
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {name: web}
spec:
  azure: {name: second}
  outputs: [{name: files, pem: {}}]
",
        ),
        always: &[],
        end: |state| {
            state.stands("web", Reason::AzureKeyConflict)?;
            state.holds(&["web"], &["files", "web"], &[], &["first", "second"])
        },
    },
    Scenario {
        name: "deletion",
        before: &[Given::Manifest(WHOLE)],
        change: Change::Delete("web"),
        always: KILLS,
        end: |state| state.holds(&[], &[], &[], &[]),
    },
];

/// An `SshKey` with a key in Azure.
const PLAIN: &str = "
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {name: web}
spec: {azure: {name: first}}
";

/// An `SshKey` with everything that a creation and a deletion have to do.
const WHOLE: &str = "
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {name: web}
spec:
  secret: {deletionPolicy: Delete}
  azure: {tags: {team: web}, resourceGroup: {name: rg-made, creationPolicy: IfMissing}}
  outputs: [{name: files, pem: {}}, {name: public, publicConfigMap: {}}]
";
