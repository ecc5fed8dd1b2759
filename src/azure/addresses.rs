//! Where things are at Azure Resource Manager: the URL of each resource.

use azure_core::http::Url;

use super::{
    cloud::Endpoints,
    error::{AzureError, Cause, Operation},
};
use crate::api::ArmId;

/// The oldest version that Azure's own CLI and the current specification share; the resource has not changed since.
/// <https://learn.microsoft.com/rest/api/compute/ssh-public-keys>
const KEYS_API_VERSION: &str = "2024-11-01";
/// <https://learn.microsoft.com/rest/api/resources/resource-groups>
const GROUPS_API_VERSION: &str = "2024-11-01";

/// The URLs at one endpoint.
#[derive(Debug)]
pub(super) struct Addresses {
    endpoint: Url,
}

impl Addresses {
    /// # Errors
    /// When the endpoint, which only the operator's own flags can name, is no URL.
    pub(super) fn new(endpoints: &Endpoints) -> Result<Self, AzureError> {
        let endpoint = Url::parse(&endpoints.arm).map_err(|error| {
            AzureError::new(
                Operation::ReadKey,
                endpoints.arm.clone(),
                Cause::Connection(format!("--azure-arm-endpoint is no URL: {error}")),
            )
        })?;
        Ok(Self { endpoint })
    }

    /// Whether a link that Azure gave leads to the same endpoint.
    pub(super) fn has(&self, link: &Url) -> bool {
        link.origin() == self.endpoint.origin()
    }

    /// The list of a resource group's keys.
    pub(super) fn keys(&self, id: &ArmId) -> Result<Url, AzureError> {
        self.url(&Self::path_of_keys(id), KEYS_API_VERSION)
    }

    /// One key.
    pub(super) fn key(&self, id: &ArmId) -> Result<Url, AzureError> {
        let mut path = Self::path_of_keys(id).to_vec();
        path.push(&id.name);
        self.url(&path, KEYS_API_VERSION)
    }

    /// The resource group of a key.
    pub(super) fn group(&self, id: &ArmId) -> Result<Url, AzureError> {
        let path = [
            "subscriptions",
            &id.subscription,
            "resourcegroups",
            &id.resource_group,
        ];
        self.url(&path, GROUPS_API_VERSION)
    }

    fn path_of_keys(id: &ArmId) -> [&str; 7] {
        [
            "subscriptions",
            &id.subscription,
            "resourceGroups",
            &id.resource_group,
            "providers",
            "Microsoft.Compute",
            "sshPublicKeys",
        ]
    }

    /// Every segment is percent-encoded: no name can leave its place in the path.
    fn url(&self, path: &[&str], api_version: &str) -> Result<Url, AzureError> {
        let mut url = self.endpoint.clone();
        url.path_segments_mut()
            .map_err(|()| {
                let cause = Cause::Connection("--azure-arm-endpoint has no path".to_owned());
                AzureError::new(Operation::ReadKey, self.endpoint.to_string(), cause)
            })?
            .pop_if_empty()
            .extend(path);
        url.query_pairs_mut()
            .append_pair("api-version", api_version);
        Ok(url)
    }
}
