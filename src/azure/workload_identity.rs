//! The workload identity of the operator's own pod, as the azure-workload-identity webhook gives it to one.
//! <https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html>

use std::{path::PathBuf, sync::Arc};

use futures::FutureExt;
use zeroize::Zeroizing;

use super::{error::Cause, identity::Assertion};
use crate::api::{ErrorClass, Reason};

const CLIENT_ID: &str = "AZURE_CLIENT_ID";
const TENANT_ID: &str = "AZURE_TENANT_ID";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";

/// Who the pod is to Entra, and where the token lies that proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodIdentity {
    client_id: String,
    token_file: PathBuf,
}

impl PodIdentity {
    /// The pod's identity, from the variables that it was given.
    ///
    /// # Errors
    /// When it was given none, or one of another tenant: which variable is missing or differs, and what to do.
    pub fn of_tenant(tenant: &str) -> Result<Self, Cause> {
        Self::from_variables(tenant, |name| std::env::var(name).ok())
    }

    fn from_variables(
        tenant: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Cause> {
        let given = |name: &str| {
            variable(name).filter(|value| !value.is_empty()).ok_or_else(|| {
                missing(format!(
                    "the operator's pod has no workload identity of its own ({name} is not set): install the chart with workloadIdentity.clientId, in a cluster with the azure-workload-identity webhook, or choose another member of spec.auth"
                ))
            })
        };
        let client_id = given(CLIENT_ID)?;
        let token_file = given(TOKEN_FILE)?.into();
        let own = given(TENANT_ID)?;
        if !own.eq_ignore_ascii_case(tenant) {
            return Err(missing(format!(
                "the workload identity of the operator's pod is of tenant {own} ({TENANT_ID}) and the store names tenant {tenant}: create a store with that tenantID, or choose another member of spec.auth"
            )));
        }
        Ok(Self {
            client_id,
            token_file,
        })
    }

    /// The application.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// What Entra is shown: the file's content, read again each time, since the kubelet changes it before it expires. Its
    /// audience was settled when the pod was made.
    pub fn into_assertion(self) -> Assertion {
        let file = Arc::new(self.token_file);
        Arc::new(move |_| {
            let file = Arc::clone(&file);
            async move {
                let text = tokio::fs::read_to_string(&*file).await.map_err(|error| {
                    missing(format!(
                        "the token of the operator's pod can't be read from {} ({TOKEN_FILE}): {error}",
                        file.display()
                    ))
                })?;
                let text = Zeroizing::new(text);
                Ok(Zeroizing::new(text.trim().to_owned()))
            }
            .boxed()
        })
    }
}

fn missing(message: String) -> Cause {
    Cause::NoCredential {
        reason: Reason::PodIdentityMissing,
        class: ErrorClass::UserFixable,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tenant: &str, given: &[(&str, &str)]) -> Result<PodIdentity, Cause> {
        PodIdentity::from_variables(tenant, |name| {
            let found = given.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn told(result: Result<PodIdentity, Cause>) -> String {
        match result {
            Err(Cause::NoCredential {
                reason: Reason::PodIdentityMissing,
                message,
                ..
            }) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_variable_that_is_missing_or_empty_is_named() {
        let all = [(CLIENT_ID, "c"), (TENANT_ID, "T"), (TOKEN_FILE, "/t")];
        assert_eq!(read("t", &all).unwrap().client_id(), "c");
        for (index, (name, _)) in all.iter().enumerate() {
            let mut less = all.to_vec();
            less[index].1 = "";
            assert!(told(read("t", &less)).contains(name));
            less.remove(index);
            assert!(told(read("t", &less)).contains(name));
        }
    }

    #[test]
    fn an_identity_of_another_tenant_is_not_used() {
        let all = [(CLIENT_ID, "c"), (TENANT_ID, "other"), (TOKEN_FILE, "/t")];
        assert!(told(read("t", &all)).contains("tenant other"));
    }
}
