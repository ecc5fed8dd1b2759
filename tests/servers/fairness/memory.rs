//! What others write on objects is not kept in memory, and stays on the objects.

use dev::{
    processes::usage,
    world::{World, WorldOptions},
};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::{
    SshKey, SshKeySpec,
    names::{FINALIZER, GROUP, annotation, label},
};

use super::world::{BUSY, two_namespaces};
use crate::{manifests::key, seen::sweeps_pass};

#[tokio::test]
async fn what_others_write_on_objects_does_not_fill_the_memory() {
    /// The chart's limit.
    const LIMIT_KIB: u32 = 256 * 1024;
    const MANY_OBJECTS: usize = 300;
    let world = two_namespaces(WorldOptions::new()).await;
    let keys: Api<SshKey> = Api::namespaced(world.client().clone(), BUSY);
    let foreign = "x".repeat(250 * 1024);
    let invented = format!("{GROUP}/invented");
    let names = ["example.com/foreign", &invented, annotation::AZURE_KEYS];
    let create = |number: usize| {
        let mut object = SshKey::new(&format!("k{number}"), SshKeySpec::default());
        object.spec.suspend = true;
        let name = names[number % names.len()];
        let foreign = (name.to_owned(), foreign.clone());
        object.metadata.annotations = Some([foreign].into());
        let keys = keys.clone();
        async move { keys.create(&PostParams::default(), &object).await }
    };
    let created = stream::iter(0..MANY_OBJECTS).map(create).buffered(8);
    created.try_collect::<Vec<_>>().await.unwrap();
    world.operator().kill();
    world.operator().restart().unwrap();
    world.apply(&key("mine", "{azure: {}}")).await;
    world.wait_ready("mine").await;
    // One list of all takes longer here than everything else.
    for number in [0, MANY_OBJECTS / 2, MANY_OBJECTS - 1] {
        world
            .until(format!("k{number} was looked at"), async || {
                let key = keys.get(&format!("k{number}")).await.unwrap();
                match key.status.filter(|status| !status.conditions.is_empty()) {
                    Some(_) => Ok(()),
                    None => Err("it says nothing".to_owned()),
                }
            })
            .await;
    }
    let used = usage(world.operator().id()).unwrap();
    println!("peak {} KiB, now {} KiB", used.peak_kib, used.resident_kib);
    assert!(used.peak_kib < LIMIT_KIB, "{used:?}");
}

/// As large as the API server takes them, each labelled as if the operator kept a key in it.
fn large_secret(number: usize) -> Secret {
    let owner = "x".repeat(200 * 1024);
    Secret {
        metadata: ObjectMeta {
            name: Some(format!("large-{number}")),
            labels: Some(
                [(
                    label::SECRET_ROLE.to_owned(),
                    label::ROLE_MANAGED.to_owned(),
                )]
                .into(),
            ),
            annotations: Some([(annotation::OWNER_NAME.to_owned(), owner)].into()),
            ..ObjectMeta::default()
        },
        data: Some([("theirs".to_owned(), ByteString(vec![b'x'; 800 * 1024]))].into()),
        ..Secret::default()
    }
}

#[tokio::test]
async fn secrets_that_a_tenant_labels_as_the_operators_do_not_fill_the_memory_at_a_start() {
    const LIMIT_KIB: u32 = 256 * 1024;
    const MANY_SECRETS: usize = 120;
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let secrets: Api<Secret> = world.api();
    let create = |number| {
        let secrets = secrets.clone();
        async move {
            let secret = large_secret(number);
            secrets.create(&PostParams::default(), &secret).await
        }
    };
    let created = stream::iter(0..MANY_SECRETS).map(create).buffered(4);
    created.try_for_each(async |_| Ok(())).await.unwrap();
    world.operator().kill();
    world.operator().restart().unwrap();
    world.apply(&key("mine", "{azure: {}}")).await;
    world.wait_ready("mine").await;
    // Each page of the list was read by then, and more.
    sweeps_pass(&world).await;
    let used = usage(world.operator().id()).unwrap();
    println!("peak {} KiB, now {} KiB", used.peak_kib, used.resident_kib);
    assert!(used.peak_kib < LIMIT_KIB, "{used:?}");
}

fn many_finalizers() -> Vec<String> {
    let theirs = (0..2_000).map(|number| format!("example.com/theirs-{number}"));
    theirs.collect()
}

#[tokio::test]
async fn very_many_finalizers_of_others_stay_when_ours_comes_and_goes() {
    let world = World::start(WorldOptions::new()).await;
    let keys: Api<SshKey> = world.api();
    let params = PostParams::default();
    let mut object = SshKey::new("web", SshKeySpec::default());
    object.metadata.finalizers = Some(many_finalizers());
    keys.create(&params, &object).await.unwrap();
    let held = world.wait_ready("web").await;
    let mut all = many_finalizers();
    all.push(FINALIZER.to_owned());
    assert_eq!(held.finalizers(), all);
    // The next write of a record is at an object that has ours already.
    let asked =
        json!({ "metadata": { "annotations": { annotation::ROTATE_REQUESTED_AT: "now" } } });
    let params = PatchParams::default();
    keys.patch("web", &params, &Patch::Merge(asked))
        .await
        .unwrap();
    let rotated = world
        .wait_for("web", "it is rotated", |key: &SshKey| {
            let rotation = key
                .status
                .as_ref()
                .and_then(|status| status.rotation.as_ref());
            rotation.is_some_and(|rotation| rotation.revision == 2)
        })
        .await;
    assert_eq!(rotated.finalizers(), all);
    keys.delete("web", &DeleteParams::default()).await.unwrap();
    let released = world
        .wait_for("web", "ours is gone", |key: &SshKey| {
            !key.finalizers().iter().any(|one| one == FINALIZER)
        })
        .await;
    assert_eq!(released.finalizers(), many_finalizers());
}
