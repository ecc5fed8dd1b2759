//! The ARM calls about SSH public keys: GET, PUT, PATCH, DELETE and LIST.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use azure_core::http::{Method, Url};

use super::{
    addresses::Addresses,
    arm_answers::{KeyRead, key_of, missing},
    budget::{Bucket, Budget, Caller, Urgency},
    cloud::Endpoints,
    error::{AzureError, Cause, Operation},
    identity::Identity,
    listed_keys::ListedKeys,
    models::{Create, Page, Properties, SshPublicKey, Update},
    request::{Call, Exchange},
    transport::Transport,
};
use crate::api::ArmId;

/// More pages than any group can have: at 100 keys a page, this is 100,000 keys.
const MAX_PAGES: usize = 1_000;

/// ARM, through one identity.
#[derive(Debug)]
pub struct ArmClient {
    pub(super) exchange: Exchange,
    pub(super) addresses: Addresses,
    pub(super) principal: String,
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
        let addresses = Addresses::new(endpoints)?;
        Ok(Self {
            exchange: Exchange::new(
                transport.options(&endpoints.authority),
                identity,
                budget,
                transport.metrics(),
            ),
            addresses,
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

    /// Whether a new token is issued to the identity, which may have one that is good for a while yet.
    ///
    /// # Errors
    /// Why it is not. The identity keeps the token that it has.
    pub async fn sign_in_anew(&self) -> Result<(), AzureError> {
        self.exchange.sign_in_anew().await
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
            self.addresses.key(id)?,
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
    pub(super) async fn list_keys(
        &self,
        id: &ArmId,
        caller: &Caller,
    ) -> Result<Option<ListedKeys>, AzureError> {
        let subject = format!("resource group {}", id.resource_group);
        let failed = |cause| AzureError::new(Operation::ListKeys, subject.clone(), cause);
        let mut url = self.addresses.keys(id)?;
        let mut seen = HashSet::from([url.clone()]);
        let mut keys = ListedKeys::default();
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
            let items = page.value.iter();
            for key in items.filter_map(|item| serde_json::from_str(item.get()).ok()) {
                let added = keys.add(&key);
                added.map_err(|_| failed(Cause::NotArm { status: 200 }))?;
            }
            let Some(next) = page.next_link.filter(|link| !link.is_empty()) else {
                return Ok(Some(keys));
            };
            let next = Url::parse(&next).map_err(|_| failed(Cause::StrayLink))?;
            // A circle would otherwise be walked to the end of all pages.
            if !self.addresses.has(&next) || !seen.insert(next.clone()) {
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
            self.addresses.key(id)?,
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
            self.addresses.key(id)?,
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
            self.addresses.key(id)?,
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

    pub(super) fn read_buckets(&self, id: &ArmId) -> [Bucket; 1] {
        [Bucket::arm_reads(&self.principal, &id.subscription)]
    }

    fn write_buckets(&self, id: &ArmId, location: &str) -> [Bucket; 2] {
        [
            Bucket::compute_writes(&id.subscription, location),
            Bucket::arm_writes(&self.principal, &id.subscription),
        ]
    }
}
