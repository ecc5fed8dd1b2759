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

/// Lists what is selected.
pub(super) async fn list(cluster: &Cluster, flags: &Several) -> Result<(), CliError> {
    let found = cluster
        .list(flags.all_namespaces, flags.selector.as_deref())
        .await?;
    if let Some(format) = flags.output {
        return screen::print(&formatted(&found, format)?);
    }
    if found.is_empty() {
        let place = if flags.all_namespaces {
            "any namespace".to_owned()
        } else {
            format!("namespace {}", cluster.namespace())
        };
        screen::tell(&format!("There are no such SshKeys in {place}."));
        return Ok(());
    }
    let now = Timestamp::now();
    screen::print(&lines(&found, flags.all_namespaces, now, screen::width()))
}

/// Objects as kubectl prints them with `-o`.
pub(super) fn formatted(found: &[Found], format: Format) -> Result<String, CliError> {
    let all = || {
        if let [one] = found {
            return one.json.clone();
        }
        let items: Vec<&Value> = found.iter().map(|one| &one.json).collect();
        json!({ "apiVersion": "v1", "kind": "List", "items": items })
    };
    match format {
        Format::Name => {
            let names: Vec<String> = found.iter().map(|one| reference(one.name())).collect();
            Ok(lines_of(names))
        }
        Format::Json => structured::json(&all()),
        Format::Yaml => structured::yaml(&all()),
    }
}

/// Each on a line of its own.
fn lines_of(mut texts: Vec<String>) -> String {
    // What ends the last line; of none there is none.
    texts.extend((!texts.is_empty()).then(String::new));
    texts.join("\n")
}

/// The table.
fn lines(found: &[Found], with_namespace: bool, now: Timestamp, width: Option<u16>) -> String {
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
    let rows = found.iter().map(|one| {
        let mut cells = cells(one, now);
        if with_namespace {
            cells.insert(0, one.namespace().to_owned());
        }
        cells
    });
    table(Some(&header), rows.collect(), width)
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
        let text = lines(&[found()], true, now, Some(width));
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
    fn no_line_is_wider_than_a_narrow_terminal() {
        for line in shown(40).lines() {
            assert!(line.chars().count() <= 40, "{line}");
        }
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
            formatted(&[found()], Format::Name).unwrap(),
            "sshkey.sshkey-operator.io/web\n"
        );
        let one = formatted(&[found()], Format::Json).unwrap();
        assert!(one.contains("\"kind\": \"SshKey\"") && !one.contains("\"items\""));
        let two = formatted(&[found(), found()], Format::Yaml).unwrap();
        assert!(two.contains("kind: List"), "{two}");
    }
}
