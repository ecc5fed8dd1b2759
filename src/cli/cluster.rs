//! Requests with the caller's own rights.

use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client, Resource,
    api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams},
};
use serde_json::Value;

use super::{
    access::Access,
    error::CliError,
    objects::Found,
    request::{Request, answered, innermost},
};
use crate::api::{SshKey, is_object_name, names::GROUP};

/// The field manager of what this program changes.
pub(super) const MANAGER: &str = "kubectl-sshkey";

/// How many objects come with one answer.
pub(super) const PAGE: u32 = 500;

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

    /// Every `SshKey` that is selected.
    pub(super) async fn list(
        &self,
        all_namespaces: bool,
        selector: Option<&str>,
    ) -> Result<Vec<Found>, CliError> {
        self.list_as(all_namespaces, selector, |found| found).await
    }

    /// What is to be kept of every `SshKey` that is selected: of all else there is never more than a page.
    pub(super) async fn list_as<T>(
        &self,
        all_namespaces: bool,
        selector: Option<&str>,
        kept: impl Fn(Found) -> T,
    ) -> Result<Vec<T>, CliError> {
        let request = self.about_all("list", all_namespaces);
        let api = self.api(all_namespaces);
        let mut params = ListParams::default().limit(PAGE);
        if let Some(selector) = selector {
            params = params.labels(selector);
        }
        let mut all = Vec::new();
        loop {
            let page = api.list(&params).await;
            let page = page.map_err(|error| self.failed(&request, error))?;
            for object in page.items {
                all.push(kept(Found::listed(&object)?));
            }
            match page.metadata.continue_ {
                Some(more) if !more.is_empty() => params = params.continue_token(&more),
                _ => return Ok(all),
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
        // A status may say anything, and what is no name could lead a request elsewhere.
        if !is_object_name(name) {
            return Err(CliError::NotNow(format!("{name:?} is no name of a Secret")));
        }
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

/// The kind's name in lower case with its group, as kubectl prints it with `-o name`.
pub(super) fn reference(name: &str) -> String {
    format!("{}.{GROUP}/{name}", SshKey::kind(&()).to_lowercase())
}
