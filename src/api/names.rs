//! Every name that the operator writes on an object of the cluster or of Azure, in one place: what is written under
//! one of these is a contract with the clusters that already hold it.

/// API group of the custom resources, and prefix of the labels, annotations and the finalizer.
pub const GROUP: &str = "sshkey-operator.io";

/// The only served version of the custom resources.
pub const VERSION: &str = "v1alpha1";

/// Holds an `SshKey` until its deletion policies have run.
pub const FINALIZER: &str = "sshkey-operator.io/finalizer";

/// Holds a store of either kind as long as keys are in Azure through it.
pub const STORE_FINALIZER: &str = "sshkey-operator.io/in-use";

/// Labels: selectable, at most 63 characters a value.
pub mod label {
    /// On every Secret that the operator keeps: what it is to the operator. The watch on Secrets selects by it.
    pub const SECRET_ROLE: &str = "sshkey-operator.io/secret-role";
    /// Value of [`SECRET_ROLE`] on the Secret that holds the current private key.
    pub const ROLE_MANAGED: &str = "managed";
    /// Value of [`SECRET_ROLE`] on the Secret that holds the next private key during a rotation.
    pub const ROLE_STAGING: &str = "staging";
    /// Value of [`SECRET_ROLE`] on the Secret that holds the private keys that were rotated away.
    pub const ROLE_PREVIOUS: &str = "previous";
    /// Value of [`SECRET_ROLE`] on outputs, Secrets and `ConfigMap`s alike.
    pub const ROLE_OUTPUT: &str = "output";
    /// The field's common label for the tool that keeps an object.
    /// <https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/>
    pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
    /// Value of [`MANAGED_BY`].
    pub const OPERATOR: &str = "sshkey-operator";
}

/// Annotations: records of what was decided, free of label limits.
pub mod annotation {
    /// On an `SshKey`: every ARM id that may hold its key, as JSON, written before the first request that could create it.
    pub const AZURE_KEYS: &str = "sshkey-operator.io/azure-keys";
    /// On an `SshKey`: every output that may be there, written before it is created.
    pub const OUTPUTS: &str = "sshkey-operator.io/outputs";
    /// On an `SshKey` in deletion, set by a person to its UID: give up what can't be deleted and let the object go.
    pub const ABANDON: &str = "sshkey-operator.io/abandon";
    /// On an `SshKey`, set by a person: rotate the key. Each value, such as the time, is acted upon once.
    pub const ROTATE_REQUESTED_AT: &str = "sshkey-operator.io/rotate-requested-at";
    /// On an `SshKey`, set by a person to the fingerprint of the pending key: let that key take over.
    pub const ACTIVATE: &str = "sshkey-operator.io/activate";
    /// On an `SshKey`, set by a person: compare everything with what there really is, the key in Azure by a read of its own.
    /// On a store: get a new token, and list its default group. Each value, such as the time, is acted upon once.
    pub const RECONCILE_REQUESTED_AT: &str = "sshkey-operator.io/reconcile-requested-at";
    /// On an `SshKey`: whether there may be Secrets with other keys than the current one, and the requests for a rotation
    /// that were acted upon, as JSON.
    pub const ROTATION: &str = "sshkey-operator.io/rotation";
    /// On an `SshKey`: its UID, beside its first record: an object that was restored or copied with its records has another.
    pub const RECORDED_UID: &str = "sshkey-operator.io/recorded-uid";
    /// On an output: the shape that it was made in, such as `flux`.
    pub const OUTPUT_SHAPE: &str = "sshkey-operator.io/output-shape";
    /// On a managed Secret: name of the `SshKey` it belongs to.
    pub const OWNER_NAME: &str = "sshkey-operator.io/owner-name";
    /// On every Secret and `ConfigMap` of the operator: namespace of the `SshKey` it belongs to. A copy in another namespace is
    /// not ours.
    pub const OWNER_NAMESPACE: &str = "sshkey-operator.io/owner-namespace";
    /// On a Secret, set by a person to `namespace/name` of an `SshKey`: that one may adopt it, whatever else is in it.
    pub const ADOPT_BY: &str = "sshkey-operator.io/adopt-by";
    /// On a managed Secret: UID of the `SshKey` it belongs to; another UID under the same name is a former incarnation.
    pub const OWNER_UID: &str = "sshkey-operator.io/owner-uid";
    /// On a managed Secret: SHA-256 fingerprint of the key that was stored, as `ssh-keygen -l` prints it.
    pub const FINGERPRINT: &str = "sshkey-operator.io/fingerprint";
    /// On a managed Secret, or on one that holds the next key: how often the key was changed on purpose, from 1.
    pub const REVISION: &str = "sshkey-operator.io/revision";
    /// On a managed Secret: when the key was generated or adopted, RFC 3339.
    pub const CREATED_AT: &str = "sshkey-operator.io/created-at";
    /// On a managed Secret: what the key was generated as, such as `Ed25519` or `RSA-3072`.
    pub const KEY_SPEC: &str = "sshkey-operator.io/key-spec";
    /// On a managed Secret, or on one that holds the next key: the request that it was generated for.
    pub const HANDLED_REQUEST: &str = "sshkey-operator.io/handled-request";
    /// On the Secret that holds the next key: since when its public half is published everywhere, RFC 3339.
    pub const PENDING_SINCE: &str = "sshkey-operator.io/pending-since";
    /// On the Secret that holds former keys: which they are, and since when, as JSON.
    pub const PREVIOUS_KEYS: &str = "sshkey-operator.io/previous-keys";

    /// The longest value that is read of an annotation of an `SshKey`, in bytes; `None` for what is not read of one. Who may
    /// edit an object may write 256 KiB into one of them: what is longer than this is none that was meant, and is not kept.
    pub fn longest(name: &str) -> Option<usize> {
        match name {
            // One place with as many tags of the longest names as a key may have, or hundreds of ordinary ones.
            AZURE_KEYS => Some(96 * 1_024),
            // More outputs than are read, all of the longest names.
            OUTPUTS => Some(72 * 1_024),
            // As many of the longest requests as are remembered, with all that JSON may make of them.
            ROTATION => Some(32 * 1_024),
            // Requests, fingerprints and UIDs.
            ROTATE_REQUESTED_AT | RECONCILE_REQUESTED_AT | ACTIVATE | ABANDON | RECORDED_UID => {
                Some(256)
            }
            _ => None,
        }
    }

    /// Whether a value is longer than what is read.
    pub fn is_too_long(name: &str, value: &str) -> bool {
        longest(name).is_none_or(|longest| value.len() > longest)
    }
}

/// Tags on the Azure key that say whose it is. They identify, they do not prove: anyone with write access can set them.
pub mod tag {
    /// No tag of a user may start with this.
    pub const PREFIX: &str = "sshkey-operator-";
    /// The cluster that the key belongs to: its `kube-system` UID, or the operator's `--cluster-id`.
    pub const CLUSTER: &str = "sshkey-operator-cluster";
    /// The namespace of the `SshKey`.
    pub const NAMESPACE: &str = "sshkey-operator-namespace";
    /// The name of the `SshKey`.
    pub const OBJECT: &str = "sshkey-operator-object";
    /// The UID of the `SshKey`.
    pub const UID: &str = "sshkey-operator-uid";
    /// `true` on a key that was there before its `SshKey` took it over: it stays when the object goes, unless the spec says
    /// otherwise.
    pub const ADOPTED: &str = "sshkey-operator-adopted";
}

/// Field managers: one for each place that writes, since an apply takes back what the same manager wrote elsewhere.
pub mod manager {
    /// Finalizer and records of an `SshKey`.
    pub const RECORDS: &str = "sshkey-operator/records";
    /// Status of an `SshKey`.
    pub const STATUS: &str = "sshkey-operator/status";
    /// The managed Secret.
    pub const SECRET: &str = "sshkey-operator/secret";
    /// The Secrets of the next and the former keys.
    pub const ROTATION: &str = "sshkey-operator/rotation";
    /// Outputs.
    pub const OUTPUTS: &str = "sshkey-operator/outputs";
    /// The Lease that says which replica leads.
    pub const LEASE: &str = "sshkey-operator/lease";
    /// Status of a store.
    pub const STORE_STATUS: &str = "sshkey-operator/store-status";
    /// Status of an `SshKeyPlan`, and what is only tried.
    pub const PLAN: &str = "sshkey-operator/plan";
    /// Finalizer of a store.
    pub const STORE_HOLD: &str = "sshkey-operator/store-hold";
}

/// Data keys of the managed Secret, of type `kubernetes.io/ssh-auth`.
/// <https://kubernetes.io/docs/concepts/configuration/secret/#ssh-authentication-secrets>
pub mod data_key {
    /// The private key in OpenSSH's own format.
    pub const PRIVATE: &str = "ssh-privatekey";
    /// The public key as one line of an `authorized_keys` file.
    pub const PUBLIC: &str = "ssh-publickey";
    /// In outputs of public keys: the next key while it waits, the current one and the former ones, a line each.
    pub const AUTHORIZED: &str = "authorized_keys";
}

/// Type of the managed Secret.
pub const SECRET_TYPE: &str = "kubernetes.io/ssh-auth";

/// The Lease by which replicas agree on who works.
pub const LEASE: &str = "sshkey-operator";

/// The store of either kind that is used when an `SshKey` names none.
pub const DEFAULT_STORE: &str = "default";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_field_managers_and_no_two_annotations_share_a_name() {
        let names = [
            manager::RECORDS,
            manager::STATUS,
            manager::SECRET,
            manager::ROTATION,
            manager::OUTPUTS,
            manager::LEASE,
            manager::STORE_STATUS,
            manager::STORE_HOLD,
            manager::PLAN,
            annotation::AZURE_KEYS,
            annotation::OUTPUTS,
            annotation::OUTPUT_SHAPE,
            annotation::ABANDON,
            annotation::OWNER_NAME,
            annotation::OWNER_UID,
            annotation::OWNER_NAMESPACE,
            annotation::ADOPT_BY,
            annotation::FINGERPRINT,
            annotation::REVISION,
            annotation::CREATED_AT,
            annotation::KEY_SPEC,
            annotation::ROTATE_REQUESTED_AT,
            annotation::RECONCILE_REQUESTED_AT,
            annotation::ACTIVATE,
            annotation::ROTATION,
            annotation::RECORDED_UID,
            annotation::HANDLED_REQUEST,
            annotation::PENDING_SINCE,
            annotation::PREVIOUS_KEYS,
        ];
        assert_eq!(BTreeSet::from(names).len(), names.len());
    }
}
