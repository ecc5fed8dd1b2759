//! Resource groups (azure-cli recording `test_resource_group.yaml`).

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Serialize;

use super::{
    auth, content,
    content::ResourceBody,
    envelope::{ArmError, empty, gateway_json},
    list, locations, policies, tags,
    turn::Turn,
};
use crate::{governance::Written, stored::StoredGroup, world::World};

/// `resource-name-rules.md`, Microsoft.Resources.
const LONGEST_NAME: usize = 90;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupBody<'a> {
    id: String,
    name: &'a str,
    r#type: &'static str,
    location: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    managed_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a BTreeMap<String, String>>,
    properties: GroupProperties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupProperties {
    provisioning_state: &'static str,
}

fn body(group: &StoredGroup) -> GroupBody<'_> {
    GroupBody {
        id: format!(
            "/subscriptions/{}/resourceGroups/{}",
            group.subscription, group.name
        ),
        name: &group.name,
        r#type: "Microsoft.Resources/resourceGroups",
        location: &group.location,
        managed_by: group.managed_by.as_deref(),
        tags: (!group.tags.is_empty()).then_some(&group.tags),
        properties: GroupProperties {
            provisioning_state: if group.deleted_at.is_some() {
                "Deleting"
            } else {
                "Succeeded"
            },
        },
    }
}

pub(crate) fn get(turn: &Turn<'_>, name: &str) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, name, "read")?;
    let world = turn.world();
    Ok(gateway_json(
        StatusCode::OK,
        &body(find(&world, turn.subscription, name)?),
    ))
}

pub(crate) fn head(turn: &Turn<'_>, name: &str) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, name, "read")?;
    find(&turn.world(), turn.subscription, name).map(|_| empty(StatusCode::NO_CONTENT))
}

/// Groups that the caller may read; without any right that is none, not a refusal.
pub(crate) fn list(turn: &Turn<'_>) -> Result<Response<Bytes>, ArmError> {
    let world = turn.world();
    let readable = |group: &&StoredGroup| {
        let scope = format!(
            "/subscriptions/{}/resourceGroups/{}",
            group.subscription, group.name
        );
        group.subscription.eq_ignore_ascii_case(turn.subscription)
            && auth::allows(
                turn.shared,
                &turn.principal,
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                &scope,
            )
    };
    let groups = world
        .groups()
        .filter(readable)
        .map(|group| (group.name.to_lowercase(), body(group)));
    Ok(gateway_json(StatusCode::OK, &list::page(turn, groups)?))
}

/// Creates a group or replaces its tags; the location can't change.
pub(crate) fn put(
    turn: &Turn<'_>,
    name: &str,
    writable: impl Fn() -> Result<(), ArmError>,
) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, name, "write")?;
    writable()?;
    let sent: ResourceBody = content::read(turn.call)?;
    check_name(name)?;
    let location = content::location(sent.location)?;
    let normal = locations::for_group(&location)?;
    let mut tags = sent.tags.unwrap_or_default();
    tags::check(&tags)?;
    apply_policies(turn, name, &normal, &mut tags)?;
    let mut world = turn.world();
    let existing = world.group(turn.subscription, name);
    if let Some(group) = existing {
        check_not_deleting(group)?;
        if group.location != normal {
            let message = format!(
                "Invalid resource group location '{location}'. The Resource group already exists in location '{}'.",
                group.location
            );
            return Err(ArmError::gateway(
                StatusCode::CONFLICT,
                "InvalidResourceGroupLocation",
                message,
            ));
        }
    }
    let status = if existing.is_some() {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let group = StoredGroup {
        subscription: turn.subscription.to_owned(),
        name: existing.map_or_else(|| name.to_owned(), |group| group.name.clone()),
        location: normal,
        tags,
        managed_by: sent.managed_by,
        deleted_at: None,
    };
    let response = gateway_json(status, &body(&group));
    world.put_group(group);
    Ok(response)
}

/// Replaces the tags if there are any in the request.
pub(crate) fn patch(
    turn: &Turn<'_>,
    name: &str,
    writable: impl Fn() -> Result<(), ArmError>,
) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, name, "write")?;
    writable()?;
    let sent: ResourceBody = content::read(turn.call)?;
    let mut group = find(&turn.world(), turn.subscription, name)?.clone();
    check_not_deleting(&group)?;
    if let Some(tags) = sent.tags {
        tags::check(&tags)?;
        group.tags = tags;
    }
    apply_policies(turn, name, &group.location, &mut group.tags)?;
    let mut world = turn.world();
    if sent.managed_by.is_some() {
        group.managed_by = sent.managed_by;
    }
    let response = gateway_json(StatusCode::OK, &body(&group));
    world.put_group(group);
    Ok(response)
}

fn apply_policies(
    turn: &Turn<'_>,
    name: &str,
    location: &str,
    tags: &mut BTreeMap<String, String>,
) -> Result<(), ArmError> {
    let scope = &format!("/subscriptions/{}/resourceGroups/{name}", turn.subscription);
    let written = Written {
        scope,
        location,
        tags,
    };
    policies::apply(turn, name, written)
}

pub(super) fn authorize(turn: &Turn<'_>, name: &str, verb: &str) -> Result<(), ArmError> {
    let action = format!("Microsoft.Resources/subscriptions/resourceGroups/{verb}");
    auth::authorize(
        turn.shared,
        &turn.principal,
        &action,
        &format!("/subscriptions/{}/resourceGroups/{name}", turn.subscription),
    )
}

/// The group, or the error that every operation in a missing group gives.
pub(crate) fn find<'a>(
    world: &'a World,
    subscription: &str,
    name: &str,
) -> Result<&'a StoredGroup, ArmError> {
    world
        .group(subscription, name)
        .ok_or_else(|| not_found(name))
}

/// The group, if writes into it are possible.
pub(crate) fn find_writable<'a>(
    world: &'a World,
    subscription: &str,
    name: &str,
) -> Result<&'a StoredGroup, ArmError> {
    let group = find(world, subscription, name)?;
    check_not_deleting(group)?;
    Ok(group)
}

pub(super) fn not_found(name: &str) -> ArmError {
    ArmError::gateway(
        StatusCode::NOT_FOUND,
        "ResourceGroupNotFound",
        format!("Resource group '{name}' could not be found."),
    )
}

fn check_not_deleting(group: &StoredGroup) -> Result<(), ArmError> {
    if group.deleted_at.is_none() {
        return Ok(());
    }
    let message = format!(
        "The resource group '{}' is in deprovisioning state and cannot perform this operation.",
        group.name
    );
    Err(ArmError::gateway(
        StatusCode::CONFLICT,
        "ResourceGroupBeingDeleted",
        message,
    ))
}

/// Text unverified.
fn check_name(name: &str) -> Result<(), ArmError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')');
    let invalid: String = name.chars().filter(|c| !allowed(*c)).collect();
    let message = if !invalid.is_empty() {
        format!(
            "The provided resource group name '{name}' has these invalid characters: '{invalid}'. The name can only be a letter, digit, '-', '.', \
             '(', ')' or '_'."
        )
    } else if name.ends_with('.') {
        format!(
            "The provided resource group name '{name}' is invalid. The name cannot end with a period."
        )
    } else if name.chars().count() > LONGEST_NAME {
        format!(
            "The provided resource group name '{name}' exceeds the maximum length of '{LONGEST_NAME}'."
        )
    } else {
        return Ok(());
    };
    Err(ArmError::gateway(
        StatusCode::BAD_REQUEST,
        "InvalidResourceGroup",
        message,
    ))
}
