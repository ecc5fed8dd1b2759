//! What a request to the API server is, by its method and path.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris>

use http::Method;

/// A request in the words of RBAC.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: String,
    /// The resource, with its subresource: `sshkeys/status`. A path that names none, such as `/version`, is itself.
    pub resource: String,
    /// The namespace, if it names one.
    pub namespace: Option<String>,
    /// The object, if it names one.
    pub name: Option<String>,
}

impl Access {
    /// Reads a request.
    pub fn of(method: &Method, path: &str, query: &str) -> Self {
        let segments: Vec<&str> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect();
        let rest = match segments.as_slice() {
            ["api", _version, rest @ ..] if !rest.is_empty() => rest,
            ["apis", _group, _version, rest @ ..] if !rest.is_empty() => rest,
            _ => {
                return Self {
                    verb: method.as_str().to_lowercase(),
                    resource: path.to_owned(),
                    ..Self::default()
                };
            }
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, inner @ ..] if !inner.is_empty() => {
                (Some((*namespace).to_owned()), inner)
            }
            _ => (None, rest),
        };
        let name = rest.get(1).map(|&name| name.to_owned());
        let resource = match rest {
            [resource, _name, subresource, ..] => format!("{resource}/{subresource}"),
            [resource, ..] => (*resource).to_owned(),
            [] => String::new(),
        };
        let watches = query
            .split('&')
            .any(|part| part == "watch=true" || part == "watch=1");
        let verb = match (method, name.is_some()) {
            (&Method::GET, _) if watches => "watch",
            (&Method::GET, true) => "get",
            (&Method::GET, false) => "list",
            (&Method::POST, _) => "create",
            (&Method::PUT, _) => "update",
            (&Method::PATCH, _) => "patch",
            (&Method::DELETE, true) => "delete",
            (&Method::DELETE, false) => "deletecollection",
            _ => method.as_str(),
        };
        Self {
            verb: verb.to_owned(),
            resource,
            namespace,
            name,
        }
    }

    /// Whether it changes what others see. A token, a review of access, the lease and events change nothing that a
    /// decision is made from: they are logged, and not numbered.
    pub fn is_write(&self) -> bool {
        let writes = matches!(
            self.verb.as_str(),
            "create" | "update" | "patch" | "delete" | "deletecollection"
        );
        let counted = !matches!(
            self.resource.as_str(),
            "events"
                | "leases"
                | "serviceaccounts/token"
                | "tokenreviews"
                | "subjectaccessreviews"
                | "selfsubjectaccessreviews"
        );
        writes && counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &Method, path: &str, query: &str) -> (String, String) {
        let access = Access::of(method, path, query);
        (access.verb, access.resource)
    }

    fn pair(verb: &str, resource: &str) -> (String, String) {
        (verb.to_owned(), resource.to_owned())
    }

    #[test]
    fn requests_are_named_as_rbac_names_them() {
        let keys = "/apis/sshkey-operator.io/v1alpha1/namespaces/team/sshkeys";
        assert_eq!(
            read(&Method::GET, keys, "limit=500"),
            pair("list", "sshkeys")
        );
        assert_eq!(
            read(&Method::GET, keys, "limit=500&watch=true"),
            pair("watch", "sshkeys")
        );
        assert_eq!(
            read(&Method::PATCH, &format!("{keys}/web/status"), ""),
            pair("patch", "sshkeys/status")
        );
        assert_eq!(
            read(&Method::DELETE, "/api/v1/namespaces/team/secrets/web", ""),
            pair("delete", "secrets")
        );
        assert_eq!(
            read(&Method::GET, "/api/v1/namespaces/kube-system", ""),
            pair("get", "namespaces")
        );
        assert_eq!(read(&Method::GET, "/version", ""), pair("get", "/version"));
        assert_eq!(
            Access::of(&Method::GET, "/api/v1/namespaces/team/secrets/web", "")
                .name
                .as_deref(),
            Some("web")
        );
    }

    #[test]
    fn events_and_tokens_are_not_numbered() {
        let is_write = |path: &str| Access::of(&Method::POST, path, "").is_write();
        assert!(is_write("/api/v1/namespaces/team/secrets"));
        assert!(!is_write("/apis/events.k8s.io/v1/namespaces/team/events"));
        assert!(!is_write(
            "/api/v1/namespaces/team/serviceaccounts/sshkey-operator-azure/token"
        ));
        assert!(!Access::of(&Method::GET, "/api/v1/namespaces/team/secrets", "").is_write());
    }
}
