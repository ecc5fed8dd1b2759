//! The metadata document by which az, Terraform and SDKs learn the endpoints of a cloud.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::json;

use crate::{arm::envelope, call::Call};

/// Members that name services this emulator does not have point at names that never resolve.
const NOWHERE: &str = "arm-emulator.invalid";

/// One object, as api-version 2022-09-01 gives it.
pub(crate) fn answer(call: &Call) -> Response<Bytes> {
    let origin = &call.origin;
    let service = |name: &str| format!("https://{name}.{NOWHERE}/");
    let suffix = |name: &str| format!("{name}.{NOWHERE}");
    envelope::gateway_json(
        StatusCode::OK,
        &json!({
            "name": "ArmEmulator",
            "portal": service("portal"),
            "authentication": {"loginEndpoint": origin, "audiences": [origin], "tenant": "common", "identityProvider": "AAD"},
            "resourceManager": format!("{origin}/"),
            "graphAudience": service("graph"),
            "graph": service("graph"),
            "microsoftGraphResourceId": "https://graph.microsoft.com/",
            "gallery": service("gallery"),
            "media": service("media"),
            "batch": service("batch"),
            "sqlManagement": service("sql-management"),
            "activeDirectoryDataLake": service("datalake"),
            "vmImageAliasDoc": service("vm-image-aliases"),
            "suffixes": {
                "storage": suffix("storage"),
                "keyVaultDns": suffix("vault"),
                "sqlServerHostname": suffix("sql"),
                "acrLoginServer": suffix("acr"),
                "azureDataLakeStoreFileSystem": suffix("datalakestore"),
                "azureDataLakeAnalyticsCatalogAndJob": suffix("datalakeanalytics"),
            },
        }),
    )
}
