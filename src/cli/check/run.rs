//! Everything that is checked, in its order.

use http::header::DATE;
use jiff::{Timestamp, fmt::rfc2822};
use kube::{Api, api::ListParams, client::Body};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    findings::{Finding, Mark, count_bad, lines},
    flags::Check,
    rights::rights,
};
use crate::{
    api::{
        AzureStore, AzureStoreStatus, ClusterAzureStore, ConditionType,
        condition::find,
        names::{FINALIZER, GROUP},
    },
    cli::{
        cluster::Cluster,
        definitions::{Definition, Fit, definitions},
        error::CliError,
        interrupt::tidily,
        objects::status,
        plan::{Patience, ask},
        request::Request,
        screen,
    },
};

/// Ages, delays and tokens are told by clocks that are no further apart, in seconds.
const APART: i64 = 30;

/// Checks, and prints what was found.
pub(in crate::cli) async fn check(cluster: &Cluster, flags: &Check) -> Result<u8, CliError> {
    let stop = CancellationToken::new();
    let found = tidily(&stop, findings(cluster, flags, &stop)).await;
    let found = found.ok_or(CliError::Interrupted)??;
    screen::print(&lines(&found, screen::width()))?;
    match count_bad(&found) {
        0 => Ok(0),
        1 => Err(CliError::NotNow(
            "1 thing is not as it should be".to_owned(),
        )),
        count => Err(CliError::NotNow(format!(
            "{count} things are not as they should be"
        ))),
    }
}

async fn findings(
    cluster: &Cluster,
    flags: &Check,
    stop: &CancellationToken,
) -> Result<Vec<Finding>, CliError> {
    let mut found = server(cluster).await?;
    found.extend(definitions(cluster).await?.iter().map(definition));
    found.extend(rights(cluster).await?);
    found.push(operator(cluster, flags, stop).await);
    found.extend(stores(cluster).await);
    found.extend(cluster_stores(cluster).await);
    found.push(keys(cluster).await);
    Ok(found)
}

/// Whether the API server answers, and what time it is there.
async fn server(cluster: &Cluster) -> Result<Vec<Finding>, CliError> {
    let failed = |error| cluster.failed(&Request::path("/version"), error);
    let version = cluster.client().apiserver_version().await.map_err(failed)?;
    let text = format!("the API server answers, Kubernetes {}", version.git_version);
    let mut found = vec![Finding::new(Mark::Good, "cluster", text)];
    let request = http::Request::get("/version").body(Body::empty());
    let request = request.map_err(|error| failed(kube::Error::HttpError(error)))?;
    let answer = cluster.client().send(request).await.map_err(failed)?;
    let date = answer
        .headers()
        .get(DATE)
        .and_then(|date| date.to_str().ok());
    if let Some(time) = date.and_then(|date| rfc2822::parse(date).ok()) {
        found.push(clock(time.timestamp(), Timestamp::now()));
    }
    Ok(found)
}

fn clock(there: Timestamp, here: Timestamp) -> Finding {
    let apart = here.duration_since(there).as_secs().abs();
    if apart <= APART {
        return Finding::new(
            Mark::Good,
            "clock",
            "this machine's and the API server's agree",
        );
    }
    let text = format!(
        "this machine's and the API server's are {apart} s apart: set the one that is wrong by NTP"
    );
    Finding::new(Mark::Bad, "clock", text)
}

/// How each definition fits this program.
fn definition(one: &Definition) -> Finding {
    let mark = match one.fit {
        Fit::Same => Mark::Good,
        Fit::Newer(_) => Mark::Note,
        Fit::Older(_) | Fit::Missing => Mark::Bad,
    };
    Finding::new(mark, "definition", one.text())
}

/// Whether the operator answers a question about the namespace, which is asked and taken back.
async fn operator(cluster: &Cluster, flags: &Check, stop: &CancellationToken) -> Finding {
    // About an SshKey that nobody has.
    let word = Uuid::new_v4().simple().to_string();
    let question = json!({ "name": format!("check-{word}"), "template": { "spec": {} } });
    match ask(cluster, question, &Patience::new(flags.timeout), stop).await {
        Ok(_) => Finding::new(
            Mark::Good,
            "operator",
            format!("it answers, and watches namespace {}", cluster.namespace()),
        ),
        Err(error @ CliError::Forbidden { .. }) => Finding::new(
            Mark::Note,
            "operator",
            format!("not asked: {}", error.line()),
        ),
        Err(error) => Finding::new(Mark::Bad, "operator", error.line()),
    }
}

async fn stores(cluster: &Cluster) -> Vec<Finding> {
    let api: Api<AzureStore> = Api::namespaced(cluster.client(), cluster.namespace());
    match api.list(&ListParams::default()).await {
        Ok(list) => {
            let each = list.items.iter().map(|one| {
                let name = one.metadata.name.as_deref().unwrap_or_default();
                store("AzureStore", name, one.status.as_ref())
            });
            each.collect()
        }
        Err(error) => {
            let namespace = Some(cluster.namespace().to_owned());
            vec![unseen(cluster, "azurestores", namespace, error)]
        }
    }
}

async fn cluster_stores(cluster: &Cluster) -> Vec<Finding> {
    let api: Api<ClusterAzureStore> = Api::all(cluster.client());
    match api.list(&ListParams::default()).await {
        Ok(list) => {
            let each = list.items.iter().map(|one| {
                let name = one.metadata.name.as_deref().unwrap_or_default();
                store("ClusterAzureStore", name, one.status.as_ref())
            });
            each.collect()
        }
        Err(error) => vec![unseen(cluster, "clusterazurestores", None, error)],
    }
}

/// Why stores were not seen: mostly a missing right.
fn unseen(
    cluster: &Cluster,
    resource: &'static str,
    namespace: Option<String>,
    error: kube::Error,
) -> Finding {
    let request = Request {
        verb: "list",
        group: GROUP,
        resource,
        kind: "store",
        namespace,
        name: None,
    };
    let why = cluster.failed(&request, error).line();
    Finding::new(Mark::Note, "store", format!("not seen: {why}"))
}

fn store(kind: &str, name: &str, status: Option<&AzureStoreStatus>) -> Finding {
    let conditions = status.map_or(&[][..], |status| &status.conditions);
    match find(conditions, ConditionType::Ready) {
        Some(ready) if ready.status == "True" => {
            Finding::new(Mark::Good, "store", format!("{kind} {name} is ready"))
        }
        Some(ready) => {
            let text = format!("{kind} {name}, {}: {}", ready.reason, ready.message);
            Finding::new(Mark::Bad, "store", text)
        }
        None => {
            let text = format!("{kind} {name}: the operator has not checked it yet");
            Finding::new(Mark::Note, "store", text)
        }
    }
}

/// What would wait for the operator for ever if it were uninstalled now.
async fn keys(cluster: &Cluster) -> Finding {
    let (place, found) = if let Ok(found) = cluster.list(true, None).await {
        ("in all namespaces".to_owned(), found)
    } else {
        let place = format!("in namespace {}", cluster.namespace());
        match cluster.list(false, None).await {
            Ok(found) => (place, found),
            Err(error) => return Finding::new(Mark::Note, "uninstall", error.line()),
        }
    };
    let held = found.iter().filter(|one| {
        let finalizers = one.key.metadata.finalizers.iter().flatten();
        finalizers
            .into_iter()
            .any(|finalizer| finalizer == FINALIZER)
    });
    let published = held.clone().filter(|one| {
        let azure = status(&one.key).azure;
        azure.is_some_and(|azure| !azure.places.is_empty())
    });
    let (count, published) = (held.count(), published.count());
    let text = match count {
        0 => format!("an uninstall strands nothing {place}"),
        _ => format!(
            "an uninstall strands {count} SshKeys {place}, {published} of them with keys in Azure: delete them first"
        ),
    };
    Finding::new(Mark::Note, "uninstall", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_are_apart_are_told() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(clock(at(100), at(130)).mark, Mark::Good);
        let apart = clock(at(100), at(0));
        assert_eq!(apart.mark, Mark::Bad);
        assert!(apart.text.contains("100 s apart"), "{}", apart.text);
    }
}
