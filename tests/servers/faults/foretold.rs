//! Every scenario as a plan first, and then for real: the steps are the same.

use std::{collections::BTreeMap, io::Write as _, sync::Mutex};

use futures::future::join_all;
use kube::{Api, api::DeleteParams};
use serde_json::{Value, json};
use sshkey_operator::api::{SshKey, SshKeyPlan, names::annotation};

use super::{
    scenario::{Change, Scenario},
    scenarios::SCENARIOS,
    stage::Stage,
    state::State,
};
use crate::{
    operator::{metrics::scrape, openmetrics::Scrape},
    planned::ask::{answer, steps},
};

/// How often each step is taken, by its name.
type Steps = BTreeMap<String, usize>;

/// What is asked about a change; `None` for what tools do around an apply, of which a plan knows nothing: they take metadata
/// away, restore another object, or change a Secret.
async fn question(stage: &Stage, change: Change) -> Option<Value> {
    let live = async |name: &str| -> SshKey {
        let keys: Api<SshKey> = stage.world.api();
        keys.get(name).await.unwrap()
    };
    match change {
        Change::Apply(manifest) => {
            let key: SshKey = serde_saphyr::from_str(manifest).unwrap();
            let name = key.metadata.name.unwrap();
            Some(json!({ "name": name, "template": { "spec": key.spec } }))
        }
        Change::Annotate(name, request, value) => {
            assert_eq!(request, annotation::ROTATE_REQUESTED_AT);
            let metadata = json!({ "annotations": { request: value } });
            let spec = live(name).await.spec;
            Some(json!({ "name": name, "template": { "metadata": metadata, "spec": spec } }))
        }
        Change::Delete(name) => Some(json!({ "name": name, "delete": true })),
        Change::Replace(_) | Change::Restore(_) | Change::HoldAndDelete(_) => None,
    }
}

/// The steps that the operator has taken since its start.
async fn taken(stage: &Stage) -> Steps {
    let Scrape { series, .. } = scrape(&stage.world).await;
    let done = series.into_iter().filter_map(|((name, labels), count)| {
        let is_done = name == "sshkey_steps_total" && labels["outcome"] == "done";
        (is_done && count > 0.0).then(|| (labels["step"].clone(), count))
    });
    // What is counted is whole, and as a float it is exact.
    done.map(|(step, count)| (step, format!("{count}").parse().unwrap()))
        .collect()
}

/// The steps that were foretold, and those that were taken; `None` for a scenario that a plan can't be asked about.
async fn both(stage: &Stage, scenario: &Scenario) -> Option<(Steps, Steps)> {
    stage.set(scenario).await;
    let world = &stage.world;
    let asked = question(stage, scenario.change).await?;
    let status = answer(world, "foretold", &asked).await;
    let mut foretold = Steps::new();
    for step in steps(&status) {
        *foretold.entry(step.to_owned()).or_default() += 1;
    }
    let plans: Api<SshKeyPlan> = world.api();
    plans
        .delete("foretold", &DeleteParams::default())
        .await
        .unwrap();
    let before = taken(stage).await;
    stage.change(scenario.change).await;
    world
        .until(format!("the end of {}", scenario.name), async || {
            (scenario.end)(&State::look(world).await)
        })
        .await;
    // It has come to rest when all was looked at twice more.
    stage.wait_lists(2).await;
    let mut after = taken(stage).await;
    for (step, count) in &mut after {
        *count -= before.get(step).copied().unwrap_or_default();
    }
    after.retain(|_, count| *count > 0);
    Some((foretold, after))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_steps_of_every_scenario_are_those_that_its_plan_has_foretold() {
    let stages = join_all((0..3).map(|_| Stage::new())).await;
    let next = Mutex::new(SCENARIOS.iter());
    let found = join_all(stages.iter().map(async |stage| {
        let mut found = Vec::new();
        while let Some(scenario) = { next.lock().unwrap().next() } {
            let steps = both(stage, scenario).await;
            found.extend(steps.map(|steps| (scenario.name, steps)));
        }
        found
    }));
    let found: Vec<_> = found.await.into_iter().flatten().collect();
    let count: usize = found
        .iter()
        .flat_map(|(_, (_, taken))| taken.values())
        .sum();
    let different: Vec<_> = found
        .iter()
        .filter(|(_, (foretold, taken))| foretold != taken)
        .collect();
    let _ = writeln!(
        std::io::stderr(),
        "plans of the fault matrix: {} scenarios, {count} steps, {} differences",
        found.len(),
        different.len()
    );
    assert!(different.is_empty(), "{different:#?}");
    assert!(found.len() >= 7 && count > 20);
}
