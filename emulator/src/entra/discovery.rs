//! What clients ask before they ask for a token: the OIDC configuration and the signing keys.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::json;

use super::{error, token::tenant_not_found};
use crate::{call::Call, shared::Shared};

/// Names that stand for whichever tenant the user who signs in is of. No token is issued for them here, but clients read
/// their configuration, as `az logout` does.
const ANY_TENANT: [&str; 3] = ["common", "organizations", "consumers"];

pub(crate) fn configuration(shared: &Shared, call: &Call, tenant: &str) -> Response<Bytes> {
    let origin = &call.origin;
    let directory = shared.directory.read();
    let any = ANY_TENANT.into_iter().find(|any| *any == tenant);
    // Entra's own placeholder.
    let any = any.map(|any| (any, "{tenantid}"));
    let known = directory
        .tenant(tenant)
        .map(|known| (known.id.as_str(), known.id.as_str()));
    let Some((path, issuer)) = any.or(known) else {
        return tenant_not_found(tenant).into_response(shared.clock.now(), origin);
    };
    let base = format!("{origin}/{path}");
    let body = json!({
        "issuer": format!("{origin}/{issuer}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "response_types_supported": ["code", "id_token", "token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "oid", "appid", "ver"],
        "tenant_region_scope": "WW",
        "cloud_instance_name": origin.trim_start_matches("https://"),
    });
    error::json_response(StatusCode::OK, &body)
}

pub(crate) fn signing_keys(shared: &Shared) -> Response<Bytes> {
    error::json_response(StatusCode::OK, &json!(shared.signer.keys()))
}
