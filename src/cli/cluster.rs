//! Requests with the caller's own rights, and what their failures mean to a person.

use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client, Resource,
    api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams},
    core::Status,
};
use serde_json::Value;

use super::{access::Access, error::CliError, objects::Found};
use crate::api::{SshKey, names::GROUP};

/// The field manager of what this program changes.
pub(super) const MANAGER: &str = "kubectl-sshkey";

/// How many objects come with one answer.
const PAGE: u32 = 500;

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

/// A cluster, and the namespace that is meant where none is named.
pub(super) struct Cluster {
    access: Access,
}

impl Cluster {
    pub(super) fn new(access: Access) -> Self {
        Self { access }
    }

    /// The same cluster, with another namespace that is meant.
    pub(super) fn in_namespace(&self, namespace: &str) -> Self {
        let mut access = self.access.clone();
        namespace.clone_into(&mut access.namespace);
        Self { access }
    }

    /// The namespace that is meant.
    pub(super) fn namespace(&self) -> &str {
        &self.access.namespace
    }

    /// The namespace that the command line names, in which everything must be.
    pub(super) fn named_namespace(&self) -> Option<&str> {
        let access = &self.access;
        access
            .is_namespace_named
            .then_some(access.namespace.as_str())
    }

    pub(super) fn client(&self) -> Client {
        self.access.client.clone()
    }

    /// `SshKey`s as JSON, with the fields of other versions too.
    pub(super) fn api(&self, all_namespaces: bool) -> Api<DynamicObject> {
        let kind = ApiResource::erase::<SshKey>(&());
        let client = self.client();
        if all_namespaces {
            Api::all_with(client, &kind)
        } else {
            Api::namespaced_with(client, self.namespace(), &kind)
        }
    }

    /// One `SshKey` of the namespace, or `None`.
    pub(super) async fn find(&self, name: &str) -> Result<Option<Found>, CliError> {
        let request = self.about("get", Some(name));
        match self.api(false).get(name).await {
            Ok(object) => Found::read(object).map(Some),
            Err(error) => match self.failed(&request, error) {
                CliError::NotFound { .. } => Ok(None),
                error => Err(error),
            },
        }
    }

    /// One `SshKey` of the namespace, which must exist.
    pub(super) async fn get(&self, name: &str) -> Result<Found, CliError> {
        self.find(name).await?.ok_or_else(|| CliError::NotFound {
            kind: "SshKey",
            name: name.to_owned(),
            namespace: self.namespace().to_owned(),
        })
    }

    /// Every `SshKey` that is selected, page by page.
    pub(super) async fn list(
        &self,
        all_namespaces: bool,
        selector: Option<&str>,
    ) -> Result<Vec<Found>, CliError> {
        let request = self.about_all("list", all_namespaces);
        let api = self.api(all_namespaces);
        let mut params = ListParams::default().limit(PAGE);
        if let Some(selector) = selector {
            params = params.labels(selector);
        }
        let mut found = Vec::new();
        loop {
            let page = api.list(&params).await;
            let page = page.map_err(|error| self.failed(&request, error))?;
            for object in page.items {
                found.push(Found::read(object)?);
            }
            match page.metadata.continue_ {
                Some(more) if !more.is_empty() => params = params.continue_token(&more),
                _ => return Ok(found),
            }
        }
    }

    /// Changes an `SshKey` by a merge patch.
    pub(super) async fn patch(&self, name: &str, patch: &Value) -> Result<Found, CliError> {
        let params = PatchParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let request = self.about("patch", Some(name));
        let api = self.api(false);
        let changed = api.patch(name, &params, &Patch::Merge(patch)).await;
        let changed = changed.map_err(|error| self.failed(&request, error))?;
        Found::read(changed)
    }

    /// A Secret of the namespace.
    pub(super) async fn secret(&self, name: &str) -> Result<Secret, CliError> {
        let request = Request {
            verb: "get",
            group: "",
            resource: "secrets",
            kind: "Secret",
            namespace: Some(self.namespace().to_owned()),
            name: Some(name.to_owned()),
        };
        let api: Api<Secret> = Api::namespaced(self.client(), self.namespace());
        let secret = api.get(name).await;
        secret.map_err(|error| self.failed(&request, error))
    }

    /// What a request about one `SshKey` is about.
    pub(super) fn about(&self, verb: &'static str, name: Option<&str>) -> Request {
        Request {
            verb,
            group: GROUP,
            resource: "sshkeys",
            kind: "SshKey",
            namespace: Some(self.namespace().to_owned()),
            name: name.map(str::to_owned),
        }
    }

    /// What a request about many `SshKey`s is about.
    pub(super) fn about_all(&self, verb: &'static str, all_namespaces: bool) -> Request {
        Request {
            namespace: (!all_namespaces).then(|| self.namespace().to_owned()),
            ..self.about(verb, None)
        }
    }

    /// What a failed request means.
    pub(super) fn failed(&self, request: &Request, error: kube::Error) -> CliError {
        let server = self.access.server.clone();
        match error {
            kube::Error::Api(status) => answered(request, server, *status),
            kube::Error::SerdeError(cause) => CliError::Unreadable {
                subject: request.subject(),
                cause: cause.to_string(),
            },
            kube::Error::Auth(cause) => CliError::NoCluster(format!(
                "the credentials of the kubeconfig can't be used: {cause}"
            )),
            other => CliError::Unreachable {
                server,
                cause: innermost(&other),
            },
        }
    }
}

impl Request {
    fn subject(&self) -> String {
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
            rule: format!("{{apiGroups: [\"{group}\"], resources: [{resource}], verbs: [{verb}]}}"),
        }
    }
}

fn answered(request: &Request, server: String, status: Status) -> CliError {
    let is_named = status
        .details
        .as_ref()
        .is_some_and(|details| !details.name.is_empty());
    match (status.code, &request.name, &request.namespace) {
        (401, ..) => CliError::Unauthorized { server },
        // An admission policy or a quota says something else, and no role helps against it.
        (403, ..) if status.message.contains(" cannot ") => request.forbidden(),
        (404, Some(name), Some(namespace)) if is_named => CliError::NotFound {
            kind: request.kind,
            name: name.clone(),
            namespace: namespace.clone(),
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
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The kind's name in lower case with its group, as kubectl prints it with `-o name`.
pub(super) fn reference(name: &str) -> String {
    format!("{}.{GROUP}/{name}", SshKey::kind(&()).to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
