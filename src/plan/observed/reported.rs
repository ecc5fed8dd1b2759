//! What the status of an `SshKey` says of it.

use crate::{
    api::{OutputRef, SshKeyStatus},
    keys::Fingerprint,
    plan::{observed::object::ObjectFacts, records::azure::AzureRecord},
};

impl ObjectFacts {
    /// The same with what a status says that was written for this very object; `None` when there is no such status.
    #[must_use]
    pub fn with_status(self, status: Option<&SshKeyStatus>) -> Self {
        let rotation = status.and_then(|status| status.rotation.as_ref());
        let has_status = status.is_some_and(|status| status.recorded_for.is_some());
        let fingerprint = status.and_then(|status| status.fingerprint.as_deref());
        let pending = rotation.and_then(|rotation| rotation.pending.as_ref());
        let former = rotation.map_or(&[][..], |rotation| &rotation.previous);
        let others = pending
            .map(|pending| &pending.fingerprint)
            .into_iter()
            .chain(former.iter().map(|former| &former.fingerprint));
        Self {
            has_status,
            places: places(status),
            reported_outputs: outputs(status),
            reported_requests: rotation
                .filter(|_| has_status)
                .map(|rotation| rotation.handled_requests.clone()),
            reported_revision: rotation.and_then(|rotation| rotation.revision.try_into().ok()),
            reported_fingerprint: fingerprint.and_then(parsed),
            reported_others: others.filter_map(|text| parsed(text)).collect(),
            ..self
        }
    }
}

fn parsed(text: &str) -> Option<Fingerprint> {
    text.parse().ok()
}

fn places(status: Option<&SshKeyStatus>) -> Vec<AzureRecord> {
    let azure = status.and_then(|status| status.azure.as_ref());
    let listed = azure.map_or(&[][..], |azure| &azure.places);
    listed.iter().filter_map(AzureRecord::from_status).collect()
}

fn outputs(status: Option<&SshKeyStatus>) -> Vec<OutputRef> {
    let listed = status.map_or(&[][..], |status| &status.outputs);
    let named = listed.iter().filter_map(|output| {
        Some(OutputRef {
            kind: output.kind.parse().ok()?,
            name: output.name.clone(),
        })
    });
    named.collect()
}
