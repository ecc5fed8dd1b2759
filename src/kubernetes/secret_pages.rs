//! The managed Secrets with their contents, as pages of a list.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, api::ListParams};

use super::{
    error::{KubernetesError, attempt},
    secrets::FoundSecret,
};
use crate::api::names::label;

/// How many Secrets are listed at a time. A tenant may put the label on Secrets of a mebibyte each, and a page is in memory as
/// a whole, as text and as bytes.
const PAGE: u32 = 20;

/// A page of a list. Its Secrets are as they were when the list began.
#[derive(Debug)]
pub struct SecretPage {
    /// At most 20.
    pub secrets: Vec<FoundSecret>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// Reads the page of the Secrets of a namespace, or of all, that begins where the one before said; the first one without.
///
/// # Errors
/// When it can't be read, or the list began too long ago: 410.
pub async fn secret_page(
    client: &Client,
    namespace: Option<&str>,
    begins_at: Option<&str>,
) -> Result<SecretPage, KubernetesError> {
    let api: Api<Secret> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let managed = format!("{}={}", label::SECRET_ROLE, label::ROLE_MANAGED);
    let mut page = ListParams::default().labels(&managed).limit(PAGE);
    page.continue_token = begins_at.map(str::to_owned);
    let listed = attempt("list", || "Secrets".to_owned(), api.list(&page)).await?;
    Ok(SecretPage {
        secrets: listed.items.into_iter().map(FoundSecret::from).collect(),
        next: listed.metadata.continue_.filter(|next| !next.is_empty()),
    })
}
