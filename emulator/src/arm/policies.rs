//! What policies do to what is written.
//! <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-policy-requestdisallowedbypolicy>

use http::StatusCode;
use serde_json::json;

use super::{envelope::ArmError, turn::Turn};
use crate::governance::{Policy, PolicyEffect, Written};

/// Changes tags as policies say, then refuses what one forbids.
pub(crate) fn apply(turn: &Turn<'_>, name: &str, mut written: Written<'_>) -> Result<(), ArmError> {
    let policies = turn.world().policies.clone();
    for policy in &policies {
        policy.modify(&mut written);
    }
    match policies.iter().find(|policy| policy.denies(&written)) {
        Some(policy) => Err(denied(policy, name)),
        None => Ok(()),
    }
}

fn denied(policy: &Policy, name: &str) -> ArmError {
    let assignment = format!(
        "{}/providers/Microsoft.Authorization/policyAssignments/{}",
        policy.scope.trim_end_matches('/'),
        policy.name
    );
    let definition = format!(
        "/providers/Microsoft.Authorization/policyDefinitions/{}",
        policy.name
    );
    let shown = policy.display_name();
    let identifiers = json!([{
        "policyAssignment": { "name": shown, "id": assignment },
        "policyDefinition": { "name": shown, "id": definition },
    }]);
    let message =
        format!("Resource '{name}' was disallowed by policy. Policy identifiers: '{identifiers}'.");
    let wanted = match &policy.effect {
        PolicyEffect::DenyWithoutTag(tag) => {
            json!({ "path": format!("tags['{tag}']"), "targetValue": "false", "operator": "Exists" })
        }
        PolicyEffect::DenyOutside(locations) => {
            json!({ "path": "location", "targetValue": locations, "operator": "NotIn" })
        }
        PolicyEffect::Modify { .. } => json!({}),
    };
    let info = json!({
        "policyDefinitionDisplayName": shown,
        "evaluationDetails": { "evaluatedExpressions": [wanted] },
        "policyDefinitionId": definition,
        "policyDefinitionName": policy.name,
        "policyDefinitionEffect": "deny",
        "policyAssignmentId": assignment,
        "policyAssignmentName": policy.name,
        "policyAssignmentDisplayName": shown,
        "policyAssignmentScope": policy.scope,
        "policyAssignmentParameters": {},
    });
    let code = "RequestDisallowedByPolicy";
    let error = ArmError::gateway(StatusCode::FORBIDDEN, code, message)
        .target(name)
        .additional_info("PolicyViolation", info);
    if policy.nested {
        error.within(code, "The request was disallowed by policy.")
    } else {
        error
    }
}
