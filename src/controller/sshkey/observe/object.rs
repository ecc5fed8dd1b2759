//! From what was read to what is decided upon.

use kube::ResourceExt;

use crate::{
    api::{
        SshKey,
        names::{FINALIZER, annotation},
        output_ref::parse_outputs,
    },
    keys::Fingerprint,
    plan::{ObjectFacts, RotationRecord, parse_records},
};

/// What an `SshKey` says of itself.
pub(in crate::controller) fn object(object: &SshKey) -> ObjectFacts {
    let uid = object.uid().unwrap_or_default();
    let annotations = object.annotations();
    let text = |name: &str| annotations.get(name).map(String::as_str);
    let short = |name: &str| text(name).filter(|value| !annotation::is_too_long(name, value));
    let facts = ObjectFacts {
        deleting_since: object
            .metadata
            .deletion_timestamp
            .as_ref()
            .map(|time| time.0),
        has_finalizer: object
            .finalizers()
            .iter()
            .any(|finalizer| finalizer == FINALIZER),
        hints: parse_records(text(annotation::AZURE_KEYS)),
        places: Vec::new(),
        has_status: false,
        outputs: parse_outputs(text(annotation::OUTPUTS)),
        reported_outputs: Vec::new(),
        abandoned: text(annotation::ABANDON) == Some(uid.as_str()),
        rotation: RotationRecord::parse(text(annotation::ROTATION)),
        reported_requests: None,
        recorded_uid: text(annotation::RECORDED_UID)
            .filter(|recorded| recorded.len() <= UID_MAX)
            .map(str::to_owned),
        rotate_requested: short(annotation::ROTATE_REQUESTED_AT)
            .filter(|value| !value.is_empty())
            .map(str::to_owned),
        activate: short(annotation::ACTIVATE).and_then(fingerprint_of),
        ignored_requests: ignored_requests(text),
        reported_revision: None,
        reported_fingerprint: None,
        reported_others: Vec::new(),
        uid,
    };
    facts.with_status(object.own_status())
}

fn fingerprint_of(text: &str) -> Option<Fingerprint> {
    text.trim().parse().ok()
}

/// Requests that can't be followed. An empty value asks for nothing.
fn ignored_requests<'a>(text: impl Fn(&str) -> Option<&'a str>) -> Vec<&'static str> {
    let rotate = text(annotation::ROTATE_REQUESTED_AT)
        .filter(|value| annotation::is_too_long(annotation::ROTATE_REQUESTED_AT, value));
    let activate = text(annotation::ACTIVATE).filter(|value| fingerprint_of(value).is_none());
    let said = [
        (annotation::ROTATE_REQUESTED_AT, rotate),
        (annotation::ACTIVATE, activate),
    ];
    let ignored = said
        .into_iter()
        .filter(|(_, value)| value.is_some_and(|value| !value.is_empty()));
    ignored.map(|(name, _)| name).collect()
}

/// A longer UID is none: the API server's are 36 characters long.
const UID_MAX: usize = 64;
