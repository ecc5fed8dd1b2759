//! Lists the managed Secrets once, when a watch starts. Each `SshKey` that was there before has one, and to read them one by
//! one would be most of what a start asks of the API server.

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use tokio_util::sync::CancellationToken;

use crate::{
    api::names::annotation,
    controller::{
        memory::identity::{Identity, Place},
        scope::Scope,
        sshkey::observe::secret::facts,
    },
    kubernetes::{KubernetesError, secret_pages::secret_page, secrets::FoundSecret},
    plan::SecretFacts,
};

/// How long what a list said is kept for an `SshKey` that comes later. After that, its Secret is read.
const KEPT_FOR: Duration = Duration::from_mins(10);

/// Lists the managed Secrets of a namespace, or of all. Without the right to do so, which the operator has only where it
/// watches them, each is read.
pub(in crate::controller) async fn list_secrets(
    scope: &Scope,
    namespace: Option<String>,
    shutdown: CancellationToken,
) {
    if scope.context.options.watch_secrets {
        let pages = read_pages(scope, namespace.as_deref());
        if let Some(Err(error)) = shutdown.run_until_cancelled(pages).await {
            tracing::info!(%error, "the Secrets could not be listed: each will be read");
        }
    }
    scope.listed_secrets.end();
    let kept = tokio::time::sleep(KEPT_FOR);
    shutdown.run_until_cancelled(kept).await;
    scope.listed_secrets.clear();
}

async fn read_pages(scope: &Scope, namespace: Option<&str>) -> Result<(), KubernetesError> {
    let mut begins_at = None;
    loop {
        let page = secret_page(&scope.context.client, namespace, begins_at.as_deref()).await?;
        let mut known = Vec::with_capacity(page.secrets.len());
        let mut last = None;
        for secret in page.secrets {
            last = place(&secret);
            known.extend(read_one(secret).await);
        }
        scope.listed_secrets.add(known, last);
        match page.next {
            Some(next) => begins_at = Some(next),
            None => return Ok(()),
        }
    }
}

/// What a Secret says to the `SshKey` that it names; `None` where it names none.
async fn read_one(secret: FoundSecret) -> Option<(Place, SecretFacts)> {
    let annotations = secret.meta.annotations.as_ref()?;
    let owner = annotations.get(annotation::OWNER_NAME)?.clone();
    let place = place(&secret)?;
    let namespace = secret.meta.namespace.clone()?;
    let facts = facts(secret, &namespace, &owner).await;
    // Keep no more of a Secret than the operator would have written.
    facts.is_short().then_some((place, facts))
}

fn place(secret: &FoundSecret) -> Option<Place> {
    let (namespace, name) = (secret.meta.namespace.as_ref()?, secret.meta.name.as_ref()?);
    Some(Identity::of::<Secret>(namespace, name, "").place)
}
