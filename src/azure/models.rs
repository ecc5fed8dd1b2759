//! Bodies of `Microsoft.Compute/sshPublicKeys`, as the service sends and takes them.
//! <https://learn.microsoft.com/rest/api/compute/ssh-public-keys>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A public key as Azure holds it. What is absent in the body is empty here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshPublicKey {
    /// Its resource ID, with the group in upper case.
    #[serde(default)]
    pub id: String,
    /// Its name, in the spelling of its creator.
    #[serde(default)]
    pub name: String,
    /// Where it is stored.
    #[serde(default)]
    pub location: String,
    /// Its tags; an answer without tags has no such member.
    #[serde(default)]
    pub tags: Option<BTreeMap<String, String>>,
    /// Its content: the public key.
    #[serde(default)]
    pub properties: Properties,
}

/// The properties of a public key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Properties {
    /// The key's text; absent until one was uploaded or generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
}

/// Body of a PUT.
#[derive(Debug, Serialize)]
pub(super) struct Create<'a> {
    pub(super) location: &'a str,
    pub(super) tags: &'a BTreeMap<String, String>,
    pub(super) properties: Properties,
}

/// Body of a PATCH; what is absent stays as it is.
#[derive(Debug, Serialize)]
pub(super) struct Update<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tags: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) properties: Option<Properties>,
}

/// One page of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) value: Vec<Box<RawValue>>,
    #[serde(default)]
    pub(super) next_link: Option<String>,
}

/// Body of a resource group's PUT.
#[derive(Debug, Serialize)]
pub(super) struct CreateGroup<'a> {
    pub(super) location: &'a str,
}
