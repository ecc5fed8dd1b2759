//! Reading the bodies of requests.

use std::collections::BTreeMap;

use http::{StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};

use super::envelope::ArmError;
use crate::call::Call;

/// The body of a PUT or PATCH of a resource. Members that the operation does not know are ignored, as the real service does.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ResourceBody {
    pub(crate) location: Option<String>,
    pub(crate) tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(crate) properties: Option<KeyProperties>,
    #[serde(rename = "managedBy")]
    pub(crate) managed_by: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct KeyProperties {
    #[serde(rename = "publicKey")]
    pub(crate) public_key: Option<String>,
}

/// The body of generateKeyPair.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct GenerateBody {
    #[serde(rename = "encryptionType")]
    pub(crate) encryption_type: Option<String>,
}

/// Parses a body that must be there. Text of the 415 unverified.
pub(crate) fn read<T: DeserializeOwned>(call: &Call) -> Result<T, ArmError> {
    let content_type = call.header(&header::CONTENT_TYPE).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        let message = format!(
            "The content media type '{media_type}' is not supported. Only 'application/json' is supported."
        );
        return Err(ArmError::gateway(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaType",
            message,
        ));
    }
    serde_json::from_slice(&call.body).map_err(|error| {
        let message =
            format!("The request content was invalid and could not be deserialized: '{error}'.");
        ArmError::gateway(StatusCode::BAD_REQUEST, "InvalidRequestContent", message)
    })
}

/// Parses a body that may be missing.
pub(crate) fn read_optional<T: DeserializeOwned + Default>(call: &Call) -> Result<T, ArmError> {
    if call.body.is_empty() {
        Ok(T::default())
    } else {
        read(call)
    }
}

/// The location that a PUT must name.
pub(crate) fn location(sent: Option<String>) -> Result<String, ArmError> {
    sent.filter(|location| !location.is_empty()).ok_or_else(|| {
        let message = "The location property is required for this definition.";
        ArmError::gateway(StatusCode::BAD_REQUEST, "LocationRequired", message)
    })
}
