//! What tools, backups and people do to an object, and what is to be seen of it afterwards.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        ArmId, SshKeyStatus, StoreKey, StoreKind,
        output::{Output, Pem},
        sshkey::{AzureConflictPolicy, AzureSpec, DeletionPolicy},
        status::{Origin, Phase},
    },
    keys::PublicKey,
    plan::{AzureRecord, KeyView, Mark, RotationRecord},
};

use crate::world::{World, at, azure_key, id, mark, tags};

/// More passes than any object needs to come to rest.
const PASSES: usize = 8;

/// Reconciles until a pass changes nothing. Nothing of another's was touched on the way.
pub(super) fn rest(world: &mut World) {
    for _ in 0..PASSES {
        let before = world.writes;
        world.reconcile(usize::MAX);
        if world.released || world.writes == before {
            assert_eq!(world.violations, Vec::<String>::new());
            return;
        }
    }
    panic!("it does not come to rest: {:?}", world.plan());
}

/// The same object after it has come to rest.
pub(super) fn rested(mut world: World) -> World {
    rest(&mut world);
    world
}

/// The object is deleted, and let go.
pub(super) fn deleted(mut world: World) -> World {
    world.object.deleting_since = Some(at(-1));
    rest(&mut world);
    assert!(world.released, "{:?}", world.plan());
    world
}

/// The object vanishes while the operator watches: it is put away from its last known state.
pub(super) fn put_away(mut world: World) -> World {
    world.object.has_finalizer = true;
    deleted(world)
}

/// A tool replaces the object: the metadata is what its manifest says, and the status stays.
pub(super) fn replace(world: &mut World) {
    let object = &mut world.object;
    object.has_finalizer = false;
    object.hints = Ok(Vec::new());
    object.outputs = Vec::new();
    object.rotation = RotationRecord::default();
    object.recorded_uid = None;
    object.rotate_requested = None;
}

/// An export of the object is applied: the metadata and the spec are as they were then, and the status stays.
pub(super) fn apply_export(world: &mut World, export: &World) {
    let (then, object) = (&export.object, &mut world.object);
    object.has_finalizer = then.has_finalizer;
    object.hints.clone_from(&then.hints);
    object.outputs.clone_from(&then.outputs);
    object.rotation = then.rotation.clone();
    object.recorded_uid.clone_from(&then.recorded_uid);
    world.spec = export.spec.clone();
}

/// The status is lost.
pub(super) fn lose_status(world: &mut World) {
    world.status_is(SshKeyStatus::default());
}

/// The annotations are lost, and the finalizer stays.
pub(super) fn lose_hints(world: &mut World) {
    let has_finalizer = world.object.has_finalizer;
    replace(world);
    world.object.has_finalizer = has_finalizer;
}

/// The object is created again under its name: nothing of the first is left in it.
pub(super) fn make_again(world: &mut World, uid: &str) {
    replace(world);
    world.object.deleting_since = None;
    uid.clone_into(&mut world.object.uid);
    world.released = false;
    lose_status(world);
}

/// A backup of the object is restored: its metadata is as it was then, the UID is another, and there is no status.
pub(super) fn restore(world: &mut World, backup: &World, uid: &str) {
    world.object.deleting_since = None;
    uid.clone_into(&mut world.object.uid);
    world.released = false;
    lose_status(world);
    apply_export(world, backup);
}

pub(super) fn named(name: &str) -> ArmId {
    ArmId {
        name: name.to_owned(),
        ..id()
    }
}

pub(super) fn azure(world: &mut World) -> &mut AzureSpec {
    world.spec.azure.get_or_insert_default()
}

pub(super) fn rename(world: &mut World, name: &str) {
    azure(world).name = Some(name.to_owned());
}

pub(super) fn ask_for_output(world: &mut World, name: &str) {
    let output = Output {
        name: name.to_owned(),
        pem: Some(Pem {}),
        ..Output::default()
    };
    world.spec.outputs.get_or_insert_default().push(output);
}

/// A settled object that has adopted a key that was there.
pub(super) fn adopted(key: &PublicKey) -> World {
    let mut world = World::published();
    world
        .azure
        .insert(id(), azure_key(key, BTreeMap::from([team()])));
    azure(&mut world).conflict_policy = Some(AzureConflictPolicy::Adopt);
    world.settled()
}

pub(super) fn team() -> (String, String) {
    ("team".to_owned(), "theirs".to_owned())
}

/// Puts a key of another's into Azure.
pub(super) fn put_stranger(
    world: &mut World,
    at: &ArmId,
    key: &PublicKey,
    tags: BTreeMap<String, String>,
) {
    world.azure.insert(at.clone(), azure_key(key, tags));
    world.strangers.insert(at.clone());
}

/// The mark of an object of this namespace and name under some UID.
pub(super) fn mark_of(uid: &str) -> Mark {
    Mark {
        uid: uid.to_owned(),
        ..mark()
    }
}

/// The mark of an object of another name.
pub(super) fn another_mark() -> Mark {
    Mark {
        object: "db".to_owned(),
        ..mark_of("u9")
    }
}

/// A place as a person would write it.
pub(super) fn place(id: ArmId, origin: Origin) -> AzureRecord {
    AzureRecord {
        id,
        location: "westeurope".into(),
        store: StoreKey::new(StoreKind::AzureStore, "default"),
        deletion_policy: DeletionPolicy::Delete,
        origin,
        phase: Phase::Published,
        tags: Vec::new(),
        in_step: None,
    }
}

/// The names of the keys in Azure.
pub(super) fn names(world: &World) -> Vec<&str> {
    world.azure.keys().map(|id| id.name.as_str()).collect()
}

/// The key is in Azure where it is named, under this object's mark, and is the one that its Secret holds.
pub(super) fn is_published(world: &World, id: &ArmId, what: &str) {
    let KeyView::Present { key, .. } = world.read(id) else {
        panic!("{what}: nothing is at {id}")
    };
    for (name, value) in tags(&world.mark()) {
        let mut there = key.tags.iter();
        let found = there.find(|(tag, _)| tag.eq_ignore_ascii_case(&name));
        assert_eq!(found.map(|(_, value)| value), Some(&value), "{what}");
    }
    assert_eq!(key.public_key, Ok(world.current()), "{what}");
}
