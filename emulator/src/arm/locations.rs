//! The regions of the public cloud.

use http::StatusCode;

use super::envelope::ArmError;

pub(crate) const ALL: &[&str] = &[
    "australiacentral",
    "australiaeast",
    "australiasoutheast",
    "austriaeast",
    "brazilsouth",
    "canadacentral",
    "canadaeast",
    "centralindia",
    "centralus",
    "chilecentral",
    "eastasia",
    "eastus",
    "eastus2",
    "francecentral",
    "germanywestcentral",
    "indonesiacentral",
    "israelcentral",
    "italynorth",
    "japaneast",
    "japanwest",
    "jioindiawest",
    "koreacentral",
    "koreasouth",
    "malaysiawest",
    "mexicocentral",
    "newzealandnorth",
    "northcentralus",
    "northeurope",
    "norwayeast",
    "polandcentral",
    "qatarcentral",
    "southafricanorth",
    "southcentralus",
    "southeastasia",
    "southindia",
    "spaincentral",
    "swedencentral",
    "switzerlandnorth",
    "uaenorth",
    "uksouth",
    "ukwest",
    "westcentralus",
    "westeurope",
    "westindia",
    "westus",
    "westus2",
    "westus3",
];

/// `West US` and `westus` are one place; answers use the second form.
pub(crate) fn normalize(location: &str) -> String {
    location
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The location of a new key, in normal form. The text of the error is unverified.
pub(crate) fn for_key(location: &str) -> Result<String, ArmError> {
    let normal = normalize(location);
    if ALL.contains(&normal.as_str()) {
        return Ok(normal);
    }
    let message = format!(
        "The provided location '{location}' is not available for resource type 'Microsoft.Compute/sshPublicKeys'. \
         List of available regions for the resource type is '{}'.",
        ALL.join(",")
    );
    Err(ArmError::gateway(
        StatusCode::BAD_REQUEST,
        "LocationNotAvailableForResourceType",
        message,
    ))
}

/// The location of a new group, in normal form. The text of the error is unverified.
pub(crate) fn for_group(location: &str) -> Result<String, ArmError> {
    let normal = normalize(location);
    if ALL.contains(&normal.as_str()) {
        return Ok(normal);
    }
    let message = format!(
        "The provided location '{location}' is not available for resource group. List of available regions is '{}'.",
        ALL.join(",")
    );
    Err(ArmError::gateway(
        StatusCode::BAD_REQUEST,
        "LocationNotAvailableForResourceGroup",
        message,
    ))
}
