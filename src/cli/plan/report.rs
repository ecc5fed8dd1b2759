//! A plan as programs read it. Pure.

use serde::Serialize;

use super::{
    documents::Origin,
    object_changes::FieldChange,
    totals::{Planned, Totals, totals},
};
use crate::{
    api::{SshKeyPlanStatus, StepAction},
    cli::{error::CliError, structured},
};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    has_changes: bool,
    totals: Totals,
    plans: Vec<OnePlan<'a>>,
    left_out: Vec<LeftOut<'a>>,
    errors: Vec<Failed<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OnePlan<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    namespace: &'a str,
    name: &'a str,
    has_changes: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<StepAction>,
    fields: &'a [FieldChange],
    /// As the status of the `SshKeyPlan` has it.
    status: &'a SshKeyPlanStatus,
}

#[derive(Debug, Serialize)]
struct LeftOut<'a> {
    origin: String,
    kind: &'a str,
}

#[derive(Debug, Serialize)]
struct Failed<'a> {
    origin: &'a str,
    message: &'a str,
}

/// The whole plan, with what can't be planned and why.
pub(super) fn json(
    all: &[Planned],
    left_out: &[(Origin, String)],
    errors: &[(String, String)],
) -> Result<String, CliError> {
    let plans = all.iter().map(|one| OnePlan {
        origin: one.origin.as_ref().map(ToString::to_string),
        namespace: &one.namespace,
        name: &one.name,
        has_changes: one.is_change(),
        action: one.action,
        fields: &one.fields,
        status: &one.status,
    });
    let left_out = left_out.iter().map(|(origin, kind)| LeftOut {
        origin: origin.to_string(),
        kind,
    });
    let errors = errors
        .iter()
        .map(|(origin, message)| Failed { origin, message });
    let report = Report {
        has_changes: all.iter().any(Planned::is_change),
        totals: totals(all),
        plans: plans.collect(),
        left_out: left_out.collect(),
        errors: errors.collect(),
    };
    structured::json(&report)
}
