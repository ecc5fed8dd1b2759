//! What is said of an object whose metadata somebody has changed.

use crate::{
    api::{ArmId, names::annotation, status::Origin},
    plan::{
        observed::{azure::KeyView, snapshot::Observed},
        records::azure::AzureRecord,
    },
};

/// What is strange about what the object's metadata says, for a person; `None` when it is as this operator writes it. Nothing
/// is said of what is at places that are not this object's.
pub fn strange_hints(observed: &Observed) -> Option<String> {
    let object = &observed.object;
    let hints = match &object.hints {
        Err(why) => {
            return Some(format!(
                "the annotation {} can't be read ({why})",
                annotation::AZURE_KEYS
            ));
        }
        Ok(hints) => hints,
    };
    let is_known = |id: &ArmId| observed.record(id).is_some();
    let is_another = |hint: &AzureRecord| {
        !is_known(&hint.id)
            && !matches!(
                observed.azure.get(&hint.id),
                Some(KeyView::Absent { .. } | KeyView::Unknown(_))
            )
    };
    if hints.iter().any(is_another) {
        return Some(format!(
            "the annotation {} names a place that is not this SshKey's",
            annotation::AZURE_KEYS
        ));
    }
    let is_lost = |place: &AzureRecord| {
        place.origin != Origin::Found && !hints.iter().any(|hint| hint.id == place.id)
    };
    let is_replaced = object.has_status && !object.has_finalizer;
    (is_replaced || object.places.iter().any(is_lost)).then(|| {
        format!(
            "the finalizer or the annotation {} was taken from the metadata, as a tool does that replaces objects",
            annotation::AZURE_KEYS
        )
    })
}
