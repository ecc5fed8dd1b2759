//! `list`: one line for each `SshKey`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    arguments::{Format, Several},
    cluster::{Cluster, reference},
    error::CliError,
    objects::{Found, created, current, rotation, status},
    screen, structured,
    table::{coloured, table},
    times::{age, until},
};
use crate::api::ConditionType;

/// What stands where there is nothing to say.
const NOTHING: &str = "-";

/// On a terminal with fewer columns, some of what is said is left out: words that are cut into letters say nothing.
const NARROW: u16 = 60;
const ON_WIDE: [&str; 4] = ["ALGORITHM", "ROTATED", "ROTATES", "PENDING"];

/// Lists what is selected.
pub(super) async fn list(cluster: &Cluster, flags: &Several) -> Result<(), CliError> {
    let (all, selector) = (flags.all_namespaces, flags.selector.as_deref());
    if let Some(format) = flags.output {
        let kept = |found| kept(found, format);
        let found = cluster.list_as(all, selector, kept).await?;
        return screen::print_document(&formatted(found, format)?);
    }
    let now = Timestamp::now();
    let row = |found| row(&found, all, now);
    let rows = cluster.list_as(all, selector, row).await?;
    if rows.is_empty() {
        let place = if all {
            "any namespace".to_owned()
        } else {
            format!("namespace {}", cluster.namespace())
        };
        screen::tell(&format!("There are no such SshKeys in {place}."));
        return Ok(());
    }
    screen::print(&lines(rows, all, screen::width()))
}

/// What is kept of an object until all are printed.
pub(super) fn kept(found: Found, format: Format) -> Value {
    match format {
        Format::Name => reference(found.name()).into(),
        Format::Json | Format::Yaml => found.json,
    }
}

/// Objects as kubectl prints them with `-o`.
pub(super) fn formatted(mut found: Vec<Value>, format: Format) -> Result<String, CliError> {
    if format == Format::Name {
        let names = found.iter().filter_map(Value::as_str);
        return Ok(lines_of(names.map(str::to_owned).collect()));
    }
    let all = match (found.len(), found.pop()) {
        (1, Some(one)) => one,
        (_, last) => {
            found.extend(last);
            json!({ "apiVersion": "v1", "kind": "List", "items": found })
        }
    };
    match format {
        Format::Yaml => structured::yaml(&all),
        Format::Json | Format::Name => structured::json(&all),
    }
}

/// Each on a line of its own.
fn lines_of(mut texts: Vec<String>) -> String {
    // What ends the last line; of none there is none.
    texts.extend((!texts.is_empty()).then(String::new));
    texts.join("\n")
}

/// The table.
fn lines(mut rows: Vec<Vec<String>>, with_namespace: bool, width: Option<u16>) -> String {
    let mut header = vec![
        "NAME",
        "READY",
        "REASON",
        "ALGORITHM",
        "AGE",
        "ROTATED",
        "ROTATES",
        "PENDING",
    ];
    if with_namespace {
        header.insert(0, "NAMESPACE");
    }
    if width.is_some_and(|width| width < NARROW) {
        let is_said = |name: &str| !ON_WIDE.contains(&name);
        for row in &mut rows {
            let mut names = header.iter();
            row.retain(|_| names.next().is_none_or(|name| is_said(name)));
        }
        header.retain(|name| is_said(name));
    }
    table(Some(&header), rows, width)
}

fn row(found: &Found, with_namespace: bool, now: Timestamp) -> Vec<String> {
    let mut cells = cells(found, now);
    if with_namespace {
        cells.insert(0, found.namespace().to_owned());
    }
    cells
}

fn cells(found: &Found, now: Timestamp) -> Vec<String> {
    let or_nothing = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
    let (status, rotation) = (status(&found.key), rotation(&found.key));
    let ready = current(&found.key, ConditionType::Ready);
    vec![
        found.name().to_owned(),
        ready.map_or_else(
            || coloured("Unknown", false),
            |ready| coloured(&ready.status, ready.status == "True"),
        ),
        match &found.unreadable {
            Some(_) => "Unreadable".to_owned(),
            None => or_nothing(ready.map(|ready| ready.reason.clone())),
        },
        or_nothing(status.algorithm),
        or_nothing(created(&found.key).map(|time| age(time, now))),
        or_nothing(
            rotation
                .last_rotation_time
                .map(|time| format!("{} ago", age(time.0, now))),
        ),
        or_nothing(rotation.next_rotation_time.map(|time| until(time.0, now))),
        or_nothing(rotation.pending.map(|key| key.fingerprint)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Found {
        let object = json!({
            "apiVersion": "sshkey-operator.io/v1alpha1", "kind": "SshKey",
            "metadata": { "name": "web", "namespace": "team-a", "generation": 1,
                "creationTimestamp": "2026-11-01T00:00:00Z" },
            "spec": {},
            "status": { "algorithm": "Ed25519", "conditions": [{
                "type": "Ready", "status": "True", "reason": "UpToDate", "message": "",
                "observedGeneration": 1, "lastTransitionTime": "2026-11-01T00:00:01Z" }],
                "rotation": { "revision": 2, "lastRotationTime": "2026-11-10T00:00:00Z" } }
        });
        Found::read(serde_json::from_value(object).unwrap()).unwrap()
    }

    fn shown(width: u16) -> String {
        let now = "2026-11-11T00:00:00Z".parse().unwrap();
        let text = lines(vec![row(&found(), true, now)], true, Some(width));
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn a_line_says_how_a_key_stands_at_80_and_at_200_columns() {
        let expected = "\
NAMESPACE  NAME  READY  REASON    ALGORITHM  AGE  ROTATED  ROTATES  PENDING
team-a     web   True   UpToDate  Ed25519    10d  24h ago  -        -
";
        assert_eq!(shown(80), expected);
        assert_eq!(shown(200), expected);
    }

    #[test]
    fn at_40_columns_it_says_how_a_key_stands_and_nothing_of_its_rotation() {
        let expected = "\
NAMESPACE  NAME  READY  REASON    AGE
team-a     web   True   UpToDate  10d
";
        assert_eq!(shown(40), expected);
    }

    #[test]
    fn a_condition_of_an_earlier_spec_is_not_shown_as_the_present_one() {
        let mut found = found();
        found.key.metadata.generation = Some(2);
        assert!(cells(&found, Timestamp::UNIX_EPOCH)[1].contains("Unknown"));
    }

    #[test]
    fn one_object_is_printed_as_itself_and_several_as_a_list() {
        assert_eq!(
            formatted(vec![kept(found(), Format::Name)], Format::Name).unwrap(),
            "sshkey.sshkey-operator.io/web\n"
        );
        let one = formatted(vec![kept(found(), Format::Json)], Format::Json).unwrap();
        assert!(one.contains("\"kind\": \"SshKey\"") && !one.contains("\"items\""));
        let two = formatted(vec![kept(found(), Format::Yaml); 2], Format::Yaml).unwrap();
        assert!(two.contains("kind: List"), "{two}");
    }
}
