//! Federated credentials: a token of another issuer in place of a secret.

use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation, dangerous::insecure_decode_claims, decode,
    decode_header,
};
use serde::Deserialize;

use super::error::AadError;
use crate::{
    shared::Shared,
    tenant::{Application, FederatedCredential},
};

/// How far the clocks of issuers may be off, in seconds.
const SKEW: i64 = 300;

/// What an assertion says.
#[derive(Debug, Deserialize)]
pub(crate) struct Assertion {
    pub(super) iss: String,
    pub(super) sub: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Assertion {
    /// Whether it is meant for this audience.
    pub(super) fn is_for(&self, audience: &str) -> bool {
        self.aud.values().iter().any(|each| each == audience)
    }
}

impl Audience {
    fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// Checks that the assertion is of a credential of this application, signed by its issuer, and in its time.
pub(crate) async fn check(
    shared: &Shared,
    application: &Application,
    assertion: &str,
    header: &Header,
    claims: &Assertion,
) -> Result<(), AadError> {
    check_credential(&application.federated_credentials, claims)?;
    let key = shared
        .issuer_keys
        .find(&claims.iss, header.kid.as_deref())
        .await
        .map_err(|error| {
            // Number and text unverified.
            AadError::bad(
                "invalid_request",
                50_166,
                format!("Request to External OIDC endpoint failed: {error}."),
            )
        })?;
    let key = key.ok_or_else(|| bad_signature("The key was not found."))?;
    let key =
        DecodingKey::from_jwk(&key).map_err(|_| bad_signature("The key is not supported."))?;
    check_signature(assertion, header.alg, &key)?;
    check_time(shared.clock.now().as_second(), claims)
}

/// Header and claims, not trusted yet.
pub(super) fn read(assertion: &str) -> Result<(Header, Assertion), AadError> {
    let malformed = |_| {
        AadError::bad(
            "invalid_request",
            50_027,
            "JWT token is invalid or malformed.",
        )
    };
    Ok((
        decode_header(assertion).map_err(malformed)?,
        insecure_decode_claims(assertion).map_err(malformed)?,
    ))
}

fn check_credential(
    credentials: &[FederatedCredential],
    claims: &Assertion,
) -> Result<(), AadError> {
    let matches = |credential: &FederatedCredential| {
        credential.issuer == claims.iss
            && credential.subject == claims.sub
            && claims.aud.values().contains(&credential.audience)
    };
    if credentials.iter().any(matches) {
        return Ok(());
    }
    let message = format!(
        "No matching federated identity record found for presented assertion. Assertion Issuer: '{}'. Assertion Subject: '{}'. Assertion \
         Audience: '{}'. https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
        claims.iss,
        claims.sub,
        claims.aud.values().join(",")
    );
    Err(AadError::bad("invalid_request", 70_021, message))
}

pub(super) fn check_signature(
    assertion: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
) -> Result<(), AadError> {
    if matches!(
        algorithm,
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512
    ) {
        return Err(bad_signature("The algorithm is not supported."));
    }
    let mut validation = Validation::new(algorithm);
    // The rest of the claims is checked here, against the emulator's clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims::<&str>(&[]);
    decode::<Assertion>(assertion, key, &validation)
        .map(|_| ())
        .map_err(|_| {
            bad_signature("The key was found, but use of the key to verify the signature failed.")
        })
}

pub(super) fn check_time(now: i64, claims: &Assertion) -> Result<(), AadError> {
    let from = claims.nbf.unwrap_or(i64::MIN);
    if claims.exp + SKEW > now && from.saturating_sub(SKEW) <= now {
        return Ok(());
    }
    let shown = |second: i64| {
        jiff::Timestamp::from_second(second)
            .map_or_else(|_| "unknown".to_owned(), |time| time.to_string())
    };
    let message = format!(
        "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}. Review the \
         documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials.",
        shown(now),
        shown(from),
        shown(claims.exp)
    );
    Err(AadError::client(700_024, message))
}

fn bad_signature(reason: &str) -> AadError {
    AadError::client(
        700_027,
        format!("Client assertion failed signature validation. [Reason - {reason}]"),
    )
}
