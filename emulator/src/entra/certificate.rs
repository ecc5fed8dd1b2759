//! Client certificates: an assertion that an application signs itself, in place of a secret.
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD as BASE64_URL, Engine as _};
use jsonwebtoken::{DecodingKey, Header};
use x509_cert::{Certificate, der::Decode as _};

use super::{
    error::AadError,
    federation::{self, Assertion},
};
use crate::{shared::Shared, tenant::Application};

/// Whether the assertion names a certificate as what it was signed with.
pub(crate) fn is_meant(header: &Header) -> bool {
    header.x5t.is_some() || header.x5t_s256.is_some()
}

/// Checks that the assertion was made by this application, for this token endpoint, with one of its certificates.
pub(crate) fn check(
    shared: &Shared,
    application: &Application,
    assertion: &str,
    header: &Header,
    claims: &Assertion,
    token_url: &str,
) -> Result<(), AadError> {
    if claims.iss != application.client_id || claims.sub != application.client_id {
        let message = format!(
            "Client assertion application identifier doesn't match 'client_id' parameter. '{}'",
            claims.iss
        );
        return Err(AadError::client(700_021, message));
    }
    if !claims.is_for(token_url) {
        let message = format!(
            "Client assertion audience claim does not match Realm issuer. Review the documentation at \
             https://learn.microsoft.com/entra/identity-platform/certificate-credentials. Expected '{token_url}'."
        );
        return Err(AadError::client(700_023, message));
    }
    let now = shared.clock.now().as_second();
    let named = header.x5t_s256.as_ref().or(header.x5t.as_ref());
    let found = application.certificates.iter().find_map(|pem| {
        let der = pem::parse(pem.text()).ok()?.into_contents();
        let thumbprint = |algorithm| BASE64_URL.encode(digest::digest(algorithm, &der));
        let own = [thumbprint(&SHA256), thumbprint(&SHA1_FOR_LEGACY_USE_ONLY)];
        let is_it = named.is_some_and(|named| own.contains(named));
        is_it.then_some(der)
    });
    let der = found.ok_or_else(|| no_key("The key was not found.", named))?;
    let unreadable = || no_key("The key is not supported.", named);
    let certificate = Certificate::from_der(&der).map_err(|_| unreadable())?;
    let contents = certificate.tbs_certificate();
    let end = contents.validity().not_after.to_unix_duration().as_secs();
    if i64::try_from(end).is_ok_and(|end| end <= now) {
        return Err(no_key("The key used is expired.", named));
    }
    let public = &contents.subject_public_key_info().subject_public_key;
    let key = DecodingKey::from_rsa_der(public.raw_bytes());
    federation::check_signature(assertion, header.alg, &key)?;
    federation::check_time(now, claims)
}

fn no_key(reason: &str, thumbprint: Option<&String>) -> AadError {
    let thumbprint = thumbprint.map(String::as_str).unwrap_or_default();
    AadError::client(
        700_027,
        format!(
            "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {reason}, Thumbprint of \
             key used by client: '{thumbprint}']"
        ),
    )
}
