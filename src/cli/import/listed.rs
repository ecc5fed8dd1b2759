//! Keys as the Azure CLI lists them. Pure.
//! <https://learn.microsoft.com/cli/azure/sshkey#az-sshkey-list>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    api::{ArmId, names::tag},
    keys::PublicKey,
};

/// A key in Azure that can be imported.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) id: ArmId,
    pub(super) location: String,
    pub(super) public: PublicKey,
}

/// What a list has.
#[derive(Debug, Default)]
pub(super) struct List {
    /// In the order of their IDs, whatever the list's order is.
    pub(super) keys: Vec<Listed>,
    /// What is not imported, each with the reason.
    pub(super) left_out: Vec<String>,
}

/// An entry as `az` prints it, or as Azure's own API does.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Entry {
    id: String,
    location: String,
    public_key: Option<String>,
    properties: Option<Properties>,
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    public_key: Option<String>,
}

/// Reads a list, or says in one line what it is instead.
pub(super) fn read(text: &str) -> Result<List, String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    let value: Value =
        serde_json::from_str(text).map_err(|error| format!("it is no JSON, {error}"))?;
    let entries = match value {
        Value::Array(entries) => entries,
        // One key, as az sshkey show prints it, or a page of Azure's own API.
        Value::Object(mut one) => match one.remove("value") {
            Some(Value::Array(entries)) => entries,
            _ => vec![Value::Object(one)],
        },
        _ => return Err("it is no list of keys".to_owned()),
    };
    let mut list = List::default();
    for (number, entry) in (1..).zip(entries) {
        let entry: Entry = serde_json::from_value(entry)
            .map_err(|error| format!("entry {number} is no key, {error}"))?;
        let id: ArmId = entry
            .id
            .parse()
            .map_err(|error| format!("entry {number} is no key: {error}"))?;
        match listed(id.clone(), entry) {
            Ok(key) => list.keys.push(key),
            Err(why) => list.left_out.push(format!("{id}: {why}")),
        }
    }
    list.keys.sort_by(|one, other| one.id.cmp(&other.id));
    list.keys.dedup_by(|one, other| one.id == other.id);
    match one_subscription(&list.keys) {
        None => Ok(list),
        Some(names) => Err(format!(
            "its keys are of the subscriptions {names}, and a store is of one: list each by az sshkey list --subscription"
        )),
    }
}

fn listed(id: ArmId, entry: Entry) -> Result<Listed, String> {
    let tags = entry.tags.unwrap_or_default();
    if let Some((_, uid)) = tags
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(tag::UID))
    {
        return Err(format!("an SshKey has published it, with the UID {uid}"));
    }
    if !is_name(&id.name) {
        return Err("its name can't be written into an SshKey".to_owned());
    }
    let in_properties = entry
        .properties
        .and_then(|properties| properties.public_key);
    let text = entry.public_key.or(in_properties).unwrap_or_default();
    if text.is_empty() {
        return Err("there is no public key in it".to_owned());
    }
    let public = PublicKey::parse(&text).map_err(|error| error.to_string())?;
    Ok(Listed {
        id,
        location: entry.location,
        public,
    })
}

/// What `spec.azure.name` takes.
fn is_name(name: &str) -> bool {
    let is_end = |char: char| char.is_ascii_alphanumeric();
    name.starts_with(is_end)
        && name.ends_with(is_end)
        && name
            .chars()
            .all(|char| is_end(char) || "-_.".contains(char))
}

/// `None` where all are of one subscription.
fn one_subscription(keys: &[Listed]) -> Option<String> {
    let mut all: Vec<String> = keys
        .iter()
        .map(|key| key.id.subscription.to_ascii_lowercase())
        .collect();
    all.sort();
    all.dedup();
    (all.len() > 1).then(|| all.join(" and "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LINE: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    fn entry(name: &str) -> Value {
        json!({ "id": id("s", name), "name": name, "location": "westeurope", "resourceGroup": "G", "tags": null,
            "publicKey": LINE })
    }

    fn id(subscription: &str, name: &str) -> String {
        format!(
            "/subscriptions/{subscription}/resourceGroups/G/providers/Microsoft.Compute/sshPublicKeys/{name}"
        )
    }

    #[test]
    fn a_list_is_read_in_the_order_of_ids_and_each_key_once() {
        let list = json!([entry("b"), entry("A"), entry("a")]).to_string();
        let keys = read(&list).unwrap().keys;
        let names: Vec<&str> = keys.iter().map(|key| key.id.name.as_str()).collect();
        assert_eq!(names, ["A", "b"]);
        let page = json!({ "value": [{ "id": id("s", "a"), "properties": {
            "publicKey": entry("a")["publicKey"] } }] });
        assert_eq!(read(&page.to_string()).unwrap().keys.len(), 1);
        assert_eq!(read(&entry("a").to_string()).unwrap().keys.len(), 1);
        assert_eq!(read("[]").unwrap().keys.len(), 0);
    }

    #[test]
    fn what_can_not_be_imported_is_left_out_with_the_reason() {
        let mut marked = entry("marked");
        marked["tags"] = json!({ tag::UID: "1-2" });
        let mut bare = entry("bare");
        bare["publicKey"] = json!(null);
        let mut broken = entry("broken");
        broken["publicKey"] = json!("ssh-ed25519 AAAA");
        let list = json!([marked, bare, broken, entry("good"), entry("odd_")]);
        let list = read(&list.to_string()).unwrap();
        assert_eq!(list.keys.len(), 1);
        let said = list.left_out.join("\n");
        for part in [
            "SshKey has published it",
            "no public key",
            "broken: ",
            "odd_: its name",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn what_is_no_list_is_told_in_one_line() {
        let mut other = entry("b");
        other["id"] = id("t", "b").into();
        let two = json!([entry("a"), other]).to_string();
        for (text, why) in [
            ("", "empty"),
            ("Name  Location\n", "no JSON"),
            ("7", "no list"),
            ("[{\"id\": \"x\"}]", "entry 1 is no key"),
            ("[{\"id\": 7}]", "entry 1 is no key"),
            (&two, "subscriptions s and t"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(why) && !said.contains('\n'), "{said}");
        }
    }
}
