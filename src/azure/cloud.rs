//! Where the clouds are. No object names a URL: what is not in this table is the operator's own flags.

use crate::api::azure_store::Cloud;

/// The endpoints of one cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Azure Resource Manager, without a slash at the end.
    pub arm: String,
    /// The token scope for it.
    pub scope: String,
    /// Microsoft Entra, without a slash at the end.
    pub authority: String,
    /// The audience that a federated token must have.
    pub federated_audience: &'static str,
}

/// Other endpoints for every cloud, by the operator's flags: an emulator, or a cloud that is not in the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Azure Resource Manager.
    pub arm: Option<String>,
    /// Microsoft Entra.
    pub authority: Option<String>,
}

impl Endpoints {
    /// The endpoints of a cloud.
    /// <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>,
    /// <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations>
    pub fn of(cloud: Cloud, overrides: &Overrides) -> Self {
        let (arm, scope, authority, federated_audience) = match cloud {
            Cloud::AzurePublic => (
                "https://management.azure.com",
                "https://management.azure.com/.default",
                "https://login.microsoftonline.com",
                "api://AzureADTokenExchange",
            ),
            Cloud::AzureUSGovernment => (
                "https://management.usgovcloudapi.net",
                "https://management.core.usgovcloudapi.net/.default",
                "https://login.microsoftonline.us",
                "api://AzureADTokenExchangeUSGov",
            ),
            Cloud::AzureChina => (
                "https://management.chinacloudapi.cn",
                "https://management.chinacloudapi.cn/.default",
                "https://login.chinacloudapi.cn",
                "api://AzureADTokenExchangeChina",
            ),
        };
        let plain = |url: &str| url.trim_end_matches('/').to_owned();
        Self {
            arm: overrides
                .arm
                .as_deref()
                .map_or_else(|| arm.to_owned(), plain),
            scope: overrides.arm.as_deref().map_or_else(
                || scope.to_owned(),
                |arm| format!("{}/.default", plain(arm)),
            ),
            authority: overrides
                .authority
                .as_deref()
                .map_or_else(|| authority.to_owned(), plain),
            federated_audience,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_follows_an_overridden_endpoint() {
        let overrides = Overrides {
            arm: Some("https://localhost:1/".into()),
            authority: None,
        };
        let endpoints = Endpoints::of(Cloud::AzureChina, &overrides);
        assert_eq!(endpoints.arm, "https://localhost:1");
        assert_eq!(endpoints.scope, "https://localhost:1/.default");
        assert_eq!(endpoints.authority, "https://login.chinacloudapi.cn");
    }
}
