//! From the flags to the plan of each `SshKey`.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    ask::{Patience, ask},
    documents::{Origin, read},
    dry_run,
    flags::{Plan, PlanFormat},
    manifests::{Manifest, sort},
    object_changes::changes,
    report::json as report,
    text::text,
    totals::Planned,
};
use crate::{
    api::{StepAction, names::annotation},
    cli::{bar::Bar, cluster::Cluster, error::CliError, interrupt::tidily, screen},
};

/// How many questions are asked at once; the operator takes twenty of a namespace.
const AT_ONCE: usize = 16;

/// The exit code for a plan with changes, where it is asked for.
const CHANGES: u8 = 2;

/// By what people ask something of the operator.
const REQUESTS: [&str; 3] = [
    annotation::ROTATE_REQUESTED_AT,
    annotation::ACTIVATE,
    annotation::ABANDON,
];

/// One `SshKey` that is planned.
struct Subject {
    namespace: String,
    name: String,
    /// `None` for one of the cluster, as it is.
    manifest: Option<Manifest>,
}

impl Subject {
    fn origin(&self) -> Option<Origin> {
        let manifest = self.manifest.as_ref();
        manifest.map(|manifest| manifest.origin.clone())
    }

    fn title(&self) -> String {
        match self.origin() {
            Some(origin) => format!("{origin} (SshKey {}/{})", self.namespace, self.name),
            None => format!("SshKey {}/{}", self.namespace, self.name),
        }
    }
}

/// Plans, and prints the plan. Returns the exit code.
pub(in crate::cli) async fn plan(cluster: &Cluster, flags: &Plan) -> Result<u8, CliError> {
    let (subjects, left_out, broken) = subjects(cluster, flags)?;
    let mut errors: Vec<(String, String)> = broken
        .into_iter()
        .map(|(origin, why)| (origin.to_string(), CliError::NotNow(why).line()))
        .collect();
    let stop = CancellationToken::new();
    let outcomes = tidily(&stop, all(cluster, flags, subjects, &stop)).await;
    let mut planned = Vec::new();
    for (title, outcome) in outcomes.ok_or(CliError::Interrupted)? {
        match outcome {
            Ok(one) => planned.push(one),
            Err(error) if is_about_everything(&error) => return Err(error),
            // Stopped by an error about everything, which comes in its turn.
            Err(CliError::Interrupted) => {}
            Err(error) => errors.push((title, error.line())),
        }
    }
    match flags.output {
        Some(PlanFormat::Json) => screen::print_document(&report(&planned, &left_out, &errors)?)?,
        None if planned.is_empty() && left_out.is_empty() => {}
        None => screen::print(&text(&planned, &left_out, screen::width()))?,
    }
    let has_changes = planned.iter().any(Planned::is_change);
    match tell(errors) {
        Some(error) => Err(error),
        None if flags.detailed_exit_code && has_changes => Ok(CHANGES),
        None => Ok(0),
    }
}

type Subjects = (Vec<Subject>, Vec<(Origin, String)>, Vec<(Origin, String)>);

fn subjects(cluster: &Cluster, flags: &Plan) -> Result<Subjects, CliError> {
    let Plan { name, filename, .. } = flags;
    if let (Some(name), true) = (name, filename.is_empty()) {
        let subject = Subject {
            namespace: cluster.namespace().to_owned(),
            name: name.clone(),
            manifest: None,
        };
        return Ok((vec![subject], Vec::new(), Vec::new()));
    }
    let documents = read(filename, flags.recursive)?;
    let sorted = sort(documents, cluster.namespace(), cluster.named_namespace());
    let is_meant = |one: &Manifest| name.as_ref().is_none_or(|name| one.name == *name);
    let meant: Vec<Manifest> = sorted.manifests.into_iter().filter(is_meant).collect();
    if meant.is_empty() && sorted.broken.is_empty() {
        return Err(CliError::NotNow(format!(
            "there is no SshKey{} in the files",
            name.as_ref()
                .map(|name| format!(" {name}"))
                .unwrap_or_default()
        )));
    }
    let subjects = meant.into_iter().map(|manifest| Subject {
        namespace: manifest.namespace.clone(),
        name: manifest.name.clone(),
        manifest: Some(manifest),
    });
    Ok((subjects.collect(), sorted.left_out, sorted.broken))
}

/// Plans each, several at once, in their order.
async fn all(
    cluster: &Cluster,
    flags: &Plan,
    subjects: Vec<Subject>,
    stop: &CancellationToken,
) -> Vec<(String, Result<Planned, CliError>)> {
    let bar = Bar::of("planning", subjects.len());
    let patience = Patience::new(flags.timeout);
    let each = stream::iter(subjects).map(async |subject| {
        let planned = one(cluster, flags, &subject, &patience, stop).await;
        if planned.as_ref().is_err_and(is_about_everything) {
            stop.cancel();
        }
        bar.advance();
        (subject.title(), planned)
    });
    each.buffered(AT_ONCE).collect().await
}

async fn one(
    cluster: &Cluster,
    flags: &Plan,
    subject: &Subject,
    patience: &Patience,
    stop: &CancellationToken,
) -> Result<Planned, CliError> {
    if stop.is_cancelled() {
        return Err(CliError::Interrupted);
    }
    let cluster = &cluster.in_namespace(&subject.namespace);
    let name = &subject.name;
    let mut planned = Planned {
        origin: subject.origin(),
        namespace: subject.namespace.clone(),
        name: name.clone(),
        action: None,
        fields: Vec::new(),
        status: Default::default(),
    };
    let question = match &subject.manifest {
        _ if flags.destroy => {
            dry_run::delete(cluster, name).await?;
            planned.action = Some(StepAction::Delete);
            json!({ "name": name, "delete": true })
        }
        Some(manifest) => {
            let applied = dry_run::apply(cluster, flags, manifest).await?;
            planned.fields = changes(applied.live.as_ref(), &applied.after);
            planned.action = match applied.live {
                None => Some(StepAction::Create),
                Some(_) => (!planned.fields.is_empty()).then_some(StepAction::Update),
            };
            template(name, &applied.after)
        }
        None => template(name, &cluster.get(name).await?.json),
    };
    planned.status = ask(cluster, question, patience, stop).await?;
    Ok(planned)
}

/// The question what it would do to apply an object as it is here.
fn template(name: &str, object: &Value) -> Value {
    let annotations = object.pointer("/metadata/annotations");
    let requests: Map<String, Value> = REQUESTS
        .iter()
        .filter_map(|request| {
            let value = annotations?.get(*request)?;
            Some(((*request).to_owned(), value.clone()))
        })
        .collect();
    let mut template = json!({ "spec": object.get("spec").cloned().unwrap_or_else(|| json!({})) });
    if !requests.is_empty() {
        template["metadata"] = json!({ "annotations": requests });
    }
    json!({ "name": name, "template": template })
}

/// Whether every further request would fail in the same way.
fn is_about_everything(error: &CliError) -> bool {
    matches!(
        error,
        CliError::Unreachable { .. }
            | CliError::Unauthorized { .. }
            | CliError::NotInstalled(_)
            | CliError::NoCluster(_)
    )
}

/// Tells each failure once, with all that it happened to; returns the last line.
fn tell(errors: Vec<(String, String)>) -> Option<CliError> {
    let count = errors.len();
    let mut by_message: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (title, message) in errors {
        by_message.entry(message).or_default().push(title);
    }
    let mut lines = by_message
        .into_iter()
        .map(|(message, titles)| format!("{}: {message}", titles.join("; ")));
    if count <= 1 {
        return lines.next().map(CliError::NotNow);
    }
    for line in lines {
        screen::tell(&format!("error: {line}"));
    }
    Some(CliError::NotNow(format!("{count} can't be planned")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_has_the_spec_and_the_requests_of_people_and_nothing_else() {
        let object = json!({ "metadata": { "name": "web", "annotations": {
            "sshkey-operator.io/rotate-requested-at": "now", "note": "mine" } }, "spec": { "azure": {} } });
        assert_eq!(
            template("web", &object),
            json!({ "name": "web", "template": {
                "metadata": { "annotations": { "sshkey-operator.io/rotate-requested-at": "now" } },
                "spec": { "azure": {} } } })
        );
        let bare = json!({ "metadata": { "name": "web" } });
        assert_eq!(
            template("web", &bare),
            json!({ "name": "web", "template": { "spec": {} } })
        );
    }

    #[test]
    fn one_failure_is_one_line_and_several_are_counted() {
        let failure = |title: &str| (title.to_owned(), "no".to_owned());
        assert!(tell(Vec::new()).is_none());
        assert_eq!(tell(vec![failure("a")]).unwrap().line(), "a: no");
        let all = tell(vec![failure("a"), failure("b")]).unwrap();
        assert_eq!(all.line(), "2 can't be planned");
    }
}
