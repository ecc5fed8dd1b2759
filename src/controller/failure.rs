//! What an error comes to for a report.

use crate::{azure::AzureError, kubernetes::KubernetesError, plan::Failure};

/// What an error of Azure comes to.
pub(in crate::controller) fn azure_failure(error: &AzureError) -> Failure {
    Failure {
        request_ids: error.request_ids(),
        ..Failure::new(error.class(), error.reason(), error.to_string())
    }
}

/// What an error of the API server comes to.
pub(in crate::controller) fn kubernetes_failure(error: &KubernetesError) -> Failure {
    Failure::new(error.class(), error.reason(), error.to_string())
}
