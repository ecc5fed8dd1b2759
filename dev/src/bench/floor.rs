//! The floor: a bare client that makes just the necessary writes for each key (finalizer, Secret, ARM PUT, status,
//! event), with the same concurrency and no look at anything.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::{
    ByteString,
    api::{core::v1::Secret, events::v1::Event},
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{ListParams, ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use sshkey_operator::{
    api::SshKey,
    keys::{Comment, KeyPair, KeySpec},
};

use super::playground::{CLIENT, LOCATION, SECRET, SUBSCRIPTION, TENANT, group_of};

/// Makes the writes for all pending keys of a namespace, so many at once, and times them.
pub(super) async fn write(
    client: &Client,
    azure: &Azure,
    namespace: &str,
    concurrency: u16,
) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let keys: Api<SshKey> = Api::namespaced(client.clone(), namespace);
    let pending = keys
        .list(&ListParams::default())
        .await
        .context("list the keys")?;
    stream::iter(pending)
        .map(|key| {
            let (client, azure) = (client.clone(), azure.clone());
            tokio::spawn(async move { make(client, &azure, &key).await })
        })
        .buffer_unordered(concurrency.into())
        .map(|made| made.context("join")?)
        .try_for_each(|()| async { Ok(()) })
        .await?;
    Ok(started.elapsed())
}

async fn make(client: Client, azure: &Azure, key: &SshKey) -> anyhow::Result<()> {
    let (namespace, name) = (key.namespace().unwrap_or_default(), key.name_any());
    let keys: Api<SshKey> = Api::namespaced(client.clone(), &namespace);
    let merge = PatchParams::default();
    let finalizer = json!({ "metadata": { "finalizers": ["sshkey-operator.io/finalizer"] } });
    keys.patch(&name, &merge, &Patch::Merge(finalizer))
        .await
        .context("finalizer")?;

    let comment = Comment::for_object(&namespace, &name);
    let pair = KeyPair::generate(KeySpec::Ed25519, &comment).context("generate")?;
    let public = pair.public_key().to_line();
    let secret = Secret {
        metadata: ObjectMeta {
            name: Some(name.clone()),
            ..ObjectMeta::default()
        },
        type_: Some("kubernetes.io/ssh-auth".to_owned()),
        data: Some(BTreeMap::from([
            (
                "ssh-privatekey".to_owned(),
                ByteString(pair.to_openssh().context("encode")?.as_bytes().to_vec()),
            ),
            (
                "ssh-publickey".to_owned(),
                ByteString(public.clone().into_bytes()),
            ),
        ])),
        ..Secret::default()
    };
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &namespace);
    secrets
        .create(&PostParams::default(), &secret)
        .await
        .context("Secret")?;

    let group = group_of(&namespace);
    azure
        .put(&group, &format!("{namespace}.{name}"), &public)
        .await?;

    let condition = |kind: &str| {
        json!({"type": kind, "status": "True", "reason": "UpToDate", "message": "", "observedGeneration": 1,
               "lastTransitionTime": "2026-01-01T00:00:00Z"})
    };
    let status = json!({
        "apiVersion": SshKey::api_version(&()), "kind": SshKey::kind(&()), "metadata": { "name": name },
        "status": { "observedGeneration": 1, "publicKey": public,
                    "conditions": [condition("Ready"), condition("KeyAvailable"), condition("AzureSynced")] },
    });
    let apply = PatchParams::apply("floor").force();
    keys.patch_status(&name, &apply, &Patch::Apply(status))
        .await
        .context("status")?;

    let event: Event = serde_json::from_value(json!({
        "metadata": { "generateName": format!("{name}-") }, "action": "Reconcile", "reason": "UpToDate", "type": "Normal",
        "reportingController": "floor", "reportingInstance": "floor", "note": public,
        "eventTime": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        "regarding": key.object_ref(&()),
    }))
    .context("make an event")?;
    let events: Api<Event> = Api::namespaced(client, &namespace);
    events
        .create(&PostParams::default(), &event)
        .await
        .context("event")?;
    Ok(())
}

/// ARM, with a token that was fetched before the clock ran.
#[derive(Clone)]
pub(super) struct Azure {
    client: reqwest::Client,
    endpoint: String,
    token: String,
}

impl Azure {
    pub(super) async fn sign_in(endpoint: &str, ca: &[u8]) -> anyhow::Result<Self> {
        let certificate = reqwest::Certificate::from_pem(ca).context("the CA")?;
        let client = reqwest::Client::builder()
            .tls_certs_only([certificate])
            .no_proxy()
            .build()
            .context("make an HTTP client")?;
        let form = format!(
            "grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}&scope={endpoint}%2F.default"
        );
        let answer: Value = client
            .post(format!("{endpoint}/{TENANT}/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .context("ask for a token")?
            .json()
            .await
            .context("read the token")?;
        let token = answer["access_token"]
            .as_str()
            .context("no token")?
            .to_owned();
        Ok(Self {
            client,
            endpoint: endpoint.to_owned(),
            token,
        })
    }

    async fn put(&self, group: &str, name: &str, public_key: &str) -> anyhow::Result<()> {
        let endpoint = &self.endpoint;
        let url = format!(
            "{endpoint}/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Compute/sshPublicKeys/{name}?api-version=2024-11-01"
        );
        let body = json!({ "location": LOCATION, "properties": { "publicKey": public_key } });
        let answer = self
            .client
            .put(url)
            .bearer_auth(&self.token)
            .json(&body)
            .send()
            .await
            .context("PUT")?;
        answer
            .error_for_status()
            .context("PUT")?
            .bytes()
            .await
            .context("PUT")?;
        Ok(())
    }
}
