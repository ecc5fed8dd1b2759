//! One question to the operator, and its answer. Whatever happens, the question is taken back.

use std::{sync::Mutex, time::Duration};

use kube::{
    Api,
    api::{DeleteParams, ObjectMeta, PostParams},
};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    api::{ConditionType, SshKeyPlan, SshKeyPlanStatus, condition::find, names::GROUP},
    cli::{
        cluster::{Cluster, MANAGER},
        error::CliError,
        request::Request,
        screen,
    },
};

/// How often an answer is looked for.
const INTERVAL: Duration = Duration::from_millis(200);

/// How much longer than the wait a question stays, for an end at which nobody could take it back.
const GRACE: Duration = Duration::from_mins(1);

/// The longest that a question may stay.
const LONGEST: Duration = Duration::from_hours(1);

/// How long the operator may say nothing, whatever is asked: one answer shows that it works on the others.
pub(in crate::cli) struct Patience {
    timeout: Duration,
    last_answer: Mutex<Instant>,
}

impl Patience {
    pub(in crate::cli) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            last_answer: Mutex::new(Instant::now()),
        }
    }

    fn answered(&self) {
        if let Ok(mut last) = self.last_answer.lock() {
            *last = Instant::now();
        }
    }

    fn is_over(&self) -> bool {
        self.last_answer
            .lock()
            .is_ok_and(|last| last.elapsed() > self.timeout)
    }
}

/// Asks what the spec of an `SshKeyPlan` says, but for its time.
pub(in crate::cli) async fn ask(
    cluster: &Cluster,
    mut spec: Value,
    patience: &Patience,
    stop: &CancellationToken,
) -> Result<SshKeyPlanStatus, CliError> {
    let stays = (patience.timeout + GRACE).min(LONGEST);
    spec["ttl"] = format!("{}s", stays.as_secs()).into();
    let about = spec["name"].as_str().unwrap_or_default().to_owned();
    let name = own_name(&about);
    let unreadable = |cause: serde_json::Error| CliError::Unreadable {
        subject: format!("the plan of SshKey {about}"),
        cause: cause.to_string(),
    };
    let question = SshKeyPlan {
        metadata: ObjectMeta {
            name: Some(name.clone()),
            ..ObjectMeta::default()
        },
        spec: serde_json::from_value(spec).map_err(unreadable)?,
        status: None,
    };
    let api: Api<SshKeyPlan> = Api::namespaced(cluster.client(), cluster.namespace());
    let params = PostParams {
        field_manager: Some(MANAGER.to_owned()),
        ..PostParams::default()
    };
    // Never given up half way: what was sent is stored, or it is not.
    let answer = match api.create(&params, &question).await {
        Ok(_) => {
            tokio::select! {
                answer = answer(cluster, &api, &name, patience) => answer,
                () = stop.cancelled() => Err(CliError::Interrupted),
            }
        }
        Err(error) => {
            let is_refused = matches!(error, kube::Error::Api(_));
            let error = cluster.failed(&request(cluster, "create", None), error);
            if is_refused {
                return Err(error);
            }
            // Whether it is stored is not known.
            Err(error)
        }
    };
    take_back(&api, &name).await;
    answer
}

/// A name that this program knows before anything is sent.
fn own_name(about: &str) -> String {
    let short: String = about.chars().take(200).collect();
    let word = Uuid::new_v4().simple().to_string();
    format!("{}-{}", short.trim_end_matches(['.', '-']), &word[..8])
}

fn request(cluster: &Cluster, verb: &'static str, name: Option<&str>) -> Request {
    Request {
        verb,
        group: GROUP,
        resource: "sshkeyplans",
        kind: "SshKeyPlan",
        namespace: Some(cluster.namespace().to_owned()),
        name: name.map(str::to_owned),
    }
}

async fn answer(
    cluster: &Cluster,
    api: &Api<SshKeyPlan>,
    name: &str,
    patience: &Patience,
) -> Result<SshKeyPlanStatus, CliError> {
    loop {
        let plan = api.get(name).await;
        let plan =
            plan.map_err(|error| cluster.failed(&request(cluster, "get", Some(name)), error))?;
        let status = plan.status.unwrap_or_default();
        let is_true = |kind| {
            let condition = find(&status.conditions, kind);
            condition.is_some_and(|one| one.status == "True")
        };
        let complete = find(&status.conditions, ConditionType::Complete);
        if is_true(ConditionType::Complete) {
            patience.answered();
            return Ok(status);
        }
        if is_true(ConditionType::Stalled) {
            patience.answered();
            let why = complete.map(|one| format!("{}: {}", one.reason, one.message));
            return Err(CliError::NotNow(why.unwrap_or_default()));
        }
        if patience.is_over() {
            let seconds = patience.timeout.as_secs();
            return Err(CliError::NotNow(match complete {
                Some(one) => format!("no answer for {seconds} s, {}: {}", one.reason, one.message),
                None => format!(
                    "the operator does not answer, for {seconds} s: is it running, and does it watch namespace {}?",
                    cluster.namespace()
                ),
            }));
        }
        sleep(INTERVAL).await;
    }
}

async fn take_back(api: &Api<SshKeyPlan>, name: &str) {
    match api.delete(name, &DeleteParams::default()).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 404 => {}
        Err(error) => screen::tell(&format!(
            "SshKeyPlan {name} could not be deleted ({error}); the operator deletes it when its time is over."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::is_object_name;

    #[test]
    fn a_question_has_a_name_of_its_own_that_the_api_server_takes() {
        assert_ne!(own_name("web"), own_name("web"));
        for about in ["web", "a.b", &"a".repeat(300)] {
            let name = own_name(about);
            assert!(name.len() <= 253 && name.contains('-'), "{name}");
        }
        assert!(is_object_name(&own_name("a.b")));
    }

    #[tokio::test]
    async fn one_answer_is_a_sign_of_life_for_all_questions() {
        let patience = Patience::new(Duration::ZERO);
        sleep(Duration::from_millis(1)).await;
        assert!(patience.is_over());
        let patience = Patience::new(Duration::from_hours(1));
        assert!(!patience.is_over());
        patience.answered();
        assert!(!patience.is_over());
    }
}
