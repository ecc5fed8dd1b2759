//! The api-versions that are served.

use http::StatusCode;

use super::{envelope::ArmError, locations};

/// Of `Microsoft.Compute/sshPublicKeys`: those with evidence in Azure/azure-rest-api-specs, the SDKs and recordings.
pub(crate) const SSH_PUBLIC_KEYS: &[&str] = &[
    "2026-04-01",
    "2026-03-01",
    "2025-11-01",
    "2025-04-01",
    "2024-11-01",
    "2024-07-01",
    "2024-03-01",
    "2023-09-01",
    "2023-07-01",
    "2023-03-01",
    "2022-11-01",
    "2022-08-01",
    "2022-03-01",
    "2021-11-01",
    "2021-07-01",
    "2021-04-01",
    "2021-03-01",
    "2020-12-01",
    "2020-06-01",
    "2019-12-01",
];

/// Of Resource Manager itself: groups, providers and subscriptions together. The real service has a list for each.
const RESOURCES: &[&str] = &[
    "2025-04-01",
    "2025-03-01",
    "2024-11-01",
    "2024-07-01",
    "2024-03-01",
    "2023-07-01",
    "2022-12-01",
    "2022-09-01",
    "2021-04-01",
    "2021-01-01",
    "2020-10-01",
    "2020-08-01",
    "2020-06-01",
    "2020-01-01",
    "2019-11-01",
    "2019-10-01",
    "2019-08-01",
    "2019-07-01",
    "2019-06-01",
    "2019-05-10",
    "2019-05-01",
    "2019-03-01",
    "2018-05-01",
    "2018-02-01",
    "2017-05-10",
    "2016-09-01",
    "2016-06-01",
    "2015-11-01",
];

/// encryptionType exists from here on (Azure/azure-rest-api-specs#26090).
const ENCRYPTION_TYPE_SINCE: &str = "2023-09-01";

/// The api-version of a request; every operation needs one.
pub(crate) fn required(version: Option<&str>) -> Result<&str, ArmError> {
    version
        .filter(|version| !version.is_empty())
        .ok_or_else(|| {
            ArmError::gateway(
                StatusCode::BAD_REQUEST,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            )
        })
}

pub(crate) fn check_resources(version: &str) -> Result<(), ArmError> {
    if RESOURCES.contains(&version) {
        return Ok(());
    }
    let message = format!(
        "The api-version '{version}' is invalid. The supported versions are '{}'.",
        RESOURCES.join(",")
    );
    Err(ArmError::gateway(
        StatusCode::BAD_REQUEST,
        "InvalidApiVersionParameter",
        message,
    ))
}

/// Of `Microsoft.Authorization/locks`.
const LOCKS: &[&str] = &["2020-05-01", "2017-04-01", "2016-09-01", "2015-01-01"];

pub(crate) fn check_locks(version: &str) -> Result<(), ArmError> {
    if LOCKS.contains(&version) {
        return Ok(());
    }
    let message = format!(
        "The resource type 'locks' could not be found in the namespace 'Microsoft.Authorization' for api version '{version}'. The supported \
         api-versions are '{}'.",
        LOCKS.join(",")
    );
    Err(ArmError::gateway(
        StatusCode::BAD_REQUEST,
        "InvalidResourceType",
        message,
    ))
}

/// With a location the error is the one that resource providers are looked up with; without, the one of reads.
pub(crate) fn check_ssh_public_keys(version: &str, location: Option<&str>) -> Result<(), ArmError> {
    if SSH_PUBLIC_KEYS.contains(&version) {
        return Ok(());
    }
    let supported = SSH_PUBLIC_KEYS.join(", ");
    let (code, message) = match location {
        Some(location) => (
            "NoRegisteredProviderFound",
            format!(
                "No registered resource provider found for location '{location}' and API version '{version}' for type 'sshPublicKeys'. \
                 The supported api-versions are '{supported}'. The supported locations are '{}'.",
                locations::ALL.join(", ")
            ),
        ),
        None => (
            "InvalidResourceType",
            format!(
                "The resource type 'sshPublicKeys' could not be found in the namespace 'Microsoft.Compute' for api version '{version}'. \
                 The supported api-versions are '{supported}'."
            ),
        ),
    };
    Err(ArmError::gateway(StatusCode::BAD_REQUEST, code, message))
}

/// Versions are dates, so their text sorts as they do.
pub(crate) fn knows_encryption_type(version: &str) -> bool {
    version >= ENCRYPTION_TYPE_SINCE
}
