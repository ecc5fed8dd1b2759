//! What the caller may do, as the API server says.

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::{Api, api::PostParams};

use super::findings::{Finding, Mark};
use crate::{
    api::names::GROUP,
    cli::{cluster::Cluster, error::CliError, request::Request},
};

/// The rights that the commands of this program need, with the commands.
const NEEDED: [(&str, &str, &[&str], &str); 5] = [
    (GROUP, "sshkeys", &["get", "list"], "to read"),
    (
        GROUP,
        "sshkeys",
        &["create", "patch"],
        "to apply and to change",
    ),
    (GROUP, "sshkeys", &["delete"], "to delete"),
    (
        GROUP,
        "sshkeyplans",
        &["create", "get", "delete"],
        "plan and check",
    ),
    ("", "secrets", &["get"], "pem, ssh and agent"),
];

/// One line for each thing that people do.
pub(super) async fn rights(cluster: &Cluster) -> Result<Vec<Finding>, CliError> {
    let mut findings = Vec::new();
    for (group, resource, verbs, commands) in NEEDED {
        let mut missing = Vec::new();
        for verb in verbs {
            if !may(cluster, group, resource, verb).await? {
                missing.push(*verb);
            }
        }
        findings.push(finding(
            cluster.namespace(),
            group,
            resource,
            &missing,
            commands,
        ));
    }
    Ok(findings)
}

/// What is missing is no fault of the installation: nobody needs every right.
fn finding(
    namespace: &str,
    group: &str,
    resource: &str,
    missing: &[&str],
    commands: &str,
) -> Finding {
    if missing.is_empty() {
        let text = format!("{commands}: you may, in namespace {namespace}");
        return Finding::new(Mark::Good, "right", text);
    }
    let text = format!(
        "{commands}: you may not, in namespace {namespace}; a Role with {{apiGroups: [\"{group}\"], resources: [{resource}], verbs: [{}]}} gives the right to it",
        missing.join(", ")
    );
    Finding::new(Mark::Note, "right", text)
}

async fn may(
    cluster: &Cluster,
    group: &str,
    resource: &'static str,
    verb: &str,
) -> Result<bool, CliError> {
    let asked = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                namespace: Some(cluster.namespace().to_owned()),
                group: Some(group.to_owned()),
                resource: Some(resource.to_owned()),
                verb: Some(verb.to_owned()),
                ..ResourceAttributes::default()
            }),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let api: Api<SelfSubjectAccessReview> = Api::all(cluster.client());
    let answer = api.create(&PostParams::default(), &asked).await;
    let answer = answer.map_err(|error| {
        let request = Request {
            verb: "create",
            group: "authorization.k8s.io",
            resource: "selfsubjectaccessreviews",
            kind: "SelfSubjectAccessReview",
            namespace: None,
            name: None,
        };
        cluster.failed(&request, error)
    })?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_right_names_the_rule_and_is_no_fault() {
        let one = finding("team-a", "", "secrets", &["get"], "pem");
        assert_eq!(one.mark, Mark::Note);
        let rule = "{apiGroups: [\"\"], resources: [secrets], verbs: [get]}";
        assert!(one.text.contains(rule), "{}", one.text);
        assert_eq!(
            finding("team-a", "", "secrets", &[], "pem").mark,
            Mark::Good
        );
    }
}
