//! What is shown to people before it is done is what is done then.

use sshkey_operator::{
    api::{
        PlannedStep, Reason, SshKeyStatus, StepAction,
        planned_step::KNOWN_AFTER_APPLY,
        rotation::{Activation, KeepPrevious, Rotation},
        sshkey::{AzureConflictPolicy, DeletionPolicy, ReplacePolicy, SecretSpec},
    },
    plan::{Beginning, Forecast, Foreseen, forecast},
};

use crate::{
    moves::relocate,
    rotation::{activation, ask, rotating},
    world::{ORPHAN_AFTER, World, at, azure_key, id, key},
};

impl World {
    /// What would come of the object. What must be read first is read.
    pub(crate) fn foretold(&self) -> Forecast {
        let mut reading = self.clone();
        let desired = self.desired();
        let mut observed = self.observed();
        for _ in 0..32 {
            let beginning = Beginning {
                status: &self.status,
                generation: 1,
                orphan_after: ORPHAN_AFTER,
                now: at(self.now),
                trusts: false,
            };
            match forecast(&desired, &observed, beginning) {
                Foreseen::Read(place) => observed = observed.after(reading.read_place(&place)),
                Foreseen::Forecast(forecast) => return forecast,
            }
        }
        panic!("it reads for ever");
    }

    /// The names of the steps that would be taken at once.
    pub(crate) fn foretold_steps(&self) -> Vec<String> {
        let steps = self.foretold().steps.into_iter();
        let now = steps.filter(|step| step.not_before.is_none());
        now.map(|step| step.step).collect()
    }

    /// The names of the steps that are taken until no more come.
    fn happens(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let taken = self.pass(usize::MAX).unwrap();
            let is_end = taken.is_empty() || self.released;
            all.extend(taken.iter().map(|step| step.name().to_owned()));
            if is_end {
                return all;
            }
        }
    }

    fn delete(&mut self) {
        self.object.deleting_since = Some(at(self.now));
    }
}

fn lines(forecast: &Forecast) -> Vec<String> {
    let line = |step: &PlannedStep| {
        let from = step.from.as_deref().unwrap_or_default();
        let to = step.to.as_deref().unwrap_or_default();
        // As Terraform has them.
        let symbol = match step.action {
            StepAction::Create => "+",
            StepAction::Update => "~",
            StepAction::Replace => "-/+",
            StepAction::Delete => "-",
        };
        format!("{symbol} {} {} [{from}] [{to}]", step.step, step.target)
    };
    forecast.steps.iter().map(line).collect()
}

#[test]
fn a_creation_is_foretold_with_its_targets_and_no_made_up_key() {
    let world = World::published();
    let forecast = world.foretold();
    let id = id();
    let unknown = format!("Ed25519 256 {KNOWN_AFTER_APPLY}");
    assert_eq!(
        lines(&forecast),
        [
            "~ Record SshKey web [] []".to_owned(),
            format!("+ CreateSecret Secret web [] [{unknown}]"),
            format!("+ PublishKey {id} [] [{unknown}]"),
        ]
    );
    assert_eq!(forecast.ready.unwrap().status, Some(true));
    assert!(!forecast.is_cut && forecast.warnings.is_empty());
    let all = format!("{:?}{:?}", forecast.steps, forecast.conditions);
    assert!(!all.contains("SHA256:"), "{all}");
}

#[test]
fn a_whole_rotation_is_foretold_and_who_trusts_the_old_key_is_warned() {
    let mut world = World::published().settled();
    let old = world.current().fingerprint().to_string();
    ask(&mut world, "now");
    let forecast = world.foretold();
    let swap = forecast
        .steps
        .iter()
        .find(|step| step.step == "ActivateKey");
    let swap = swap.unwrap();
    assert_eq!(swap.action, StepAction::Update);
    assert_eq!(swap.from.as_deref(), Some(old.as_str()));
    assert!(swap.to.as_ref().unwrap().contains(KNOWN_AFTER_APPLY));
    let staged = &forecast.steps[1];
    assert_eq!(staged.reason, "a rotation was requested: now");
    let warned = &forecast.warnings[0];
    assert!(
        warned.contains(&old) && warned.contains("do not trust"),
        "{warned}"
    );
    let foretold = world.foretold_steps();
    assert_eq!(foretold, world.happens());
}

#[test]
fn a_delay_says_when_the_next_key_takes_over() {
    let mut world = rotating(Rotation {
        delay: Some("24h".to_owned()),
        ..activation(Activation::Delayed)
    })
    .settled();
    ask(&mut world, "now");
    let forecast = world.foretold();
    let steps = forecast.steps.iter();
    let later: Vec<&PlannedStep> = steps.filter(|step| step.not_before.is_some()).collect();
    let swap = later
        .iter()
        .find(|step| step.step == "ActivateKey")
        .unwrap();
    assert_eq!(swap.not_before.as_ref().unwrap().0, at(24 * 3_600));
    let foretold = world.foretold_steps();
    assert_eq!(foretold, world.happens());
    world.now = 24 * 3_600;
    assert!(world.happens().contains(&"ActivateKey".to_owned()));
}

#[test]
fn a_former_key_says_when_it_is_deleted() {
    let mut world = rotating(Rotation {
        keep_previous: Some(KeepPrevious {
            count: Some(0),
            min_duration: Some("2h".to_owned()),
        }),
        ..Rotation::default()
    })
    .settled();
    let old = world.current().fingerprint().to_string();
    ask(&mut world, "now");
    let forecast = world.foretold();
    let steps = &forecast.steps;
    let retired = steps.iter().find(|step| step.step == "RetireKeys").unwrap();
    assert_eq!(retired.action, StepAction::Delete);
    assert_eq!(retired.from.as_deref(), Some(old.as_str()));
    assert_eq!(retired.not_before.as_ref().unwrap().0, at(2 * 3_600));
}

#[test]
fn a_key_that_waits_for_a_person_is_foretold_to_wait() {
    let mut world = rotating(activation(Activation::Manual)).settled();
    ask(&mut world, "now");
    let forecast = world.foretold();
    assert!(forecast.steps.iter().all(|step| step.step != "ActivateKey"));
    let message = forecast.ready.unwrap().message;
    assert!(message.contains(KNOWN_AFTER_APPLY), "{message}");
}

#[test]
fn the_next_rotation_of_a_schedule_is_not_part_of_this_plan() {
    let world = rotating(Rotation {
        every: Some("24h".to_owned()),
        ..Rotation::default()
    });
    let steps = world.foretold_steps();
    assert!(!steps.contains(&"StageKey".to_owned()), "{steps:?}");
}

#[test]
fn what_is_deleted_and_created_again_is_replaced() {
    let mut world = World::published().settled();
    relocate(&mut world, Some(ReplacePolicy::Recreate));
    let forecast = world.foretold();
    let gone = forecast
        .steps
        .iter()
        .find(|step| step.step == "DeleteAzureKey");
    assert_eq!(gone.unwrap().action, StepAction::Replace);
    let foretold = world.foretold_steps();
    assert_eq!(foretold, world.happens());
}

#[test]
fn a_deletion_is_foretold_to_its_end_and_what_is_lost_is_told() {
    for policy in [None, Some(DeletionPolicy::Delete)] {
        let mut world = World::published();
        world.spec.secret = Some(SecretSpec {
            deletion_policy: policy,
            ..SecretSpec::default()
        });
        let mut world = world.settled();
        world.delete();
        let forecast = world.foretold();
        assert_eq!(forecast.steps.last().unwrap().step, "RemoveFinalizer");
        assert!(forecast.conditions.is_empty() && forecast.ready.is_none());
        let is_lost = forecast
            .warnings
            .iter()
            .any(|text| text.contains("would be deleted"));
        assert_eq!(is_lost, policy.is_some(), "{:?}", forecast.warnings);
        let foretold = world.foretold_steps();
        assert_eq!(foretold, world.happens());
    }
}

#[test]
fn a_deletion_that_is_protected_takes_no_step_and_says_so() {
    let mut world = World::published().settled();
    world.spec.deletion_protection = true;
    world.delete();
    let forecast = world.foretold();
    assert!(forecast.steps.is_empty(), "{:?}", forecast.steps);
    assert_eq!(forecast.ready.unwrap().reason, Reason::DeletionProtected);
}

#[test]
fn a_public_key_that_stays_when_its_object_goes_is_told() {
    let mut world = World::published();
    world.spec.azure.as_mut().unwrap().deletion_policy = Some(DeletionPolicy::Retain);
    let mut world = world.settled();
    world.delete();
    let forecast = world.foretold();
    let told = &forecast.warnings[0];
    assert!(told.contains("stays in Azure"), "{told}");
}

#[test]
fn a_key_of_another_in_the_way_is_foretold_as_a_conflict_or_as_an_adoption() {
    let mut world = World::published();
    world
        .azure
        .insert(id(), azure_key(&key(), Default::default()));
    let forecast = world.foretold();
    assert_eq!(forecast.ready.unwrap().reason, Reason::AzureKeyConflict);
    let steps: Vec<&str> = forecast
        .steps
        .iter()
        .map(|step| step.step.as_str())
        .collect();
    assert!(!steps.contains(&"PublishKey") && !steps.contains(&"UpdateAzureKey"));
    world.spec.azure.as_mut().unwrap().conflict_policy = Some(AzureConflictPolicy::Adopt);
    let foretold = world.foretold_steps();
    assert!(
        foretold.contains(&"UpdateAzureKey".to_owned()),
        "{foretold:?}"
    );
    assert_eq!(foretold, world.happens());
}

#[test]
fn a_forecast_changes_nothing_and_is_the_same_each_time() {
    let world = World::published();
    let first = lines(&world.foretold());
    assert_eq!(first, lines(&world.foretold()));
    assert_eq!(world.status, SshKeyStatus::default());
    let world = world.settled();
    assert_eq!(world.foretold_steps(), Vec::<String>::new());
}
