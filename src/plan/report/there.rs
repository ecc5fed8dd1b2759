//! What the status lists of what is there: places in Azure, and outputs.

use crate::{
    api::status::{AzureStatus, OutputStatus, PlaceStatus},
    plan::{
        authority::own_keys::current_key,
        decide::azure::record::places_to_report,
        decision::{Finding, Plan},
        desired::{azure::Wanted, resolve::Desired},
        observed::{azure::KeyView, outputs::OutputView, snapshot::Observed},
        records::azure::AzureRecord,
    },
};

/// Where the key is in Azure: what is shown of the place that is wanted, and every place that is this object's.
pub(crate) fn in_azure(
    desired: &Desired,
    observed: &Observed,
    plan: &Plan,
    before: Option<&AzureStatus>,
) -> Option<AzureStatus> {
    let shown = match (&desired.azure, &plan.azure) {
        (None, _) => None,
        (Some(wanted), Some(Finding::Good { .. })) => {
            wanted.target.as_ref().ok().map(|target| AzureStatus {
                resource_id: target.id().to_string(),
                location: location(target, observed),
                store_kind: Some(wanted.store.kind),
                store: wanted.store.name.clone(),
                places: Vec::new(),
            })
        }
        (Some(_), _) => before.cloned().filter(|_| observed.object.has_status),
    };
    let published = current_key(desired, observed);
    let places = places_to_report(desired, observed, published);
    let places: Vec<PlaceStatus> = places.iter().map(AzureRecord::to_status).collect();
    if shown.is_none() && places.is_empty() {
        return None;
    }
    Some(AzureStatus {
        places,
        ..shown.unwrap_or_default()
    })
}

/// Where the key was asked to be stored; of a key that is followed, where it is.
fn location(target: &Wanted, observed: &Observed) -> String {
    match (target, observed.azure.get(target.id())) {
        (Wanted::Published(target), _) => target.location.clone(),
        (Wanted::Followed(_), Some(KeyView::Present { key, .. })) => key.location.clone(),
        (Wanted::Followed(_), _) => String::new(),
    }
}

/// The outputs that are this object's, those that are to go included until they are gone.
pub(crate) fn outputs_there(desired: &Desired, observed: &Observed) -> Vec<OutputStatus> {
    let there = observed.outputs.iter().filter_map(|(object, view)| {
        let wanted = desired
            .outputs
            .iter()
            .find(|output| output.object == *object);
        let kind: &str = object.kind.into();
        let status = |uid: Option<String>, shape: &str| OutputStatus {
            name: object.name.clone(),
            kind: kind.to_owned(),
            shape: shape.to_owned(),
            uid,
            leaving: wanted.is_none(),
        };
        match view {
            OutputView::Present(facts)
                if facts.is_output
                    && facts.owner_uid.as_deref() == Some(observed.object.uid.as_str()) =>
            {
                let shape = match wanted {
                    Some(wanted) => wanted.shape.as_ref().ok()?.preset,
                    None => "",
                };
                Some(status(Some(facts.uid.clone()), shape))
            }
            // What could not be read may still exist.
            OutputView::Unknown(_) if observed.object.reported_outputs.contains(object) => {
                Some(status(None, ""))
            }
            _ => None,
        }
    });
    there.collect()
}
