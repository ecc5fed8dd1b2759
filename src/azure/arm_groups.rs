//! The ARM calls about resource groups: GET and PUT.

use azure_core::http::Method;

use super::{
    arm::ArmClient,
    arm_answers::missing,
    budget::{Bucket, Caller, Urgency},
    error::{AzureError, Operation},
    models::CreateGroup,
    request::Call,
};
use crate::api::ArmId;

impl ArmClient {
    /// Whether the resource group of a key exists. A HEAD would do, but a refusal of one has no body that says why, and its
    /// 404 may be that of a proxy.
    ///
    /// # Errors
    /// Every answer but 200, and a 404 in which ARM says that there is no such group.
    pub async fn group_exists(&self, id: &ArmId, caller: &Caller) -> Result<bool, AzureError> {
        let call = Call::new(
            Operation::ReadGroup,
            id.resource_group.clone(),
            Method::Get,
            self.addresses.group(id)?,
        );
        match self
            .exchange
            .send(call, &self.read_buckets(id), caller, Urgency::Prompt)
            .await?
        {
            Ok(_) => Ok(true),
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
            self.addresses.group(id)?,
        )
        .json(&CreateGroup { location });
        let buckets = [Bucket::arm_writes(&self.principal, &id.subscription)];
        self.exchange
            .send(call, &buckets, caller, Urgency::Prompt)
            .await?
            .map(drop)
    }
}
