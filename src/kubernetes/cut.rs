//! What is kept in memory of an object: what others write on it, and the operator never reads, is cut before. Tools and
//! people may put 256 KiB of annotations on each object, and as many labels as there is room for.

use kube::{Resource, api::ObjectMeta};

use crate::api::names::GROUP;

/// Cuts what the operator does not read.
pub fn cut<K: Resource>(object: &mut K) {
    cut_metadata(object.meta_mut());
}

pub(super) fn cut_metadata(metadata: &mut ObjectMeta) {
    metadata.managed_fields = None;
    metadata.labels = None;
    metadata.owner_references = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.retain(|name, _| is_ours(name));
    }
}

fn is_ours(annotation: &str) -> bool {
    annotation
        .strip_prefix(GROUP)
        .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;

    use super::*;
    use crate::api::{SshKey, SshKeyStatus, names::annotation};

    #[test]
    fn only_what_the_operator_reads_is_kept() {
        let applied = "kubectl.kubernetes.io/last-applied-configuration";
        let imitated = "sshkey-operator.io.example.com/x";
        let mut key = SshKey::new("a", Default::default());
        let text = |name: &str| (name.to_owned(), "x".repeat(1_000));
        let annotations = [applied, imitated, annotation::AZURE_KEYS].map(text);
        key.metadata.annotations = Some(annotations.into());
        key.metadata.labels = Some([text("a")].into());
        key.metadata.managed_fields = Some(vec![ManagedFieldsEntry::default()]);
        key.metadata.finalizers = Some(vec!["theirs".to_owned()]);
        key.metadata.uid = Some("uid".to_owned());
        key.status = Some(SshKeyStatus::default());
        let mut wanted = SshKey::new("a", Default::default());
        wanted.metadata.annotations = Some([text(annotation::AZURE_KEYS)].into());
        // A list of finalizers is written as a whole.
        wanted.metadata.finalizers = Some(vec!["theirs".to_owned()]);
        wanted.metadata.uid = Some("uid".to_owned());
        wanted.status = Some(SshKeyStatus::default());
        cut(&mut key);
        assert_eq!(key, wanted);
    }
}
