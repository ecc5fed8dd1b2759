//! The few ARM calls: GET, PUT, PATCH, DELETE and LIST of SSH public keys, and PUT of a resource group.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use azure_core::http::{Method, Url};

use super::{
    budget::{Bucket, Budget, Caller, Urgency},
    cloud::Endpoints,
    error::{AzureError, Cause, Operation},
    identity::Identity,
    models::{Create, CreateGroup, Page, Properties, SshPublicKey, Update},
    request::{Call, Exchange},
    response::Answer,
    transport::Transport,
};
use crate::api::ArmId;

/// The oldest version that Azure's own CLI and the current specification share; the resource has not changed since.
/// <https://learn.microsoft.com/rest/api/compute/ssh-public-keys>
const KEYS_API_VERSION: &str = "2024-11-01";
/// <https://learn.microsoft.com/rest/api/resources/resource-groups>
const GROUPS_API_VERSION: &str = "2024-11-01";
/// More pages than any group can have: at 100 keys a page, this is 100,000 keys.
const MAX_PAGES: usize = 1_000;

/// ARM, through one identity.
#[derive(Debug)]
pub struct ArmClient {
    exchange: Exchange,
    endpoint: Url,
    principal: String,
}

/// What a read of a key found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRead {
    /// The key.
    Present(SshPublicKey),
    /// The resource group is there, the key is not.
    Absent,
    /// There is no such resource group.
    GroupAbsent,
}

impl ArmClient {
    /// A client for one identity. `principal` names it, for ARM's budgets are by principal.
    ///
    /// # Errors
    /// When the endpoint, which only the operator's own flags can name, is no URL.
    pub fn new(
        endpoints: &Endpoints,
        identity: Identity,
        principal: String,
        transport: &Transport,
        budget: Arc<Budget>,
    ) -> Result<Self, AzureError> {
        let endpoint = Url::parse(&endpoints.arm).map_err(|error| {
            AzureError::new(
                Operation::ReadKey,
                endpoints.arm.clone(),
                Cause::Connection(format!("--azure-arm-endpoint is no URL: {error}")),
            )
        })?;
        Ok(Self {
            exchange: Exchange::new(
                transport.options(&endpoints.authority),
                identity,
                budget,
                transport.metrics(),
            ),
            endpoint,
            principal,
        })
    }

    /// Whether a token is issued to the identity.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn sign_in(&self) -> Result<(), AzureError> {
        self.exchange.sign_in().await
    }

    /// Reads one key.
    ///
    /// # Errors
    /// Every answer but 200 and the 404 of a missing key or group.
    pub async fn read_key(&self, id: &ArmId, caller: &Caller) -> Result<KeyRead, AzureError> {
        let call = Call::new(
            Operation::ReadKey,
            id.to_string(),
            Method::Get,
            self.key_url(id)?,
        );
        let answer = self
            .exchange
            .send(call, &self.read_buckets(id), caller, Urgency::Prompt)
            .await?;
        match answer {
            Ok(answer) => key_of(&answer, id)
                .map(KeyRead::Present)
                .map_err(|cause| AzureError::new(Operation::ReadKey, id.to_string(), cause)),
            Err(error) => missing(error),
        }
    }

    /// Every key of a resource group; `None` when there is no such group.
    ///
    /// # Errors
    /// Every answer but 200 and the 404 of a missing group; a list that leads elsewhere.
    pub async fn list_keys(
        &self,
        id: &ArmId,
        caller: &Caller,
    ) -> Result<Option<Vec<SshPublicKey>>, AzureError> {
        let subject = format!("resource group {}", id.resource_group);
        let failed = |cause| AzureError::new(Operation::ListKeys, subject.clone(), cause);
        let mut url = self.url(&Self::keys_of(id), KEYS_API_VERSION)?;
        let mut seen = HashSet::from([url.clone()]);
        let mut keys = Vec::new();
        for _ in 0..MAX_PAGES {
            let call = Call::new(
                Operation::ListKeys,
                subject.clone(),
                Method::Get,
                url.clone(),
            );
            let page: Page = match self
                .exchange
                .send(call, &self.read_buckets(id), caller, Urgency::Prompt)
                .await?
            {
                Ok(answer) => answer.json().map_err(failed)?,
                Err(error) => {
                    return match missing(error)? {
                        KeyRead::GroupAbsent => Ok(None),
                        _ => Ok(Some(keys)),
                    };
                }
            };
            // One odd item among others' keys must not hide all of them.
            let readable = page
                .value
                .into_iter()
                .filter_map(|item| serde_json::from_value(item).ok());
            keys.extend(readable);
            let Some(next) = page.next_link.filter(|link| !link.is_empty()) else {
                return Ok(Some(keys));
            };
            let next = Url::parse(&next).map_err(|_| failed(Cause::StrayLink))?;
            // A circle would otherwise be walked to the end of all pages.
            if next.origin() != self.endpoint.origin() || !seen.insert(next.clone()) {
                return Err(failed(Cause::StrayLink));
            }
            url = next;
        }
        Err(failed(Cause::StrayLink))
    }

    /// Creates a key.
    ///
    /// # Errors
    /// Every answer but 200 and 201. After a lost answer the key may be there.
    pub async fn create_key(
        &self,
        id: &ArmId,
        location: &str,
        tags: &BTreeMap<String, String>,
        public_key: &str,
        caller: &Caller,
    ) -> Result<SshPublicKey, AzureError> {
        let properties = Properties {
            public_key: Some(public_key.to_owned()),
        };
        let call = Call::new(
            Operation::CreateKey,
            id.to_string(),
            Method::Put,
            self.key_url(id)?,
        )
        .json(&Create {
            location,
            tags,
            properties,
        });
        self.write_key(call, id, location, caller, Urgency::Prompt)
            .await
    }

    /// Changes a key's text, its tags, or both. All tags are sent, since the service replaces the whole map.
    ///
    /// # Errors
    /// Every answer but 200. After a lost answer the change may have been made.
    pub async fn update_key(
        &self,
        id: &ArmId,
        location: &str,
        tags: Option<&BTreeMap<String, String>>,
        public_key: Option<&str>,
        caller: &Caller,
    ) -> Result<SshPublicKey, AzureError> {
        let urgency = match public_key {
            Some(_) => Urgency::Prompt,
            None => Urgency::Repair,
        };
        let properties = public_key.map(|key| Properties {
            public_key: Some(key.to_owned()),
        });
        let call = Call::new(
            Operation::UpdateKey,
            id.to_string(),
            Method::Patch,
            self.key_url(id)?,
        )
        .json(&Update { tags, properties });
        self.write_key(call, id, location, caller, urgency).await
    }

    /// Deletes a key; one that is not there, or whose group is not, is deleted already.
    ///
    /// # Errors
    /// Every answer but 200, 204 and 404.
    pub async fn delete_key(
        &self,
        id: &ArmId,
        location: &str,
        caller: &Caller,
    ) -> Result<(), AzureError> {
        let call = Call::new(
            Operation::DeleteKey,
            id.to_string(),
            Method::Delete,
            self.key_url(id)?,
        );
        let buckets = [
            Bucket::compute_writes(&id.subscription, location),
            Bucket::arm_deletes(&self.principal, &id.subscription),
        ];
        match self
            .exchange
            .send(call, &buckets, caller, Urgency::Prompt)
            .await?
        {
            Ok(_) => Ok(()),
            Err(error) => missing(error).map(drop),
        }
    }

    /// Whether the resource group of a key exists.
    ///
    /// # Errors
    /// Every answer but 204 and 404.
    pub async fn group_exists(&self, id: &ArmId, caller: &Caller) -> Result<bool, AzureError> {
        let call = Call::new(
            Operation::ReadGroup,
            id.resource_group.clone(),
            Method::Head,
            self.group_url(id)?,
        );
        match self
            .exchange
            .send(call, &self.read_buckets(id), caller, Urgency::Prompt)
            .await?
        {
            Ok(_) => Ok(true),
            // The answer to a HEAD has no body that could say more.
            Err(AzureError {
                cause: Cause::NotArm { status: 404 },
                ..
            }) => Ok(false),
            Err(error) => missing(error).map(|_| false),
        }
    }

    /// Creates the resource group of a key. On a group that exists this would replace its tags: ask first.
    ///
    /// # Errors
    /// Every answer but 200 and 201.
    pub async fn create_group(
        &self,
        id: &ArmId,
        location: &str,
        caller: &Caller,
    ) -> Result<(), AzureError> {
        let call = Call::new(
            Operation::CreateGroup,
            id.resource_group.clone(),
            Method::Put,
            self.group_url(id)?,
        )
        .json(&CreateGroup { location });
        let buckets = [Bucket::arm_writes(&self.principal, &id.subscription)];
        self.exchange
            .send(call, &buckets, caller, Urgency::Prompt)
            .await?
            .map(drop)
    }

    async fn write_key(
        &self,
        call: Call,
        id: &ArmId,
        location: &str,
        caller: &Caller,
        urgency: Urgency,
    ) -> Result<SshPublicKey, AzureError> {
        let operation = call.operation;
        let buckets = self.write_buckets(id, location);
        let answer = self
            .exchange
            .send(call, &buckets, caller, urgency)
            .await??;
        key_of(&answer, id).map_err(|cause| AzureError::new(operation, id.to_string(), cause))
    }

    fn keys_of(id: &ArmId) -> [&str; 7] {
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

    fn key_url(&self, id: &ArmId) -> Result<Url, AzureError> {
        let mut path = Self::keys_of(id).to_vec();
        path.push(&id.name);
        self.url(&path, KEYS_API_VERSION)
    }

    fn group_url(&self, id: &ArmId) -> Result<Url, AzureError> {
        let path = [
            "subscriptions",
            &id.subscription,
            "resourcegroups",
            &id.resource_group,
        ];
        self.url(&path, GROUPS_API_VERSION)
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

    fn read_buckets(&self, id: &ArmId) -> [Bucket; 1] {
        [Bucket::arm_reads(&self.principal, &id.subscription)]
    }

    fn write_buckets(&self, id: &ArmId, location: &str) -> [Bucket; 2] {
        [
            Bucket::compute_writes(&id.subscription, location),
            Bucket::arm_writes(&self.principal, &id.subscription),
        ]
    }
}

/// The key in an answer. What does not name itself as the key that was meant is not ARM's answer, and to take it for one
/// would be to take a key for gone, or for another's.
fn key_of(answer: &Answer, id: &ArmId) -> Result<SshPublicKey, Cause> {
    let key: SshPublicKey = answer.json()?;
    let named: Option<ArmId> = key.id.parse().ok();
    if named.as_ref() != Some(id) || key.location.is_empty() {
        return Err(Cause::NotArm {
            status: answer.status,
        });
    }
    Ok(key)
}

/// A 404 that says what is missing is an answer, not an error.
fn missing(error: AzureError) -> Result<KeyRead, AzureError> {
    match &error.cause {
        Cause::Refused(refusal) if refusal.status == 404 => match refusal.code.as_str() {
            "ResourceGroupNotFound" => Ok(KeyRead::GroupAbsent),
            "ResourceNotFound" | "NotFound" => Ok(KeyRead::Absent),
            _ => Err(error),
        },
        _ => Err(error),
    }
}
