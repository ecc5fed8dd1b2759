//! The operator works without the definition of plans, and answers once the cluster has it.

use dev::world::{World, WorldOptions};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, CustomResourceExt,
    api::{DeleteParams, PostParams},
};
use sshkey_operator::api::{SshKeyPlan, crd};

use super::ask::{ask, steps};
use crate::manifests::key;

#[tokio::test]
async fn without_the_definition_keys_are_made_and_with_it_plans_are_answered() {
    let world = World::start(WorldOptions::new().own_control_plane()).await;
    world.operator().kill();
    let crds: Api<CustomResourceDefinition> = Api::all(world.client().clone());
    let name = SshKeyPlan::crd_name();
    crds.delete(name, &DeleteParams::default()).await.unwrap();
    world
        .until("the definition is gone", async || {
            match crds.get_opt(name).await.unwrap() {
                None => Ok(()),
                Some(_) => Err("it is still there".to_owned()),
            }
        })
        .await;
    world.operator().restart().unwrap();
    world.operator().ready().await.unwrap();
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;

    let all = crd::all();
    let mut made = all.iter();
    let made = made.find(|crd| crd.metadata.name.as_deref() == Some(name));
    crds.create(&PostParams::default(), made.unwrap())
        .await
        .unwrap();
    world
        .until("plans can be asked", async || {
            let words = ["get", "sshkeyplans"];
            world.kubectl(&words).await.map(drop)
        })
        .await;
    let status = ask(&world, "asked", "web", "{azure: {}}").await;
    assert_eq!(steps(&status), [""; 0]);
}
