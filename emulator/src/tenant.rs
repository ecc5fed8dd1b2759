//! A directory of Entra: its applications, how each signs in, and what it may do.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;

/// A directory of Entra.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Tenant {
    /// A GUID.
    pub id: String,
    /// The applications that can sign in.
    #[serde(default)]
    pub applications: Vec<Application>,
}

impl Tenant {
    /// A tenant without applications.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            applications: Vec::new(),
        }
    }

    /// Adds an application.
    #[must_use]
    pub fn application(mut self, application: Application) -> Self {
        self.applications.push(application);
        self
    }
}

/// An application of a tenant, with its service principal.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Application {
    /// A GUID.
    pub client_id: String,
    /// The object id of its service principal; derived from the client id when absent.
    pub object_id: Option<String>,
    /// Client secrets; any of them is good until it expires.
    #[serde(default)]
    pub secrets: Vec<ClientSecret>,
    /// Client certificates: PEM, without their keys.
    #[serde(default)]
    pub certificates: Vec<CertificateText>,
    /// Which tokens of other issuers are taken in place of a secret.
    #[serde(default)]
    pub federated_credentials: Vec<FederatedCredential>,
    /// What it may do. Absent: everything in every subscription of its tenant. An empty list: nothing.
    pub roles: Option<Vec<RoleAssignment>>,
}

impl Application {
    /// An application that can't sign in yet and may do everything.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            ..Self::default()
        }
    }

    /// Adds a client secret that does not expire.
    #[must_use]
    pub fn secret(mut self, value: impl Into<SecretText>) -> Self {
        self.secrets.push(ClientSecret {
            value: value.into(),
            expires: None,
        });
        self
    }

    /// Adds a client secret that expires.
    #[must_use]
    pub fn secret_until(mut self, value: impl Into<SecretText>, expires: Timestamp) -> Self {
        self.secrets.push(ClientSecret {
            value: value.into(),
            expires: Some(expires),
        });
        self
    }

    /// Adds a client certificate.
    #[must_use]
    pub fn certificate(mut self, pem: impl Into<String>) -> Self {
        self.certificates.push(CertificateText(pem.into()));
        self
    }

    /// Takes tokens of `issuer` with this subject and audience.
    #[must_use]
    pub fn federated(
        mut self,
        issuer: impl Into<String>,
        subject: impl Into<String>,
        audience: impl Into<String>,
    ) -> Self {
        self.federated_credentials.push(FederatedCredential {
            issuer: issuer.into(),
            subject: subject.into(),
            audience: audience.into(),
        });
        self
    }

    /// Limits the application to its role assignments and adds one.
    #[must_use]
    pub fn role(mut self, scope: impl Into<String>, actions: &[&str]) -> Self {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        self.roles.get_or_insert_default().push(RoleAssignment {
            scope: scope.into(),
            actions,
        });
        self
    }
}

/// A client secret of an application.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClientSecret {
    /// What a client sends.
    pub value: SecretText,
    /// From when on it is refused with AADSTS7000222.
    pub expires: Option<Timestamp>,
}

/// A certificate in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct CertificateText(String);

impl CertificateText {
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// Text that Debug does not print.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    pub(crate) fn is(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl<T: Into<String>> From<T> for SecretText {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A federated identity credential: whose tokens stand for the application. All three are compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FederatedCredential {
    /// The `iss` of the token.
    pub issuer: String,
    /// Its `sub`.
    pub subject: String,
    /// Its `aud`; `api://AzureADTokenExchange` in the public cloud.
    pub audience: String,
}

/// Actions that a principal may do at a scope and below.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RoleAssignment {
    /// `/`, `/subscriptions/{s}`, `/subscriptions/{s}/resourceGroups/{g}` or a resource's id.
    pub scope: String,
    /// Such as `Microsoft.Compute/sshPublicKeys/read`; `*` stands for any text.
    pub actions: Vec<String>,
}
