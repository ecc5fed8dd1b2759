//! `Microsoft.Compute/sshPublicKeys` (azure-cli recording `test_vm_ssh_key.yaml`; Azure/azure-rest-api-specs `SshPublicKeyResource.tsp`).

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Serialize;

use super::{
    auth, content,
    content::ResourceBody,
    envelope::{ArmError, compute_json, empty},
    groups,
    key_checks::{
        authorize, check_name, check_placement, check_public_key, existing_for_write, find,
    },
    list, locations, policies, tags,
    throttle::Policy,
    turn::Turn,
    versions,
};
use crate::{governance::Written, route::KeyName, stored::StoredKey};

/// A list reaches all regions at once, so its bucket is not one region's.
const EVERYWHERE: &str = "";

/// No `type` and no `systemData`, and `tags` only when there are some, as recorded.
#[derive(Serialize)]
struct KeyBody<'a> {
    name: &'a str,
    id: &'a str,
    location: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'a BTreeMap<String, String>,
    properties: KeyProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyProperties<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<&'a str>,
}

fn body(key: &StoredKey) -> KeyBody<'_> {
    KeyBody {
        name: &key.name,
        id: &key.id,
        location: &key.location,
        tags: &key.tags,
        properties: KeyProperties {
            public_key: key.public_key.as_deref(),
        },
    }
}

pub(crate) fn get(turn: &mut Turn<'_>, at: &KeyName) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, at, "read")?;
    versions::check_ssh_public_keys(turn.api_version, None)?;
    let key = find(&turn.world(), turn.subscription, at)?.clone();
    turn.charge_compute(Policy::LowCostGet, &key.location)?;
    Ok(compute_json(StatusCode::OK, &body(&key)))
}

pub(crate) fn list_group(turn: &mut Turn<'_>, group: &str) -> Result<Response<Bytes>, ArmError> {
    let scope = format!(
        "/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.Compute",
        turn.subscription
    );
    auth::authorize(
        turn.shared,
        &turn.principal,
        "Microsoft.Compute/sshPublicKeys/read",
        &scope,
    )?;
    versions::check_ssh_public_keys(turn.api_version, None)?;
    groups::find(&turn.world(), turn.subscription, group)?;
    list(turn, |key| key.resource_group.eq_ignore_ascii_case(group))
}

pub(crate) fn list_all(turn: &mut Turn<'_>) -> Result<Response<Bytes>, ArmError> {
    let scope = format!(
        "/subscriptions/{}/providers/Microsoft.Compute",
        turn.subscription
    );
    auth::authorize(
        turn.shared,
        &turn.principal,
        "Microsoft.Compute/sshPublicKeys/read",
        &scope,
    )?;
    versions::check_ssh_public_keys(turn.api_version, None)?;
    list(turn, |_| true)
}

fn list(
    turn: &mut Turn<'_>,
    wanted: impl Fn(&StoredKey) -> bool,
) -> Result<Response<Bytes>, ArmError> {
    turn.charge_compute(Policy::LowCostGet, EVERYWHERE)?;
    let world = turn.world();
    // NUL sorts before every character of a name, so the joined text sorts as (group, name) does.
    let keys = world
        .listed_keys()
        .into_iter()
        .filter(|key| key.subscription.eq_ignore_ascii_case(turn.subscription) && wanted(key))
        .map(|key| {
            (
                format!(
                    "{}\0{}",
                    key.resource_group.to_lowercase(),
                    key.name.to_lowercase()
                ),
                body(key),
            )
        });
    Ok(compute_json(StatusCode::OK, &list::page(turn, keys)?))
}

/// Creates a key, or replaces the one there whole: a member left out is cleared. (The spec says "update"; recordings show only the first.)
pub(crate) fn put(
    turn: &mut Turn<'_>,
    at: &KeyName,
    writable: impl Fn() -> Result<(), ArmError>,
) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, at, "write")?;
    writable()?;
    check_name(&at.name)?;
    let sent: ResourceBody = content::read(turn.call)?;
    let location = content::location(sent.location)?;
    let normal = locations::for_key(&location)?;
    versions::check_ssh_public_keys(turn.api_version, Some(&normal))?;
    let mut tags = sent.tags.unwrap_or_default();
    tags::check(&tags)?;
    apply_policies(turn, at, &normal, &mut tags)?;
    check_placement(&turn.world(), turn.subscription, at, &location, &normal)?;
    turn.charge_compute(Policy::PutDeleteSshPublicKeys, &normal)?;
    let public_key = sent.properties.and_then(|properties| properties.public_key);
    check_public_key(public_key.as_deref())?;

    let mut world = turn.world();
    let resource_group = groups::find_writable(&world, turn.subscription, &at.group)?
        .name
        .clone();
    let existing = world.key(turn.subscription, &at.group, &at.name);
    let status = if existing.is_some() {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let name = existing.map_or_else(|| at.name.clone(), |key| key.name.clone());
    let key = StoredKey {
        id: String::new(),
        subscription: turn.subscription.to_owned(),
        resource_group,
        name,
        location: normal,
        public_key,
        tags,
    };
    world.put_key(key);
    Ok(compute_json(
        status,
        &body(find(&world, turn.subscription, at)?),
    ))
}

/// Changes what is sent. Tags are replaced as a whole; whether the real service merges them is unverified.
pub(crate) fn patch(
    turn: &mut Turn<'_>,
    at: &KeyName,
    writable: impl Fn() -> Result<(), ArmError>,
) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, at, "write")?;
    writable()?;
    let sent: ResourceBody = content::read(turn.call)?;
    let location = existing_for_write(turn, at)?.location;
    versions::check_ssh_public_keys(turn.api_version, Some(&location))?;
    let mut tags = match sent.tags {
        Some(tags) => {
            tags::check(&tags)?;
            tags
        }
        None => existing_for_write(turn, at)?.tags,
    };
    apply_policies(turn, at, &location, &mut tags)?;
    turn.charge_compute(Policy::PutDeleteSshPublicKeys, &location)?;
    let public_key = sent.properties.and_then(|properties| properties.public_key);
    check_public_key(public_key.as_deref())?;

    let mut world = turn.world();
    let mut key = find(&world, turn.subscription, at)?.clone();
    key.public_key = public_key.or(key.public_key);
    key.tags = tags;
    let response = compute_json(StatusCode::OK, &body(&key));
    world.put_key(key);
    Ok(response)
}

fn apply_policies(
    turn: &Turn<'_>,
    at: &KeyName,
    location: &str,
    tags: &mut BTreeMap<String, String>,
) -> Result<(), ArmError> {
    let scope = &format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/sshPublicKeys/{}",
        turn.subscription, at.group, at.name
    );
    let written = Written {
        scope,
        location,
        tags,
    };
    policies::apply(turn, &at.name, written)
}

/// 200 when it was there, 204 when not.
pub(crate) fn delete(
    turn: &mut Turn<'_>,
    at: &KeyName,
    writable: impl Fn() -> Result<(), ArmError>,
) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, at, "delete")?;
    writable()?;
    versions::check_ssh_public_keys(turn.api_version, None)?;
    let location = {
        let world = turn.world();
        groups::find_writable(&world, turn.subscription, &at.group)?;
        world
            .key(turn.subscription, &at.group, &at.name)
            .map(|key| key.location.clone())
    };
    let Some(location) = location else {
        return Ok(empty(StatusCode::NO_CONTENT));
    };
    turn.charge_compute(Policy::PutDeleteSshPublicKeys, &location)?;
    let removed = turn
        .world()
        .remove_key(turn.subscription, &at.group, &at.name);
    Ok(empty(if removed.is_some() {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    }))
}
