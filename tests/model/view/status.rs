//! The status of an object, to and from the words of the API.

use sshkey_operator::{
    api::{
        SshKeyStatus,
        status::{AzureStatus, PendingKey, PreviousKey, RotationStatus},
    },
    plan::AzureRecord,
};

use crate::{
    view::{
        facts::record,
        keys::{by_text, fingerprint_text, place, place_number, public, uid, uid_number},
        read_back::listed,
    },
    world::{Few, Object, PLACES, Status, Store},
};

/// The status as the API server keeps it, as far as anything is kept of it here.
pub(crate) fn words(object: &Object) -> SshKeyStatus {
    let Some(status) = object.own_status() else {
        return SshKeyStatus::default();
    };
    let places = (0..PLACES).filter_map(|number| {
        let listed = status.places[number]?;
        Some(record(number, listed, Store::Own).to_status())
    });
    let places: Vec<_> = places.collect();
    let shown = status.shown.map(|number| place(number.into()).to_string());
    let has_azure = shown.is_some() || !places.is_empty();
    let former = status.former.all().iter().map(|key| PreviousKey {
        fingerprint: fingerprint_text(*key),
        revision: 1,
        entry: String::new(),
        retire_time: None,
    });
    SshKeyStatus {
        recorded_for: Some(uid(status.of)),
        fingerprint: status.reported.map(|(key, _)| fingerprint_text(key)),
        azure: has_azure.then(|| AzureStatus {
            resource_id: shown.unwrap_or_default(),
            places,
            ..AzureStatus::default()
        }),
        rotation: status.reported.map(|(_, revision)| RotationStatus {
            revision: revision.into(),
            last_rotation_time: None,
            next_rotation_time: None,
            pending: status.pending.map(|key| PendingKey {
                fingerprint: fingerprint_text(key),
                public_key: public(key).to_line(),
                activation_time: None,
            }),
            handled_requests: status.handled.all().iter().map(u8::to_string).collect(),
            previous: former.collect(),
        }),
        ..SshKeyStatus::default()
    }
}

/// The status that those words say.
pub(crate) fn status(words: &SshKeyStatus) -> Status {
    let azure = words.azure.clone().unwrap_or_default();
    let rotation = words.rotation.clone().unwrap_or_default();
    let mut places = [None; PLACES];
    for place in azure.places.iter().filter_map(AzureRecord::from_status) {
        places[place_number(&place.id)] = Some(listed(&place));
    }
    let key = words.fingerprint.as_ref().map(|text| by_text(text));
    let former = rotation
        .previous
        .iter()
        .map(|former| by_text(&former.fingerprint));
    let handled = rotation.handled_requests.iter();
    let shown = azure.resource_id.parse().ok().map(|id| place_number(&id));
    Status {
        of: uid_number(words.recorded_for.as_ref().unwrap()),
        reported: key.map(|key| (key, rotation.revision.try_into().unwrap())),
        former: former.collect::<Few<_, 10>>(),
        pending: rotation
            .pending
            .map(|pending| by_text(&pending.fingerprint)),
        handled: handled.map(|text| text.parse().unwrap()).collect(),
        shown: shown.map(|number| number.try_into().unwrap()),
        places,
    }
}
