//! What is kept in memory of an object: what others write on it, and the operator never reads, is cut before. Tools and
//! people may put 256 KiB of annotations on each object, and as many labels and finalizers as there is room for.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::{Resource, api::ObjectMeta};
use serde_json::Value;

use crate::api::names::{FINALIZER, STORE_FINALIZER, annotation};

/// The finalizers of an object that are kept as they are, in bytes. Real ones are few.
const FINALIZERS_MAX: usize = 1_024;

/// Stands in memory for the finalizers that are not kept. It is never written.
const MORE_FINALIZERS: &str = "sshkey-operator.io/finalizers-that-are-not-kept";

/// Cuts what the operator does not read.
pub fn cut<K: Resource>(object: &mut K) {
    cut_metadata(object.meta_mut());
}

pub(super) fn cut_metadata(metadata: &mut ObjectMeta) {
    metadata.managed_fields = last_manager(metadata).map(|manager| {
        let only_named = ManagedFieldsEntry {
            manager: Some(manager.to_owned()),
            ..ManagedFieldsEntry::default()
        };
        vec![only_named]
    });
    metadata.labels = None;
    metadata.owner_references = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.retain(|name, value| match annotation::longest(name) {
            Some(longest) => {
                shorten(value, longest);
                true
            }
            None => false,
        });
    }
    if let Some(finalizers) = &mut metadata.finalizers
        && finalizers.iter().map(String::len).sum::<usize>() > FINALIZERS_MAX
    {
        let is_there = |name: &&str| finalizers.iter().any(|one| one == name);
        let ours = [FINALIZER, STORE_FINALIZER].into_iter().filter(is_there);
        *finalizers = ours.chain([MORE_FINALIZERS]).map(str::to_owned).collect();
    }
}

/// Who last changed what the object asks for, by its spec or by an annotation: the name is the client's own choice. The
/// operator writes neither, so a client that uses the operator's name for that is shown by it.
/// <https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers>
pub fn last_manager(metadata: &ObjectMeta) -> Option<&str> {
    let entries = metadata.managed_fields.iter().flatten();
    // What is left in memory of an entry has no fields.
    let asks = entries.filter(|entry| {
        entry
            .fields_v1
            .as_ref()
            .is_none_or(|fields| asks(&fields.0))
    });
    let last = asks.max_by_key(|entry| entry.time.as_ref().map(|time| time.0));
    last?.manager.as_deref()
}

/// Whether these fields say what is wanted.
fn asks(fields: &Value) -> bool {
    let annotations = &fields["f:metadata"]["f:annotations"];
    let requests = [
        annotation::ROTATE_REQUESTED_AT,
        annotation::RECONCILE_REQUESTED_AT,
        annotation::ACTIVATE,
        annotation::ABANDON,
    ];
    let is_there = |name: &str| annotations.get(format!("f:{name}")).is_some();
    fields.get("f:spec").is_some() || requests.into_iter().any(is_there)
}

/// Whether an object has finalizers that are not kept in memory.
pub(super) fn has_more_finalizers(finalizers: &[String]) -> bool {
    finalizers.iter().any(|one| one == MORE_FINALIZERS)
}

/// Leaves of a value that is too long just so much that it is too long still: who reads it takes it for what it was.
fn shorten(value: &mut String, longest: usize) {
    let end = (longest + 1..value.len()).find(|&end| value.is_char_boundary(end));
    if let Some(end) = end {
        *value = value[..end].to_owned();
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, Time};
    use serde_json::json;

    use super::*;
    use crate::api::{SshKey, SshKeyStatus};

    fn by(manager: &str, second: i64, fields: Value) -> ManagedFieldsEntry {
        ManagedFieldsEntry {
            manager: Some(manager.to_owned()),
            time: Timestamp::from_second(second).ok().map(Time),
            fields_v1: Some(FieldsV1(fields)),
            ..ManagedFieldsEntry::default()
        }
    }

    #[test]
    fn who_asked_last_is_known_under_whatever_name() {
        let spec = || json!({ "f:spec": {} });
        let annotation = |name: &str| {
            let named = format!("f:{name}");
            json!({ "f:metadata": { "f:annotations": { named: {} } } })
        };
        let mut meta = ObjectMeta::default();
        assert_eq!(last_manager(&meta), None);
        let mut entries = vec![
            by("helm", 1, spec()),
            by("operator", 2, annotation(annotation::RECORDED_UID)),
            by("operator", 3, json!({ "f:status": {} })),
            by("labeller", 4, json!({ "f:metadata": { "f:labels": {} } })),
        ];
        meta.managed_fields = Some(entries.clone());
        assert_eq!(last_manager(&meta), Some("helm"));
        entries.push(by("person", 5, annotation(annotation::ROTATE_REQUESTED_AT)));
        meta.managed_fields = Some(entries.clone());
        assert_eq!(last_manager(&meta), Some("person"));
        entries.push(by("sshkey-operator/records", 6, spec()));
        meta.managed_fields = Some(entries);
        assert_eq!(last_manager(&meta), Some("sshkey-operator/records"));
        cut_metadata(&mut meta);
        assert_eq!(last_manager(&meta), Some("sshkey-operator/records"));
    }

    #[test]
    fn only_what_the_operator_reads_is_kept() {
        let applied = "kubectl.kubernetes.io/last-applied-configuration";
        let imitated = "sshkey-operator.io.example.com/x";
        let invented = "sshkey-operator.io/invented";
        let mut key = SshKey::new("a", Default::default());
        let text = |name: &str| (name.to_owned(), "x".repeat(1_000));
        let annotations = [applied, imitated, invented, annotation::AZURE_KEYS].map(text);
        key.metadata.annotations = Some(annotations.into());
        key.metadata.labels = Some([text("a")].into());
        key.metadata.managed_fields = Some(vec![
            by("kubectl-edit", 2, json!({ "f:spec": {} })),
            by("helm", 1, json!({ "f:spec": {} })),
        ]);
        key.metadata.finalizers = Some(vec!["theirs".to_owned()]);
        key.metadata.uid = Some("uid".to_owned());
        key.status = Some(SshKeyStatus::default());
        let mut wanted = SshKey::new("a", Default::default());
        wanted.metadata.annotations = Some([text(annotation::AZURE_KEYS)].into());
        // A list of finalizers is written as a whole.
        wanted.metadata.finalizers = Some(vec!["theirs".to_owned()]);
        wanted.metadata.uid = Some("uid".to_owned());
        wanted.metadata.managed_fields = Some(vec![ManagedFieldsEntry {
            manager: Some("kubectl-edit".to_owned()),
            ..ManagedFieldsEntry::default()
        }]);
        wanted.status = Some(SshKeyStatus::default());
        cut(&mut key);
        assert_eq!(key, wanted);
    }

    #[test]
    fn a_value_that_is_too_long_stays_too_long_and_no_longer_than_that() {
        for one in ["x", "é", "🔑"] {
            let mut meta = ObjectMeta::default();
            let long = one.repeat(256 * 1_024 / one.len());
            let names = [annotation::AZURE_KEYS, annotation::ROTATE_REQUESTED_AT];
            meta.annotations = Some(names.map(|name| (name.to_owned(), long.clone())).into());
            cut_metadata(&mut meta);
            for (name, value) in meta.annotations.unwrap() {
                assert!(annotation::is_too_long(&name, &value), "{name}");
                let most = annotation::longest(&name).unwrap() + 4;
                assert!(value.len() <= most && long.starts_with(&value), "{name}");
            }
        }
    }

    #[test]
    fn of_very_many_finalizers_only_ours_are_kept_and_that_there_are_more() {
        let mut meta = ObjectMeta::default();
        let theirs = (0..1_000).map(|number| format!("example.com/{number}"));
        let all = theirs.clone().chain([FINALIZER.to_owned()]);
        meta.finalizers = Some(all.collect());
        cut_metadata(&mut meta);
        let kept = meta.finalizers.take().unwrap();
        assert_eq!(kept, [FINALIZER, MORE_FINALIZERS]);
        assert!(has_more_finalizers(&kept));
        meta.finalizers = Some(theirs.take(10).collect());
        let before = meta.clone();
        cut_metadata(&mut meta);
        assert_eq!(meta, before);
    }
}
