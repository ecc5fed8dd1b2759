//! A store is held before anything is recorded to be in Azure through it.

use sshkey_operator::{
    api::StoreKey,
    api::StoreKind,
    plan::{AzureStep, Step},
};

use crate::world::{World, at};

fn store(name: &str) -> StoreKey {
    StoreKey::new(StoreKind::AzureStore, name)
}

fn with_unheld(mut world: World, name: &str) -> World {
    world.unheld_stores.insert(store(name), "s1".to_owned());
    world
}

#[test]
fn a_store_is_held_before_the_record_that_names_it() {
    let world = with_unheld(World::published(), "default");
    let steps = world.step_names();
    assert_eq!(steps[..2], ["HoldStore", "Record"]);
    let held = world.settled();
    assert!(held.unheld_stores.is_empty());
}

#[test]
fn a_store_that_no_record_names_is_not_held() {
    let world = with_unheld(World::new(), "default");
    assert!(!world.step_names().contains(&"HoldStore"));
    let world = with_unheld(World::published(), "another");
    assert!(!world.step_names().contains(&"HoldStore"));
}

#[test]
fn a_store_that_lost_its_hold_while_a_record_names_it_is_held_again() {
    let world = with_unheld(World::published().settled(), "default");
    assert!(matches!(
        &world.plan().steps[..],
        [Step::Azure(AzureStep::HoldStore { uid, .. })] if uid == "s1"
    ));
}

#[test]
fn an_object_in_deletion_holds_nothing_any_more() {
    let mut world = with_unheld(World::published().settled(), "default");
    world.object.deleting_since = Some(at(-1));
    assert!(!world.step_names().contains(&"HoldStore"));
}
