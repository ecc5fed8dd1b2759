//! Where in Azure an `SshKey` has or may have a key, and what was resolved from defaults when it was first published, so
//! that a changed default moves nothing. It is written in two places. The annotation is a hint: it is written before the
//! first request that could create a key, and everybody who may edit the object may edit it. The status lists the places
//! to which there is a right, and only those.

use serde::{Deserialize, Serialize};

use crate::api::{
    ArmId, StoreKey, StoreKind,
    names::annotation,
    sshkey::DeletionPolicy,
    status::{Origin, Phase, PlaceStatus},
};

/// The most places of one object: its status names no more, and an annotation that does is not read.
pub const PLACES_MAX: usize = 16;

/// One ARM id that has or may have this object's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureRecord {
    /// Where the key is or may be.
    pub id: ArmId,
    /// The location that it was, or is about to be, created in.
    pub location: String,
    /// The store through which it is reached.
    pub store: StoreKey,
    /// What becomes of it when it is no longer wanted.
    pub deletion_policy: DeletionPolicy,
    /// How this object came to have a key there.
    pub origin: Origin,
    /// Whether it is wanted there.
    pub phase: Phase,
    /// Names of the users' tags that the operator put on it, and so may take away again. Sorted.
    pub tags: Vec<String>,
    /// A digest of what was wanted when it was last seen there; only where drift is reported and not repaired.
    pub in_step: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Written {
    id: String,
    location: String,
    store: String,
    #[serde(default, skip_serializing_if = "StoreKind::is_default")]
    store_kind: StoreKind,
    deletion_policy: DeletionPolicy,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    adopted: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_step: Option<String>,
}

/// The annotation's text for some records.
pub fn records_json(records: &[AzureRecord]) -> String {
    let written: Vec<Written> = records
        .iter()
        .map(|record| Written {
            id: record.id.to_string(),
            location: record.location.clone(),
            store: record.store.name.clone(),
            store_kind: record.store.kind,
            deletion_policy: record.deletion_policy,
            adopted: record.origin == Origin::Adopted,
            tags: record.tags.clone(),
            in_step: record.in_step.clone(),
        })
        .collect();
    serde_json::json!(written).to_string()
}

impl AzureRecord {
    /// The record in the form of the status.
    pub fn to_status(&self) -> PlaceStatus {
        PlaceStatus {
            id: self.id.to_string(),
            location: self.location.clone(),
            store_kind: self.store.kind,
            store: self.store.name.clone(),
            origin: self.origin,
            deletion_policy: self.deletion_policy,
            tags: self.tags.clone(),
            in_step: self.in_step.clone(),
            phase: self.phase,
        }
    }

    /// The record that a status lists; `None` when its ID is none.
    pub fn from_status(place: &PlaceStatus) -> Option<Self> {
        Some(Self {
            id: place.id.parse().ok()?,
            location: place.location.clone(),
            store: StoreKey::new(place.store_kind, place.store.clone()),
            deletion_policy: place.deletion_policy,
            origin: place.origin,
            phase: place.phase,
            tags: place.tags.clone(),
            in_step: place.in_step.clone(),
        })
    }
}

/// The records in an annotation.
///
/// # Errors
/// A message when the annotation was changed by someone into what is not a list of at most [`PLACES_MAX`] records. It is
/// a hint that is then not followed, and written again from what is known.
pub fn parse_records(text: Option<&str>) -> Result<Vec<AzureRecord>, String> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    if annotation::is_too_long(annotation::AZURE_KEYS, text) {
        return Err("it is longer than any that the operator writes".to_owned());
    }
    let written: Vec<Written> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if written.len() > PLACES_MAX {
        return Err(format!(
            "it lists {} places, and an SshKey has {PLACES_MAX} at most",
            written.len()
        ));
    }
    written
        .into_iter()
        .map(|record| {
            Ok(AzureRecord {
                id: record
                    .id
                    .parse()
                    .map_err(|error: crate::api::arm_id::NotAnArmId| error.to_string())?,
                location: record.location,
                store: StoreKey::new(record.store_kind, record.store),
                deletion_policy: record.deletion_policy,
                origin: if record.adopted {
                    Origin::Adopted
                } else {
                    Origin::Created
                },
                phase: Phase::Published,
                tags: record.tags,
                in_step: record.in_step,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_being_written_and_read() {
        let record = AzureRecord {
            id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/k"
                .parse()
                .unwrap(),
            location: "westeurope".to_owned(),
            store: StoreKey::new(StoreKind::ClusterAzureStore, "default"),
            deletion_policy: DeletionPolicy::Retain,
            origin: Origin::Adopted,
            phase: Phase::Published,
            tags: vec!["team".to_owned()],
            in_step: Some("0123456789abcdef".to_owned()),
        };
        let text = records_json(std::slice::from_ref(&record));
        assert_eq!(parse_records(Some(&text)), Ok(vec![record.clone()]));
        let status = record.to_status();
        assert_eq!(AzureRecord::from_status(&status), Some(record));
        assert_eq!(parse_records(None), Ok(Vec::new()));
    }

    #[test]
    fn a_record_without_a_kind_of_store_is_one_of_an_azure_store_and_is_written_so() {
        let text = r#"[{"deletionPolicy":"Delete","id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/k","location":"l","store":"s"}]"#;
        let records = parse_records(Some(text)).unwrap();
        assert_eq!(records[0].store, StoreKey::new(StoreKind::AzureStore, "s"));
        assert_eq!(records_json(&records), text);
    }

    #[test]
    fn an_annotation_that_is_no_list_of_records_is_an_error() {
        assert!(parse_records(Some("{}")).is_err());
        let padded = format!("[]{}", " ".repeat(256 * 1_024 - 2));
        assert!(parse_records(Some(&padded)).is_err());
        assert!(
            parse_records(Some(
                r#"[{"id":"x","location":"l","store":"s","deletionPolicy":"Delete"}]"#
            ))
            .is_err()
        );
    }
}
