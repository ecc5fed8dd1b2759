//! Who can sign in: tenants, applications and their service principals.

use uuid::Uuid;

use crate::tenant::{Application, Tenant};

/// A service principal, as a token names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) object_id: String,
}

pub(crate) struct Directory(Vec<Tenant>);

impl Directory {
    pub(crate) fn new(tenants: Vec<Tenant>) -> Self {
        Self(tenants)
    }

    pub(crate) fn tenant(&self, id: &str) -> Option<&Tenant> {
        self.0
            .iter()
            .find(|tenant| tenant.id.eq_ignore_ascii_case(id))
    }

    pub(crate) fn application(&self, tenant: &str, client_id: &str) -> Option<&Application> {
        self.tenant(tenant)?
            .applications
            .iter()
            .find(|application| application.client_id.eq_ignore_ascii_case(client_id))
    }
}

/// The service principal of an application in its tenant.
pub(crate) fn principal(tenant: &Tenant, application: &Application) -> Principal {
    let derived = || {
        Uuid::new_v5(
            &Uuid::NAMESPACE_OID,
            application.client_id.to_lowercase().as_bytes(),
        )
        .to_string()
    };
    Principal {
        tenant: tenant.id.clone(),
        client_id: application.client_id.clone(),
        object_id: application.object_id.clone().unwrap_or_else(derived),
    }
}
