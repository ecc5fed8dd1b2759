//! Definitions that are deleted while the operator runs, and come back.

use dev::{
    crds,
    world::{World, WorldOptions},
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ObjectMeta, PostParams},
};
use sshkey_operator::api::{AzureStore, crd};

use crate::manifests::key;

#[tokio::test]
async fn an_operator_whose_definitions_went_goes_on_once_they_are_back() {
    let world = World::start(WorldOptions::new().own_control_plane()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let before = world.wait_ready("web").await;
    let process = world.operator().id();
    let mut store = world.api::<AzureStore>().get("default").await.unwrap();
    let definitions: Api<CustomResourceDefinition> = Api::all(world.client().clone());
    let names: Vec<String> = crd::all().iter().map(ResourceExt::name_any).collect();
    for name in &names {
        let deleted = definitions.delete(name, &DeleteParams::default()).await;
        deleted.unwrap();
    }
    for name in &names {
        world
            .until(format!("{name} is gone"), async || {
                match definitions.get_opt(name).await.unwrap() {
                    None => Ok(()),
                    Some(_) => Err("it is held".to_owned()),
                }
            })
            .await;
    }
    assert!(world.emulator().keys().is_empty(), "it was put away");

    crds::install(world.client()).await.unwrap();
    store.metadata = ObjectMeta {
        name: store.metadata.name,
        ..ObjectMeta::default()
    };
    store.status = None;
    let stores = world.api::<AzureStore>();
    let made = stores.create(&PostParams::default(), &store).await;
    made.unwrap();
    world.apply(&key("web", "{azure: {}}")).await;
    let after = world.wait_ready("web").await;
    assert_ne!(after.uid(), before.uid());
    assert_eq!(world.operator().id(), process, "without a restart");
}
