//! `generateKeyPair` (azure-cli recording `test_vm_ssh_key.yaml`).

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Serialize;

use super::{
    content::{self, GenerateBody},
    envelope::{ArmError, compute_json},
    key_checks::{authorize, existing_for_write, find, invalid_parameter},
    key_pair::{self, EncryptionType},
    throttle::Policy,
    turn::Turn,
    versions,
};
use crate::{route::KeyName, stored::StoredKey};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PairBody<'a> {
    private_key: &'a str,
    public_key: &'a str,
    id: &'a str,
}

/// Once per key. What the service answers the second time is unverified.
pub(crate) async fn generate_key_pair(
    turn: &mut Turn<'_>,
    at: &KeyName,
    writable: impl Fn() -> Result<(), ArmError>,
) -> Result<Response<Bytes>, ArmError> {
    authorize(turn, at, "generateKeyPair/action")?;
    writable()?;
    let sent: GenerateBody = content::read_optional(turn.call)?;
    let existing = existing_for_write(turn, at)?;
    versions::check_ssh_public_keys(turn.api_version, Some(&existing.location))?;
    turn.charge_compute(Policy::SshKeyGen, &existing.location)?;
    let kind = encryption_type(&sent, turn.api_version)?;
    check_first_time(&existing)?;
    let generated = tokio::task::spawn_blocking(move || key_pair::generate(kind)).await;
    let pair = generated.ok().and_then(Result::ok).ok_or_else(|| {
        ArmError::compute(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "An unexpected error occurred while processing the request.",
        )
    })?;

    let mut world = turn.world();
    let mut key = find(&world, turn.subscription, at)?.clone();
    check_first_time(&key)?;
    key.public_key = Some(pair.public_key.clone());
    let response = compute_json(
        StatusCode::OK,
        &PairBody {
            private_key: &pair.private_key,
            public_key: &pair.public_key,
            id: &key.id,
        },
    );
    world.put_key(key);
    Ok(response)
}

fn encryption_type(sent: &GenerateBody, api_version: &str) -> Result<EncryptionType, ArmError> {
    match sent
        .encryption_type
        .as_deref()
        .filter(|_| versions::knows_encryption_type(api_version))
    {
        None => Ok(EncryptionType::Rsa),
        Some(name) if name.eq_ignore_ascii_case("RSA") => Ok(EncryptionType::Rsa),
        Some(name) if name.eq_ignore_ascii_case("Ed25519") => Ok(EncryptionType::Ed25519),
        Some(_) => Err(invalid_parameter("encryptionType")),
    }
}

fn check_first_time(key: &StoredKey) -> Result<(), ArmError> {
    if key.public_key.is_none() {
        return Ok(());
    }
    let message = format!(
        "A key pair can be generated once per SSH public key resource; '{}' has its public key.",
        key.name
    );
    Err(ArmError::compute(
        StatusCode::CONFLICT,
        "OperationNotAllowed",
        message,
    ))
}
