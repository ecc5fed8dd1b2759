//! `status`: everything that belongs to an `SshKey`, as a tree.

use jiff::Timestamp;

use super::{
    arguments::Status,
    cluster::Cluster,
    error::CliError,
    list::{formatted, kept},
    objects::{Found, rotation, status},
    screen,
    table::{coloured, table},
    times::{age, until},
};
use crate::api::{rotation::previous_name, status::Phase};

/// Shows one, or each of the namespace.
pub(super) async fn show(cluster: &Cluster, flags: &Status) -> Result<(), CliError> {
    let several = &flags.several;
    let (now, width) = (Timestamp::now(), screen::width());
    if let Some(format) = several.output {
        let found = selected(cluster, flags, |found| kept(found, format)).await?;
        return screen::print_document(&formatted(found, format)?);
    }
    let trees = selected(cluster, flags, |found| tree(&found, now, width)).await?;
    screen::print(&trees.join("\n"))
}

async fn selected<T>(
    cluster: &Cluster,
    flags: &Status,
    kept: impl Fn(Found) -> T,
) -> Result<Vec<T>, CliError> {
    if let Some(name) = &flags.name {
        return Ok(vec![kept(cluster.get(name).await?)]);
    }
    let several = &flags.several;
    let (all, selector) = (several.all_namespaces, several.selector.as_deref());
    cluster.list_as(all, selector, kept).await
}

/// The object, and what belongs to it.
fn tree(found: &Found, now: Timestamp, width: Option<u16>) -> String {
    let mut rows = keys(found, now);
    rows.extend(objects(found));
    rows.extend(conditions(found, now));
    let last = rows.len().saturating_sub(1);
    let rows = rows.into_iter().enumerate().map(|(place, (name, text))| {
        let branch = if place == last { "└─" } else { "├─" };
        vec![format!("{branch} {name}"), text]
    });
    let head = format!("SshKey {}/{}\n", found.namespace(), found.name());
    head + &table(None, rows.collect(), width)
}

fn keys(found: &Found, now: Timestamp) -> Vec<(String, String)> {
    let (status, rotation) = (status(&found.key), rotation(&found.key));
    let mut rows = Vec::new();
    let secret = status.secret_name.clone().unwrap_or_default();
    if let Some(fingerprint) = &status.fingerprint {
        let algorithm = status.algorithm.as_deref().unwrap_or_default();
        let size = status
            .size
            .map(|size| format!(" {size}"))
            .unwrap_or_default();
        let since = rotation.last_rotation_time.as_ref();
        let since = since.map(|time| format!(", since {}", age(time.0, now)));
        let text = format!(
            "{algorithm}{size} {fingerprint}{}",
            since.unwrap_or_default()
        );
        rows.push(("Key".to_owned(), text));
    }
    if let Some(pending) = &rotation.pending {
        let when = match &pending.activation_time {
            Some(time) => format!("takes over {}", until(time.0, now)),
            None => format!(
                "waits: kubectl sshkey activate {} -n {}",
                found.name(),
                found.namespace()
            ),
        };
        rows.push((
            "Next key".to_owned(),
            format!("{}, {when}", pending.fingerprint),
        ));
    }
    for former in &rotation.previous {
        let goes = match &former.retire_time {
            Some(time) => format!("goes {}", until(time.0, now)),
            None => "stays until the next rotation".to_owned(),
        };
        let place = format!("Secret {} {}", previous_name(&secret), former.entry);
        rows.push((
            "Former key".to_owned(),
            format!("{}, {place}, {goes}", former.fingerprint),
        ));
    }
    if let Some(time) = &rotation.next_rotation_time {
        rows.push(("Rotates".to_owned(), until(time.0, now)));
    }
    rows
}

fn objects(found: &Found) -> Vec<(String, String)> {
    let status = status(&found.key);
    let mut rows = Vec::new();
    if let Some(secret) = status.secret_name {
        rows.push(("Secret".to_owned(), secret));
    }
    for output in status.outputs {
        let leaving = if output.leaving { ", leaving" } else { "" };
        let text = format!(
            "{} {} ({}{leaving})",
            output.kind, output.name, output.shape
        );
        rows.push(("Output".to_owned(), text));
    }
    let places = status.azure.map(|azure| azure.places).unwrap_or_default();
    for place in places {
        let leaving = match place.phase {
            Phase::Published => "",
            Phase::Leaving => ", leaving",
        };
        let text = format!(
            "{} ({}, {:?}{leaving})",
            place.id, place.location, place.origin
        );
        rows.push(("Azure".to_owned(), text));
    }
    rows
}

/// Each condition with its message, which says what to do.
fn conditions(found: &Found, now: Timestamp) -> Vec<(String, String)> {
    let generation = found.key.metadata.generation;
    let conditions = status(&found.key).conditions;
    if let Some(why) = &found.unreadable {
        return vec![("Status".to_owned(), why.clone())];
    }
    if conditions.is_empty() {
        let text =
            "the operator has not answered yet: is it running, and does it watch this namespace?";
        return vec![("Status".to_owned(), text.to_owned())];
    }
    let rows = conditions.into_iter().map(|condition| {
        let is_good = (condition.status == "True") != (condition.type_ == "Stalled");
        let old = if condition.observed_generation == generation {
            ""
        } else {
            ", of an earlier spec"
        };
        let text = format!(
            "{} {} ({}{old}): {}",
            coloured(&condition.status, is_good),
            condition.reason,
            age(condition.last_transition_time.0, now),
            condition.message
        );
        (condition.type_, text)
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(status: &serde_json::Value) -> Found {
        let object = json!({
            "apiVersion": "sshkey-operator.io/v1alpha1", "kind": "SshKey",
            "metadata": { "name": "web", "namespace": "team-a", "generation": 1 },
            "spec": {}, "status": status
        });
        Found::read(serde_json::from_value(object).unwrap()).unwrap()
    }

    fn shown(status: &serde_json::Value, width: u16) -> String {
        let now = "2026-11-11T00:00:00Z".parse().unwrap();
        let text = tree(&found(status), now, Some(width));
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn a_tree_has_everything_that_belongs_to_a_key() {
        let status = json!({
            "fingerprint": "SHA256:new", "algorithm": "Ed25519", "size": 256, "secretName": "web",
            "rotation": { "revision": 2,
                "pending": { "fingerprint": "SHA256:next", "publicKey": "" },
                "previous": [{ "fingerprint": "SHA256:old", "entry": "0a", "revision": 1,
                    "retireTime": "2026-11-13T00:00:00Z" }] },
            "outputs": [{ "name": "web-pem", "kind": "Secret", "shape": "pem" }],
            "conditions": [{ "type": "Ready", "status": "True", "reason": "UpToDate", "message": "fine",
                "observedGeneration": 1, "lastTransitionTime": "2026-11-10T23:59:00Z" }]
        });
        assert_eq!(
            shown(&status, 200),
            "\
SshKey team-a/web
├─ Key         Ed25519 256 SHA256:new
├─ Next key    SHA256:next, waits: kubectl sshkey activate web -n team-a
├─ Former key  SHA256:old, Secret web-previous 0a, goes in 2d
├─ Secret      web
├─ Output      Secret web-pem (pem)
└─ Ready       True UpToDate (60s): fine
"
        );
    }

    #[test]
    fn at_80_columns_what_is_longer_goes_on_below_itself() {
        let status = json!({
            "fingerprint": "SHA256:qDkVJxKzSDHN7FvZ5mUIsVtqSYpdZjAgJzLZ2nDGTqs", "algorithm": "Ed25519", "size": 256,
            "conditions": [{ "type": "Ready", "status": "False", "reason": "StoreNotReady",
                "message": "AzureStore default is not there: create it, or name another one in azure.storeRef",
                "observedGeneration": 1, "lastTransitionTime": "2026-11-10T23:59:00Z" }]
        });
        assert_eq!(
            shown(&status, 80),
            "\
SshKey team-a/web
├─ Key    Ed25519 256 SHA256:qDkVJxKzSDHN7FvZ5mUIsVtqSYpdZjAgJzLZ2nDGTqs
└─ Ready  False StoreNotReady (60s): AzureStore default is not there: create
          it, or name another one in azure.storeRef
"
        );
    }

    #[test]
    fn at_40_columns_every_row_is_there_and_goes_on_below_itself() {
        let status = json!({
            "fingerprint": "SHA256:qDkVJxKzSDHN7FvZ5mUIsVtqSYpdZjAgJzLZ2nDGTqs", "algorithm": "Ed25519", "size": 256,
            "secretName": "web", "conditions": [{ "type": "Ready", "status": "True", "reason": "UpToDate",
                "message": "fine", "observedGeneration": 1, "lastTransitionTime": "2026-11-10T23:59:00Z" }]
        });
        assert_eq!(
            shown(&status, 40),
            "\
SshKey team-a/web
├─ Key     Ed25519 256 SHA256:qDkVJxKz
           SDHN7FvZ5mUIsVtqSYpdZjAgJzL
           Z2nDGTqs
├─ Secret  web
└─ Ready   True UpToDate (60s): fine
"
        );
    }

    #[test]
    fn a_key_that_no_operator_has_seen_says_so() {
        assert!(shown(&json!(null), 200).contains("is it running"));
    }
}
