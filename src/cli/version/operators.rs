//! The operators that are installed, by the labels that the chart gives its Deployment.

use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api,
    api::{ListParams, ObjectMeta, PartialObjectMeta},
};

use crate::cli::{
    cluster::{Cluster, PAGE},
    error::CliError,
    request::Request,
};

/// The chart's own name, with what stands between it and its version in the label.
const CHART: &str = "sshkey-operator-";

/// The label that every chart has. The name of an installation may be changed, and the chart's can't.
const CHART_LABEL: &str = "helm.sh/chart";

/// The label with the operator's version.
const VERSION_LABEL: &str = "app.kubernetes.io/version";

/// One installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) version: String,
}

/// What could be seen of operators.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) operators: Vec<Operator>,
    /// Why not all namespaces were read.
    pub(super) unseen: Option<String>,
}

/// Searches all namespaces, or only the chosen one where the caller may not read the others.
pub(super) async fn operators(cluster: &Cluster) -> Result<Seen, CliError> {
    match list(cluster, true).await {
        Ok(operators) => Ok(Seen {
            operators,
            unseen: None,
        }),
        Err(everywhere @ CliError::Forbidden { .. }) => match list(cluster, false).await {
            Ok(operators) => Ok(Seen {
                operators,
                unseen: Some(everywhere.line()),
            }),
            Err(CliError::Forbidden { .. }) => Ok(Seen {
                unseen: Some(everywhere.line()),
                ..Seen::default()
            }),
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    }
}

async fn list(cluster: &Cluster, all_namespaces: bool) -> Result<Vec<Operator>, CliError> {
    let (client, namespace) = (cluster.client(), cluster.namespace());
    let api: Api<Deployment> = if all_namespaces {
        Api::all(client)
    } else {
        Api::namespaced(client, namespace)
    };
    let request = Request {
        verb: "list",
        group: "apps",
        resource: "deployments",
        kind: "Deployment",
        namespace: (!all_namespaces).then(|| namespace.to_owned()),
        name: None,
    };
    let selector = format!("{CHART_LABEL},{VERSION_LABEL}");
    let mut params = ListParams::default().labels(&selector).limit(PAGE);
    let mut found = Vec::new();
    loop {
        let page = api.list_metadata(&params).await;
        let page = page.map_err(|error| cluster.failed(&request, error))?;
        let own = |one: PartialObjectMeta<Deployment>| operator(one.metadata);
        found.extend(page.items.into_iter().filter_map(own));
        match page.metadata.continue_ {
            Some(more) if !more.is_empty() => params = params.continue_token(&more),
            _ => return Ok(found),
        }
    }
}

/// `None` for a Deployment of another chart.
fn operator(metadata: ObjectMeta) -> Option<Operator> {
    let labels = metadata.labels?;
    let version = labels.get(CHART_LABEL)?.strip_prefix(CHART)?;
    version
        .starts_with(|char: char| char.is_ascii_digit())
        .then_some(())?;
    Some(Operator {
        namespace: metadata.namespace?,
        name: metadata.name?,
        version: labels.get(VERSION_LABEL)?.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(chart: &str) -> Option<Operator> {
        let labels = [(CHART_LABEL, chart), (VERSION_LABEL, "0.2.0")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        operator(ObjectMeta {
            namespace: Some("here".to_owned()),
            name: Some("own".to_owned()),
            labels: Some(labels.into()),
            ..ObjectMeta::default()
        })
    }

    #[test]
    fn an_operator_is_known_by_its_chart_whatever_it_is_called() {
        assert_eq!(of("sshkey-operator-0.1.0").unwrap().version, "0.2.0");
        assert_eq!(of("sshkey-operator-dashboards-1.0.0"), None);
        assert_eq!(of("other-0.1.0"), None);
    }
}
