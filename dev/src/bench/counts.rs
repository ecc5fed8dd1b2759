//! How many requests the API server has answered, by its own count.

use std::collections::BTreeMap;

use anyhow::Context;
use kube::Client;

/// What the operator reads and writes.
const RESOURCES: [&str; 8] = [
    "sshkeys",
    "secrets",
    "events",
    "configmaps",
    "azurestores",
    "clusterazurestores",
    "sshkeyplans",
    "leases",
];

/// Requests so far, by verb and resource.
pub(super) async fn requests(client: &Client) -> anyhow::Result<BTreeMap<(String, String), f64>> {
    let request = http::Request::get("/metrics")
        .body(Vec::new())
        .context("ask for metrics")?;
    let text = client
        .request_text(request)
        .await
        .context("read the API server's metrics")?;
    let mut counts = BTreeMap::new();
    for line in text
        .lines()
        .filter(|line| line.starts_with("apiserver_request_total{"))
    {
        let Some((labels, count)) = line.rsplit_once(' ') else {
            continue;
        };
        let label = |name: &str| {
            let from = labels.split_once(&format!("{name}=\""))?.1;
            Some(from.split_once('"')?.0.to_owned())
        };
        let (Some(verb), Some(resource)) = (label("verb"), label("resource")) else {
            continue;
        };
        if RESOURCES.contains(&resource.as_str()) {
            let subresource = label("subresource").filter(|name| !name.is_empty());
            let resource =
                subresource.map_or(resource.clone(), |name| format!("{resource}/{name}"));
            let count: f64 = count.parse().unwrap_or_default();
            *counts.entry((verb, resource)).or_default() += count;
        }
    }
    Ok(counts)
}

/// What came between two counts, for each of so many keys.
pub(super) fn per_key(
    before: &BTreeMap<(String, String), f64>,
    after: &BTreeMap<(String, String), f64>,
    keys: u32,
) -> BTreeMap<String, f64> {
    let of_a_key = |(verb, _): &(String, String)| !["LIST", "WATCH"].contains(&verb.as_str());
    after
        .iter()
        .filter(|(key, _)| of_a_key(key))
        .map(|(key, count)| (key, count - before.get(key).copied().unwrap_or_default()))
        .filter(|(_, count)| *count > 0.0)
        .map(|((verb, resource), count)| (format!("{verb} {resource}"), count / f64::from(keys)))
        .collect()
}
