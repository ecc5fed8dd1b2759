//! Every kind of step, refused for good: what rests on it stops, everything else goes on, and no condition is True of what
//! is not so. Once it is allowed again, everything comes to rest.

use sshkey_operator::{
    api::{
        ConditionType, Reason,
        condition::find,
        rotation::{Activation, KeepPrevious, Rotation},
        sshkey::{CreationPolicy, DeletionPolicy, ResourceGroup, SecretConflictPolicy, SecretSpec},
    },
    plan::{SecretKey, SecretView, Step},
};

use crate::{
    outputs,
    rotation::ask,
    sources,
    world::{World, at, foreign_secret, id, key},
};

/// What is to be seen while one kind of step is refused.
struct Row {
    world: World,
    /// The steps that are taken in spite of it.
    taken: &'static [&'static str],
    /// Whether the key pair, the outputs and Azure are as they are wanted; `None` where nothing is said of it.
    stands: [Option<bool>; 3],
}

fn row(world: World, taken: &'static [&'static str], stands: [Option<bool>; 3]) -> Row {
    Row {
        world,
        taken,
        stands,
    }
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

/// A new object with an output, in Azure.
fn new() -> World {
    outputs::world(vec![outputs::pem("files")])
}

/// The same, at rest.
fn settled() -> World {
    new().settled()
}

/// Its mark is taken off in Azure.
fn with_drift(mut world: World) -> World {
    world.azure.values_mut().for_each(|key| key.tags.clear());
    world
}

/// Its output was emptied.
fn with_spoiled_output(mut world: World) -> World {
    world
        .outputs
        .values_mut()
        .for_each(|facts| facts.entries.clear());
    world
}

fn without_labels(mut world: World) -> World {
    world.edit_secret(|facts| facts.labelled = false);
    world
}

fn moved(mut world: World) -> World {
    if let Some(azure) = &mut world.spec.azure {
        azure.name = Some("elsewhere".into());
    }
    world
}

fn rotating(activation: Activation) -> World {
    let mut world = new();
    world.spec.rotation = Some(Rotation {
        activation: Some(activation),
        delay: (activation == Activation::Delayed).then(|| "1h".to_owned()),
        keep_previous: Some(KeepPrevious {
            count: Some(0),
            min_duration: Some("1h".into()),
        }),
        ..Rotation::default()
    });
    let mut world = world.settled();
    ask(&mut world, "now");
    world
}

/// A rotation that has stopped before the first step of this name.
fn before(step: &str) -> World {
    let mut world = rotating(Activation::Immediate);
    for _ in 0..32 {
        let next = world.plan().steps.first().map(Step::name);
        if next == Some(step) {
            return world;
        }
        world.reconcile(1);
    }
    panic!("no {step}: {:?}", world.plan().steps);
}

/// Being deleted, with everything that goes.
fn leaving() -> World {
    let mut world = new();
    world.spec.secret = Some(SecretSpec {
        deletion_policy: Some(DeletionPolicy::Delete),
        ..SecretSpec::default()
    });
    world.spec.rotation = Some(Rotation {
        activation: Some(Activation::Manual),
        ..Rotation::default()
    });
    let mut world = world.settled();
    ask(&mut world, "one");
    world.reconcile(usize::MAX);
    let staged = world.staged_key().unwrap();
    world.object.activate = Some(staged.fingerprint());
    let mut world = world.settled();
    ask(&mut world, "two");
    world.reconcile(usize::MAX);
    world.object.deleting_since = Some(at(-1));
    world
}

fn imported() -> World {
    let mut world = sources::imported(&key(), true);
    world.spec.outputs = new().spec.outputs;
    world
}

fn adopting() -> World {
    let mut world = new();
    world.spec.secret = Some(SecretSpec {
        conflict_policy: Some(SecretConflictPolicy::Adopt),
        ..SecretSpec::default()
    });
    let facts = foreign_secret(SecretKey::Readable(key()));
    world.secret = SecretView::Present(Box::new(facts));
    world
}

/// The row of a kind of step. A kind that has none fails the test.
#[rustfmt::skip]
fn row_of(step: &str) -> Row {
    match step {
        "Record" => row(new(), &[], [NO, NO, NO]),
        "HoldStore" => {
            let mut world = new();
            let store = sshkey_operator::api::StoreKey::new(sshkey_operator::api::StoreKind::AzureStore, "default");
            world.unheld_stores.insert(store, "s1".into());
            row(world, &["Record", "CreateSecret", "CreateOutput"], [YES, YES, NO])
        }
        "CreateSecret" => row(new(), &["Record"], [NO, NO, NO]),
        "ImportKey" => row(imported(), &["Record"], [NO, NO, NO]),
        "AdoptSecret" => row(adopting(), &["Record"], [NO, NO, NO]),
        "RepairSecret" => {
            let world = with_drift(with_spoiled_output(without_labels(settled())));
            row(world, &["UpdateOutput", "UpdateAzureKey"], [YES, YES, YES])
        }
        "CreateOutput" => row(new(), &["Record", "CreateSecret", "PublishKey"], [YES, NO, YES]),
        "UpdateOutput" => {
            let world = with_drift(without_labels(with_spoiled_output(settled())));
            row(world, &["RepairSecret", "UpdateAzureKey"], [YES, NO, YES])
        }
        "DeleteOutput" => {
            let mut world = with_drift(settled());
            world.spec.outputs = None;
            row(world, &["UpdateAzureKey"], [YES, NO, YES])
        }
        "CreateResourceGroup" => {
            let mut world = new();
            let azure = world.spec.azure.as_mut().unwrap();
            azure.resource_group = Some(ResourceGroup {
                name: Some("another".into()),
                creation_policy: Some(CreationPolicy::IfMissing),
            });
            row(world, &["Record", "CreateSecret", "CreateOutput"], [YES, YES, NO])
        }
        "PublishKey" => row(new(), &["Record", "CreateSecret", "CreateOutput"], [YES, YES, NO]),
        "UpdateAzureKey" => {
            let world = with_drift(with_spoiled_output(without_labels(settled())));
            row(world, &["RepairSecret", "UpdateOutput"], [YES, YES, NO])
        }
        "RecordPlaces" => {
            let world = moved(with_spoiled_output(settled()));
            row(world, &["Record", "UpdateOutput"], [YES, YES, NO])
        }
        "DeleteAzureKey" => {
            let world = moved(with_spoiled_output(settled()));
            row(world, &["Record", "UpdateOutput", "RecordPlaces", "PublishKey"], [YES, YES, NO])
        }
        "DeletePreviousKeys" => row(leaving(), &["DeleteAzureKey", "DeleteOutput", "DropStagedKey"], [None; 3]),
        "DeleteSecret" => row(leaving(), &["DeleteAzureKey", "DeleteOutput", "DropStagedKey", "DeletePreviousKeys"], [None; 3]),
        "RemoveFinalizer" => row(leaving(), &["DeleteAzureKey", "DeleteOutput", "DropStagedKey", "DeletePreviousKeys", "DeleteSecret"], [None; 3]),
        other => row_of_rotation(other),
    }
}

#[rustfmt::skip]
fn row_of_rotation(step: &str) -> Row {
    match step {
        "StageKey" => row(rotating(Activation::Immediate), &["Record"], [YES, YES, YES]),
        "StageImportedKey" => {
            let mut world = imported().settled();
            world.given = Some(Ok(key()));
            row(world, &["Record"], [YES, YES, YES])
        }
        "KeepPreviousKey" => {
            let world = with_drift(with_spoiled_output(before("KeepPreviousKey")));
            row(world, &["UpdateOutput", "UpdateAzureKey"], [YES, YES, YES])
        }
        "BeginDelay" => {
            let world = rotating(Activation::Delayed);
            row(world, &["Record", "StageKey", "KeepPreviousKey", "UpdateAzureKey"], [YES, YES, YES])
        }
        "ActivateKey" => {
            let world = with_spoiled_output(before("ActivateKey"));
            row(world, &["UpdateOutput"], [YES, YES, YES])
        }
        "DateFormerKeys" => {
            let world = with_drift(before("DateFormerKeys"));
            row(world, &["UpdateAzureKey"], [YES, YES, YES])
        }
        "DropStagedKey" => {
            let world = with_drift(before("DropStagedKey"));
            row(world, &["UpdateAzureKey"], [YES, YES, YES])
        }
        "RetireKeys" => {
            let mut world = rotating(Activation::Immediate).settled();
            world.now += 7_200;
            row(with_drift(world), &["UpdateAzureKey"], [YES, YES, YES])
        }
        other => panic!("{other} has no row: say what rests on it"),
    }
}

#[test]
fn a_step_that_is_refused_for_good_stops_only_what_rests_on_it() {
    for step in Step::names() {
        let Row {
            mut world,
            taken,
            stands,
        } = row_of(step);
        world.refuses = Some(step);
        let steps = world.pass(usize::MAX).unwrap();
        let names: Vec<&str> = steps.iter().map(Step::name).collect();
        assert_eq!(names, taken, "{step}");
        assert_eq!(
            reason(&world),
            Some(Reason::AccessDenied.as_str().to_owned()),
            "{step}"
        );
        let kinds = [
            ConditionType::KeyAvailable,
            ConditionType::OutputsSynced,
            ConditionType::AzureSynced,
        ];
        if stands != [None; 3] {
            for (kind, wanted) in kinds.into_iter().zip(stands) {
                assert_eq!(is_true(&world, kind), wanted, "{step}: {kind:?}");
            }
        }
        world.refuses = None;
        world.pass(usize::MAX).unwrap();
        world.pass(usize::MAX).unwrap();
        let is_at_rest = world.released || world.plan().steps.is_empty();
        assert!(is_at_rest, "{step}: {:?}", world.plan().steps);
        assert!(
            world.violations.is_empty(),
            "{step}: {:?}",
            world.violations
        );
    }
}

fn reason(world: &World) -> Option<String> {
    let ready = find(&world.status.conditions, ConditionType::Ready)?;
    Some(ready.reason.clone())
}

fn is_true(world: &World, kind: ConditionType) -> Option<bool> {
    let condition = find(&world.status.conditions, kind)?;
    Some(condition.status == "True")
}

#[test]
fn what_is_refused_for_one_place_in_azure_does_not_hold_another() {
    let mut world = moved(settled());
    world.azure.insert(id(), world.azure[&id()].clone());
    world.refuses = Some("DeleteAzureKey");
    world.reconcile(usize::MAX);
    assert_eq!(world.azure.len(), 2, "the new place has the key");
}
