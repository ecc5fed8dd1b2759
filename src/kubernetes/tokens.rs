//! Tokens of a namespace's own `ServiceAccount`, for Entra to trust. Those who may create them may use the namespace's
//! identity, so the operator's rules allow one account name and no other.

use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenRequestSpec},
    core::v1::ServiceAccount,
};
use kube::{Api, api::PostParams};
use zeroize::Zeroizing;

use super::error::{KubernetesError, attempt};
use super::namespaced::Namespaced;

/// The least that the API server takes; Entra exchanges the token at once.
/// <https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/>
const LIFETIME_SECONDS: i64 = 600;

/// A token of `account` in `namespace` for `audience`.
///
/// # Errors
/// When there is no such account, the operator may not, or the namespace is being deleted.
pub async fn mint(
    within: Namespaced<'_>,
    account: &str,
    audience: &str,
) -> Result<Zeroizing<String>, KubernetesError> {
    let api: Api<ServiceAccount> = within.api();
    let request = TokenRequest {
        spec: TokenRequestSpec {
            audiences: vec![audience.to_owned()],
            expiration_seconds: Some(LIFETIME_SECONDS),
            ..TokenRequestSpec::default()
        },
        ..TokenRequest::default()
    };
    let subject = || format!("a token of ServiceAccount {account}");
    let issued = attempt(
        "mint",
        subject,
        api.create_token_request(account, &PostParams::default(), &request),
    )
    .await?;
    Ok(Zeroizing::new(
        issued.status.map(|status| status.token).unwrap_or_default(),
    ))
}
