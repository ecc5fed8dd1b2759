//! Who the operator is to Azure, and the token that says so.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use azure_core::{
    credentials::{Secret, TokenCredential},
    error::ErrorKind,
    http::ClientMethodOptions,
};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId,
};
use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    client_certificate::ClientCertificate,
    cloud::Endpoints,
    error::{AzureError, Cause, CredentialMissing, Operation},
    transport::Transport,
};
use crate::api::{ErrorClass, Reason};

/// Mints a federated token for an audience, a new one for each call.
pub type Assertion =
    Arc<dyn Fn(&'static str) -> BoxFuture<'static, Result<Zeroizing<String>, Cause>> + Send + Sync>;

/// The metadata service of a virtual machine is asked again and again for more than a minute by `azure_identity`, whatever
/// its options say: the queue asks again, and a reconcile does not wait so long.
const TIMEOUT: Duration = Duration::from_secs(30);

type Build = Box<dyn Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync>;

/// An identity and its cached token. `Debug` shows neither.
pub struct Identity {
    build: Build,
    current: RwLock<Arc<dyn TokenCredential>>,
    scope: String,
    subject: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// An application that signs in with a client secret.
    ///
    /// # Errors
    /// When tenant or client can't be one, or the secret is empty.
    pub fn client_secret(
        tenant: &str,
        client: &str,
        secret: Zeroizing<String>,
        endpoints: &Endpoints,
        transport: &Transport,
    ) -> Result<Self, AzureError> {
        let (tenant_id, client_id) = (tenant.to_owned(), client.to_owned());
        let (transport, authority) = (transport.clone(), endpoints.authority.clone());
        Self::new(tenant, client, endpoints, move || {
            let options = ClientSecretCredentialOptions {
                client_options: transport.token_options(&authority),
            };
            let secret = Secret::new(secret.as_str().to_owned());
            let credential =
                ClientSecretCredential::new(&tenant_id, client_id.clone(), secret, Some(options))?;
            Ok(credential as Arc<dyn TokenCredential>)
        })
    }

    /// An application that trusts tokens of the cluster.
    ///
    /// # Errors
    /// When tenant or client can't be one.
    pub fn federated(
        tenant: &str,
        client: &str,
        assertion: Assertion,
        endpoints: &Endpoints,
        transport: &Transport,
    ) -> Result<Self, AzureError> {
        let (tenant_id, client_id) = (tenant.to_owned(), client.to_owned());
        let (transport, authority) = (transport.clone(), endpoints.authority.clone());
        let audience = endpoints.federated_audience;
        Self::new(tenant, client, endpoints, move || {
            let options = ClientAssertionCredentialOptions {
                client_options: transport.token_options(&authority),
            };
            let minted = Minted {
                assertion: Arc::clone(&assertion),
                audience,
            };
            let credential = ClientAssertionCredential::new(
                tenant_id.clone(),
                client_id.clone(),
                minted,
                Some(options),
            )?;
            Ok(credential as Arc<dyn TokenCredential>)
        })
    }

    /// An application that signs in with a certificate.
    ///
    /// # Errors
    /// When tenant or client can't be one.
    pub fn certificate(
        tenant: &str,
        client: &str,
        certificate: Arc<ClientCertificate>,
        endpoints: &Endpoints,
        transport: &Transport,
    ) -> Result<Self, AzureError> {
        let client_id = client.to_owned();
        let token_url = format!("{}/{tenant}/oauth2/v2.0/token", endpoints.authority);
        let assertion: Assertion = Arc::new(move |_| {
            let signed = certificate.assertion(&client_id, &token_url, Timestamp::now());
            let signed = signed.map_err(|error| Cause::NoCredential {
                reason: Reason::CertificateInvalid,
                class: ErrorClass::UserFixable,
                message: error.to_string(),
            });
            std::future::ready(signed).boxed()
        });
        Self::federated(tenant, client, assertion, endpoints, transport)
    }

    /// A managed identity of what the operator runs on: a user-assigned one, or the machine's own.
    ///
    /// # Errors
    /// When the variables of its endpoint make no sense.
    pub fn managed(
        client: Option<&str>,
        endpoints: &Endpoints,
        transport: &Transport,
    ) -> Result<Self, AzureError> {
        let subject = match client {
            Some(client) => format!("managed identity {client}"),
            None => "the system-assigned managed identity".to_owned(),
        };
        let client_id = client.map(str::to_owned);
        let transport = transport.clone();
        Self::of(subject, endpoints, move || {
            let options = ManagedIdentityCredentialOptions {
                user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                client_options: transport.local_options(),
            };
            let credential = ManagedIdentityCredential::new(Some(options))?;
            Ok(credential as Arc<dyn TokenCredential>)
        })
    }

    fn new(
        tenant: &str,
        client: &str,
        endpoints: &Endpoints,
        build: impl Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync + 'static,
    ) -> Result<Self, AzureError> {
        let subject = format!("application {client} of tenant {tenant}");
        Self::of(subject, endpoints, build)
    }

    fn of(
        subject: String,
        endpoints: &Endpoints,
        build: impl Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync + 'static,
    ) -> Result<Self, AzureError> {
        let current = build().map_err(|error| {
            AzureError::new(
                Operation::GetToken,
                subject.clone(),
                Cause::from_token(&error),
            )
        })?;
        Ok(Self {
            build: Box::new(build),
            current: RwLock::new(current),
            scope: endpoints.scope.clone(),
            subject,
        })
    }

    /// A token for ARM: the cached one, or a new one some minutes before that ends.
    ///
    /// # Errors
    /// When Entra refuses or can't be reached, or the credential can't be had.
    pub async fn token(&self) -> Result<Zeroizing<String>, AzureError> {
        let credential = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        self.token_of(&*credential).await
    }

    /// A new token, whatever is left of the cached one, which stays where no new one is issued.
    ///
    /// # Errors
    /// As for [`Self::token`].
    pub async fn new_token(&self) -> Result<Zeroizing<String>, AzureError> {
        let fresh = (self.build)().map_err(|error| self.failed(Cause::from_token(&error)))?;
        let token = self.token_of(&*fresh).await?;
        self.replace(fresh);
        Ok(token)
    }

    async fn token_of(
        &self,
        credential: &dyn TokenCredential,
    ) -> Result<Zeroizing<String>, AzureError> {
        let scopes = [self.scope.as_str()];
        let asked = credential.get_token(&scopes, None);
        let token = tokio::time::timeout(TIMEOUT, asked)
            .await
            .map_err(|_| self.failed(Cause::Timeout))?
            .map_err(|error| self.failed(Cause::from_token(&error)))?;
        Ok(Zeroizing::new(token.token.secret().to_owned()))
    }

    fn failed(&self, cause: Cause) -> AzureError {
        AzureError::new(Operation::GetToken, self.subject.clone(), cause)
    }

    fn replace(&self, fresh: Arc<dyn TokenCredential>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
    }

    /// Forgets the cached token, which ARM did not take.
    pub fn forget_token(&self) {
        if let Ok(fresh) = (self.build)() {
            self.replace(fresh);
        }
    }
}

struct Minted {
    assertion: Assertion,
    audience: &'static str,
}

impl fmt::Debug for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minted")
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Minted {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        (self.assertion)(self.audience)
            .await
            .map(|token| token.as_str().to_owned())
            .map_err(|cause| {
                azure_core::Error::new(ErrorKind::Credential, CredentialMissing(cause))
            })
    }
}
