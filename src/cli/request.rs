//! What a request is about, and what its failure means to a person. Pure.

use kube::core::Status;

use super::error::CliError;

/// The kind of a path that is no object.
const PATH: &str = "path";

/// What a request is about, for its failure.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) verb: &'static str,
    /// The API group; empty for the core one.
    pub(super) group: &'static str,
    pub(super) resource: &'static str,
    pub(super) kind: &'static str,
    /// `None` for all namespaces.
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
}

impl Request {
    /// A path of the API server, which is no object.
    pub(super) fn path(resource: &'static str) -> Self {
        Self {
            verb: "get",
            group: "",
            resource,
            kind: PATH,
            namespace: None,
            name: None,
        }
    }

    pub(super) fn subject(&self) -> String {
        match &self.name {
            Some(name) => format!("{} {name}", self.kind),
            None => self.resource.to_owned(),
        }
    }

    fn forbidden(&self) -> CliError {
        let (group, resource, verb) = (self.group, self.resource, self.verb);
        CliError::Forbidden {
            verb,
            resource: match group {
                "" => resource.to_owned(),
                _ => format!("{resource}.{group}"),
            },
            place: self
                .namespace
                .as_ref()
                .map(|name| format!(" in namespace {name}"))
                .unwrap_or_default(),
            role: match self.namespace {
                Some(_) => "Role",
                None => "ClusterRole",
            },
            rule: if self.kind == PATH {
                format!("{{nonResourceURLs: [\"{resource}\", \"{resource}/*\"], verbs: [{verb}]}}")
            } else {
                format!("{{apiGroups: [\"{group}\"], resources: [{resource}], verbs: [{verb}]}}")
            },
        }
    }
}

/// What an answer of the API server means that refuses a request.
pub(super) fn answered(request: &Request, server: String, status: Status) -> CliError {
    let is_named = status
        .details
        .as_ref()
        .is_some_and(|details| !details.name.is_empty());
    let is_about_namespace = status
        .details
        .as_ref()
        .is_some_and(|details| details.kind == "namespaces");
    match (status.code, &request.name, &request.namespace) {
        (404, _, Some(namespace)) if is_about_namespace => CliError::NoNamespace(namespace.clone()),
        (401, ..) => CliError::Unauthorized { server },
        // An admission policy or a quota says something else, and no role helps against it.
        (403, ..) if status.message.contains(" cannot ") => request.forbidden(),
        (404, Some(name), Some(namespace)) if is_named => CliError::NotFound {
            kind: request.kind,
            name: name.clone(),
            namespace: namespace.clone(),
        },
        (404, Some(name), None) if is_named => CliError::NotFoundInCluster {
            kind: request.kind,
            name: name.clone(),
        },
        // A kind that is not served is no object that is not found: nothing is named in the answer.
        (404, ..) => CliError::NotInstalled(request.resource),
        _ => CliError::Refused {
            verb: request.verb,
            subject: request.subject(),
            message: status.message,
        },
    }
}

/// The cause of the causes: the only one of a failed connection that says something to a person.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::names::GROUP;

    fn request(name: Option<&str>) -> Request {
        Request {
            verb: "get",
            group: GROUP,
            resource: "sshkeys",
            kind: "SshKey",
            namespace: Some("team-a".to_owned()),
            name: name.map(str::to_owned),
        }
    }

    fn status(code: u16, name: &str) -> Status {
        let body = serde_json::json!({
            "code": code, "message": "User x cannot do it", "details": { "name": name }
        });
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn a_missing_right_names_the_rule_that_gives_it() {
        let error = answered(&request(None), String::new(), status(403, ""));
        assert_eq!(
            error.line(),
            "you may not get sshkeys.sshkey-operator.io in namespace team-a; a Role with \
             {apiGroups: [\"sshkey-operator.io\"], resources: [sshkeys], verbs: [get]} gives the right to it"
        );
    }

    #[test]
    fn what_a_policy_refuses_is_told_in_its_words_and_not_as_a_missing_right() {
        let mut refused = status(403, "");
        refused.message = "exceeded quota".to_owned();
        let error = answered(&request(None), String::new(), refused);
        assert!(error.line().ends_with("exceeded quota"), "{error}");
    }

    #[test]
    fn a_missing_object_is_told_from_a_missing_kind() {
        let error = answered(&request(Some("web")), String::new(), status(404, "web"));
        assert_eq!(error.line(), "there is no SshKey web in namespace team-a");
        let error = answered(&request(Some("web")), String::new(), status(404, ""));
        assert!(error.line().contains("does not know sshkeys"), "{error}");
    }

    #[test]
    fn a_missing_namespace_is_told_from_a_missing_object() {
        let mut missing = status(404, "team-a");
        missing.details.as_mut().unwrap().kind = "namespaces".to_owned();
        let error = answered(&request(Some("web")), String::new(), missing);
        assert_eq!(error.line(), "there is no namespace team-a");
    }

    #[test]
    fn a_path_is_given_by_another_rule_than_an_object() {
        let error = answered(
            &Request::path("/openapi/v3"),
            String::new(),
            status(403, ""),
        );
        assert_eq!(
            error.line(),
            "you may not get /openapi/v3; a ClusterRole with {nonResourceURLs: [\"/openapi/v3\", \"/openapi/v3/*\"], \
             verbs: [get]} gives the right to it"
        );
    }
}
