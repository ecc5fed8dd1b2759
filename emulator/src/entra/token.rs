//! The token endpoint, for the client credentials grant.

use std::collections::HashMap;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::json;

use super::{
    certificate, directory,
    error::{AadError, json_response},
    federation,
    signer::Proof,
};
use crate::{call::Call, shared::Shared, tenant::Application};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const DEFAULT_SCOPE: &str = "/.default";
/// Terraform asks for a token of it and reads the claims; nothing here takes one.
const MICROSOFT_GRAPH: &str = "https://graph.microsoft.com";

type Form = HashMap<String, String>;

pub(crate) async fn answer(shared: &Shared, call: &Call, tenant: &str) -> Response<Bytes> {
    let result = if call.method == http::Method::POST {
        issue(shared, call, tenant).await
    } else {
        Err(AadError::bad(
            "invalid_request",
            900_561,
            "The endpoint only accepts POST requests. Received a GET request.",
        ))
    };
    result.unwrap_or_else(|error| error.into_response(shared.clock.now(), &call.origin))
}

async fn issue(shared: &Shared, call: &Call, tenant: &str) -> Result<Response<Bytes>, AadError> {
    let form: Form = form_urlencoded::parse(&call.body).into_owned().collect();
    let (tenant, application) = find(shared, tenant, &form)?;
    let grant = required(&form, "grant_type")?;
    if grant != "client_credentials" {
        let message = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(AadError::bad("unsupported_grant_type", 70_003, message));
    }
    let token_url = format!("{}/{}/oauth2/v2.0/token", call.origin, tenant.id);
    let proof = prove(shared, &application, &form, &token_url).await?;
    let audience = audience(shared, &form, &tenant.id)?;
    let principal = directory::principal(&tenant, &application);
    let lifetime = shared.token_lifetime();
    let token = shared
        .signer
        .issue(&principal, &audience, proof, shared.clock.now(), lifetime)
        .map_err(|_| AadError {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            error: "server_error",
            number: 90_033,
            message: "A transient error has occurred. Please try again.".to_owned(),
        })?;
    let body = json!({"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token});
    Ok(json_response(StatusCode::OK, &body))
}

/// Copies, so that the directory is not locked while an issuer is asked for its keys.
fn find(
    shared: &Shared,
    tenant: &str,
    form: &Form,
) -> Result<(crate::tenant::Tenant, Application), AadError> {
    let directory = shared.directory.read();
    let known = directory
        .tenant(tenant)
        .ok_or_else(|| tenant_not_found(tenant))?;
    let client_id = required(form, "client_id")?;
    let application = directory.application(tenant, client_id).ok_or_else(|| {
        let message = format!(
            "Application with identifier '{client_id}' was not found in the directory '{}'. This can happen if the application has not been \
             installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication \
             request to the wrong tenant.",
            known.id
        );
        AadError::bad("unauthorized_client", 700_016, message)
    })?;
    Ok((known.clone(), application.clone()))
}

pub(crate) fn tenant_not_found(tenant: &str) -> AadError {
    let message = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your \
         subscription administrator, this may happen if there are no active subscriptions for the tenant."
    );
    AadError::bad("invalid_request", 90_002, message)
}

/// Checks the secret or the assertion.
async fn prove(
    shared: &Shared,
    application: &Application,
    form: &Form,
    token_url: &str,
) -> Result<Proof, AadError> {
    if let Some(secret) = form.get("client_secret") {
        check_secret(shared, application, secret)?;
        return Ok(Proof::Secret);
    }
    let Some(assertion) = form.get("client_assertion") else {
        let message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return Err(AadError::client(7_000_218, message));
    };
    if form
        .get("client_assertion_type")
        .is_none_or(|kind| kind != JWT_BEARER)
    {
        return Err(AadError::bad(
            "invalid_request",
            900_144,
            "The request body must contain the following parameter: 'client_assertion_type'.",
        ));
    }
    // azure_identity sends the file as it is, with the line end that an editor left.
    let assertion = assertion.trim();
    let (header, claims) = federation::read(assertion)?;
    if certificate::is_meant(&header) {
        certificate::check(shared, application, assertion, &header, &claims, token_url)?;
    } else {
        federation::check(shared, application, assertion, &header, &claims).await?;
    }
    Ok(Proof::Assertion)
}

fn check_secret(shared: &Shared, application: &Application, sent: &str) -> Result<(), AadError> {
    let now = shared.clock.now();
    let matching: Vec<_> = application
        .secrets
        .iter()
        .filter(|secret| secret.value.is(sent))
        .collect();
    if matching.is_empty() {
        let message = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for \
             a secret added to app '{}'.",
            application.client_id
        );
        return Err(AadError::client(7_000_215, message));
    }
    if matching
        .iter()
        .all(|secret| secret.expires.is_some_and(|expires| expires <= now))
    {
        let message = format!(
            "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys for your app: \
             https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
            application.client_id
        );
        return Err(AadError::client(7_000_222, message));
    }
    Ok(())
}

/// The audience that the scope asks for.
fn audience(shared: &Shared, form: &Form, tenant: &str) -> Result<String, AadError> {
    let scope = form
        .get("scope")
        .map(String::as_str)
        .unwrap_or_default()
        .trim();
    let Some(resource) = scope
        .strip_suffix(DEFAULT_SCOPE)
        .filter(|resource| !resource.is_empty())
    else {
        let message = format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The \
             scope {scope} is not valid."
        );
        return Err(AadError::bad("invalid_scope", 70_011, message));
    };
    let bare = |audience: &str| audience.trim_end_matches('/').to_ascii_lowercase();
    let known = bare(resource) == MICROSOFT_GRAPH
        || shared
            .audiences()
            .iter()
            .any(|audience| bare(audience) == bare(resource));
    if known {
        return Ok(resource.to_owned());
    }
    let message = format!(
        "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the application has not been \
         installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request \
         to the wrong tenant."
    );
    Err(AadError::bad("invalid_resource", 500_011, message))
}

fn required<'a>(form: &'a Form, name: &str) -> Result<&'a str, AadError> {
    form.get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| {
            AadError::bad(
                "invalid_request",
                900_144,
                format!("The request body must contain the following parameter: '{name}'."),
            )
        })
}
