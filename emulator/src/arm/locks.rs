//! `Microsoft.Authorization/locks`, and what locks forbid.
//! <https://learn.microsoft.com/rest/api/resources/management-locks>

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    auth, content,
    envelope::{ArmError, empty, gateway_json},
    groups,
    turn::Turn,
};
use crate::{
    governance::{Deed, Lock, LockLevel, is_at_or_below},
    world::World,
};

#[derive(Deserialize)]
struct LockBody {
    properties: LockProperties,
}

#[derive(Deserialize)]
struct LockProperties {
    level: LockLevel,
    notes: Option<String>,
}

fn body(lock: &Lock) -> Value {
    let mut properties = json!({ "level": lock.level });
    if let Some(notes) = &lock.notes {
        properties["notes"] = json!(notes);
    }
    json!({
        "properties": properties,
        "id": format!("{}/providers/Microsoft.Authorization/locks/{}", lock.scope, lock.name),
        "type": "Microsoft.Authorization/locks",
        "name": lock.name,
    })
}

/// The locks at a scope and below it.
pub(crate) fn list(turn: &Turn<'_>, scope: &str) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, scope, "read")?;
    let world = turn.world();
    let here = world
        .locks
        .all()
        .filter(|lock| is_at_or_below(scope, &lock.scope));
    let value: Vec<Value> = here.map(body).collect();
    Ok(gateway_json(StatusCode::OK, &json!({ "value": value })))
}

pub(crate) fn get(turn: &Turn<'_>, scope: &str, name: &str) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, scope, "read")?;
    let world = turn.world();
    let lock = world
        .locks
        .get(scope, name)
        .ok_or_else(|| not_found(name))?;
    Ok(gateway_json(StatusCode::OK, &body(lock)))
}

pub(crate) fn put(turn: &Turn<'_>, scope: &str, name: &str) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, scope, "write")?;
    let sent: LockBody = content::read(turn.call)?;
    let mut world = turn.world();
    check_scope(&world, turn.subscription, scope)?;
    let lock = Lock {
        name: name.to_owned(),
        scope: scope.to_owned(),
        level: sent.properties.level,
        notes: sent.properties.notes,
    };
    let answer = body(&lock);
    let status = if world.locks.put(lock) {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok(gateway_json(status, &answer))
}

/// 200 when it was there, 204 when not.
pub(crate) fn delete(
    turn: &Turn<'_>,
    scope: &str,
    name: &str,
) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, scope, "delete")?;
    Ok(empty(if turn.world().locks.remove(scope, name) {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    }))
}

/// Refuses what a lock forbids.
pub(crate) fn check(world: &World, deed: Deed, scope: &str) -> Result<(), ArmError> {
    let locked = world.locks.that_forbid(deed, scope);
    if locked.is_empty() {
        return Ok(());
    }
    let verb = match deed {
        Deed::Write => "write",
        Deed::Delete => "delete",
    };
    let message = format!(
        "The scope '{scope}' cannot perform {verb} operation because following scope(s) are locked: '{}'. Please remove the lock and try again.",
        locked.join(",")
    );
    Err(ArmError::gateway(
        StatusCode::CONFLICT,
        "ScopeLocked",
        message,
    ))
}

/// A group that is named must be there.
fn check_scope(world: &World, subscription: &str, scope: &str) -> Result<(), ArmError> {
    match scope.trim_start_matches('/').split('/').nth(3) {
        Some(group) => groups::find(world, subscription, group).map(drop),
        None => Ok(()),
    }
}

fn authorize(turn: &Turn<'_>, scope: &str, verb: &str) -> Result<(), ArmError> {
    let action = format!("Microsoft.Authorization/locks/{verb}");
    auth::authorize(turn.shared, &turn.principal, &action, scope)
}

/// Text unverified.
fn not_found(name: &str) -> ArmError {
    ArmError::gateway(
        StatusCode::NOT_FOUND,
        "LockNotFound",
        format!("The lock '{name}' could not be found."),
    )
}
