//! How a store proves its identity: what is read for it, and the identity that is made of it.

use std::sync::Arc;

use futures::FutureExt;
use zeroize::Zeroizing;

use crate::{
    api::{Reason, azure_store::ClientSecret, cluster_azure_store::ClusterAuth},
    azure::{
        Assertion, AzureError, Cause, ClientCertificate, Endpoints, Identity, Operation,
        PodIdentity,
    },
    controller::sessions::{
        client_certificate,
        credential_reader::CredentialReader,
        no_credential::{lasts, no_credential, unreadable},
        store_object::StoreView,
    },
    kubernetes::{KubernetesError, namespaced::Namespaced, tokens, user_secrets},
};

/// What an identity is made of.
pub(in crate::controller) enum Credential {
    /// A client secret, and the version of what it was read from.
    Secret {
        client: String,
        text: Zeroizing<String>,
        version: String,
    },
    /// A certificate with its private key, and the versions of what it was read from.
    Certificate {
        client: String,
        certificate: Arc<ClientCertificate>,
        version: String,
    },
    /// Tokens of the `ServiceAccount` beside the store's credentials.
    Account { client: String },
    /// What the pod was given.
    Pod(PodIdentity),
    /// What the machine was given: this identity, or its own.
    Machine { client: Option<String> },
}

impl Credential {
    /// Reads what a store's identity is made of; `None` while it is opened.
    pub(in crate::controller) async fn read(
        reader: &CredentialReader,
        store: &StoreView,
    ) -> Result<Option<Self>, AzureError> {
        let failed = |cause| AzureError::new(Operation::GetToken, store.id.key.to_string(), cause);
        match &store.auth {
            ClusterAuth {
                client_secret: Some(auth),
                ..
            } => client_secret(reader, &store.credentials_in, auth)
                .await
                .map(Some)
                .map_err(failed),
            ClusterAuth {
                client_certificate: Some(auth),
                ..
            } => {
                let read = client_certificate::read(reader, store, auth).await;
                let read = read.map_err(failed)?;
                Ok(read.map(|(certificate, version)| Self::Certificate {
                    client: auth.client_id.clone(),
                    certificate,
                    version,
                }))
            }
            ClusterAuth {
                workload_identity: Some(auth),
                ..
            } => Ok(Some(Self::Account {
                client: auth.client_id.clone(),
            })),
            ClusterAuth {
                ambient: Some(_), ..
            } => PodIdentity::of_tenant(&store.subscription().tenant_id)
                .map(|identity| Some(Self::Pod(identity)))
                .map_err(failed),
            ClusterAuth {
                managed_identity: Some(auth),
                ..
            } => Ok(Some(Self::Machine {
                client: auth.client_id.clone(),
            })),
            _ => Err(failed(no_credential(
                Reason::InvalidObject,
                "spec.auth names no way to sign in".to_owned(),
            ))),
        }
    }

    /// Another version needs another identity.
    pub(in crate::controller) fn version(&self) -> &str {
        match self {
            Self::Secret { version, .. } | Self::Certificate { version, .. } => version,
            Self::Account { .. } | Self::Pod(_) | Self::Machine { .. } => "",
        }
    }

    /// Whom Azure counts requests for.
    pub(in crate::controller) fn principal(&self) -> String {
        match self {
            Self::Secret { client, .. }
            | Self::Certificate { client, .. }
            | Self::Account { client } => client.clone(),
            Self::Pod(identity) => identity.client_id().to_owned(),
            Self::Machine { client } => client
                .clone()
                .unwrap_or_else(|| "system-assigned".to_owned()),
        }
    }

    /// The identity.
    pub(in crate::controller) fn identity(
        self,
        reader: &CredentialReader,
        store: &StoreView,
        endpoints: &Endpoints,
    ) -> Result<Identity, AzureError> {
        let tenant = &store.subscription().tenant_id;
        let transport = &reader.transport;
        match self {
            Self::Secret { client, text, .. } => {
                Identity::client_secret(tenant, &client, text, endpoints, transport)
            }
            Self::Certificate {
                client,
                certificate,
                ..
            } => Identity::certificate(tenant, &client, certificate, endpoints, transport),
            Self::Account { client } => {
                let assertion = minted(reader, &store.credentials_in);
                Identity::federated(tenant, &client, assertion, endpoints, transport)
            }
            Self::Pod(identity) => {
                let client = identity.client_id().to_owned();
                let assertion = identity.into_assertion();
                Identity::federated(tenant, &client, assertion, endpoints, transport)
            }
            Self::Machine { client } => Identity::managed(client.as_deref(), endpoints, transport),
        }
    }
}

async fn client_secret(
    reader: &CredentialReader,
    namespace: &str,
    auth: &ClientSecret,
) -> Result<Credential, Cause> {
    let (name, key) = (&auth.secret_ref.name, auth.secret_ref.key());
    let entry = user_secrets::read_entry(Namespaced::new(&reader.client, namespace), name, key)
        .await
        .map_err(|error| unreadable(&error))?
        .ok_or_else(|| {
            let message = format!("Secret {name} does not exist in namespace {namespace}: create it with the client secret under {key}");
            no_credential(Reason::CredentialSecretNotFound, message)
        })?;
    lasts(name, entry.held_by.as_deref())?;
    if entry.is_ours {
        let message = format!(
            "Secret {name} holds a key of an SshKey and no client secret: it was not sent to Entra. Name the Secret with the client secret in secretRef.name"
        );
        return Err(no_credential(Reason::CredentialSecretInvalid, message));
    }
    let text = entry.value.and_then(|bytes| {
        let text = std::str::from_utf8(&bytes).ok()?.trim().to_owned();
        (!text.is_empty()).then(|| Zeroizing::new(text))
    });
    let text = text.ok_or_else(|| {
        let message = format!(
            "Secret {name} has no text under {key}: put the client secret there, or name its key in secretRef.key"
        );
        no_credential(Reason::CredentialSecretInvalid, message)
    })?;
    if !may_be_client_secret(&text) {
        let message = format!(
            "what Secret {name} has under {key} can't be a client secret, which has at most {LONGEST_SECRET} characters and is no private key: it was not sent to Entra. Put the client secret there, or name its key in secretRef.key"
        );
        return Err(no_credential(Reason::CredentialSecretInvalid, message));
    }
    Ok(Credential::Secret {
        client: auth.client_id.clone(),
        text,
        version: entry.version,
    })
}

/// Entra makes client secrets of 40 characters; those that Azure AD Graph let people choose may be longer.
const LONGEST_SECRET: usize = 256;

/// Whether a text is fit to be sent to Entra: a reference that names the wrong entry must not give a key or a token away.
fn may_be_client_secret(text: &str) -> bool {
    text.len() <= LONGEST_SECRET && !text.contains("PRIVATE KEY")
}

/// Tokens of the account for Azure in a namespace.
fn minted(reader: &CredentialReader, namespace: &str) -> Assertion {
    let client = reader.client.clone();
    let namespace = namespace.to_owned();
    let account = reader.account.clone();
    Arc::new(move |audience| {
        let (client, namespace, account) = (client.clone(), namespace.clone(), account.clone());
        async move {
            tokens::mint(Namespaced::new(&client, &namespace), &account, audience)
                .await
                .map_err(|error| no_assertion(&error, &namespace, &account))
        }
        .boxed()
    })
}

fn no_assertion(error: &KubernetesError, namespace: &str, account: &str) -> Cause {
    if error.code() == Some(404) {
        return no_credential(
            Reason::ServiceAccountNotFound,
            format!(
                "ServiceAccount {account} does not exist in namespace {namespace}: create it (kubectl create serviceaccount {account} --namespace {namespace}), and grant it nothing"
            ),
        );
    }
    unreadable(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_or_a_token_is_never_sent_as_a_client_secret() {
        assert!(may_be_client_secret(
            "abc8Q~0123456789-._~0123456789abcdefghij"
        ));
        assert!(may_be_client_secret(&"x".repeat(LONGEST_SECRET)));
        assert!(!may_be_client_secret(&"x".repeat(LONGEST_SECRET + 1)));
        assert!(!may_be_client_secret(
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA"
        ));
    }
}
