//! What must hold before a key is read or written: the caller's rights, the key's name, place and text, and that it is there.

use http::StatusCode;

use super::{auth, envelope::ArmError, groups, key_text, turn::Turn};
use crate::{route::KeyName, stored::StoredKey, world::World};

/// hashicorp/terraform-provider-azurerm `ssh_public_key_resource.go`; the service's own rule is unverified.
const LONGEST_NAME: usize = 128;

/// The code and text are those that `az sshkey create` shows; the target is by analogy with the one of virtual machines.
pub(super) fn check_public_key(text: Option<&str>) -> Result<(), ArmError> {
    if text.is_none_or(key_text::is_accepted) {
        Ok(())
    } else {
        Err(invalid_parameter("publicKey"))
    }
}

pub(super) fn invalid_parameter(name: &str) -> ArmError {
    ArmError::compute(
        StatusCode::BAD_REQUEST,
        "InvalidParameter",
        format!("The value of parameter {name} is invalid."),
    )
    .target(name)
}

/// A group that takes writes, and no key of this name in another location.
pub(super) fn check_placement(
    world: &World,
    subscription: &str,
    at: &KeyName,
    location: &str,
    normal: &str,
) -> Result<(), ArmError> {
    groups::find_writable(world, subscription, &at.group)?;
    let Some(key) = world
        .key(subscription, &at.group, &at.name)
        .filter(|key| key.location != normal)
    else {
        return Ok(());
    };
    let message = format!(
        "The resource '{}' already exists in location '{}' in resource group '{}'. A resource with the same name cannot be created in location \
         '{location}'. Please select a new resource name.",
        at.name, key.location, at.group
    );
    Err(ArmError::gateway(
        StatusCode::CONFLICT,
        "InvalidResourceLocation",
        message,
    ))
}

pub(super) fn existing_for_write(turn: &Turn<'_>, at: &KeyName) -> Result<StoredKey, ArmError> {
    let world = turn.world();
    groups::find_writable(&world, turn.subscription, &at.group)?;
    find(&world, turn.subscription, at).cloned()
}

pub(super) fn find<'a>(
    world: &'a World,
    subscription: &str,
    at: &KeyName,
) -> Result<&'a StoredKey, ArmError> {
    groups::find(world, subscription, &at.group)?;
    world.key(subscription, &at.group, &at.name).ok_or_else(|| {
        let message = format!(
            "The Resource 'Microsoft.Compute/sshPublicKeys/{}' under resource group '{}' was not found. For more details please go to \
             https://aka.ms/ARMResourceNotFoundFix",
            at.name, at.group
        );
        ArmError::gateway(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    })
}

pub(super) fn authorize(turn: &Turn<'_>, at: &KeyName, verb: &str) -> Result<(), ArmError> {
    let scope = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/sshPublicKeys/{}",
        turn.subscription, at.group, at.name
    );
    auth::authorize(
        turn.shared,
        &turn.principal,
        &format!("Microsoft.Compute/sshPublicKeys/{verb}"),
        &scope,
    )
}

/// Text unverified.
pub(super) fn check_name(name: &str) -> Result<(), ArmError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '(' | '_' | ')' | '.');
    if name.len() <= LONGEST_NAME && name.chars().all(allowed) {
        return Ok(());
    }
    let message = format!(
        "Resource name '{name}' is invalid. The name can be up to {LONGEST_NAME} characters long and may contain letters, numbers, underscores, \
         dots, parentheses and hyphens."
    );
    Err(ArmError::gateway(
        StatusCode::BAD_REQUEST,
        "InvalidResourceName",
        message,
    ))
}
