//! The operator works without the definition of plans and with older ones, and answers once the cluster has it.

use dev::world::{World, WorldOptions};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, CustomResourceExt,
    api::{DeleteParams, PostParams},
};
use sshkey_operator::api::{ConditionType, Reason, SshKey, SshKeyPlan, crd};

use super::ask::{ask, steps};
use crate::{manifests::key, seen::sweeps_pass};

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

#[tokio::test]
async fn a_definition_of_keys_that_has_no_steps_that_wait_costs_no_writes() {
    let world = World::start(WorldOptions::new().own_control_plane()).await;
    let crds: Api<CustomResourceDefinition> = Api::all(world.client().clone());
    let mut older = crds.get(SshKey::crd_name()).await.unwrap();
    for version in &mut older.spec.versions {
        let schema = version.schema.as_mut().unwrap();
        let properties = schema.open_api_v3_schema.as_mut().unwrap();
        let status = properties.properties.as_mut().unwrap().get_mut("status");
        let status = status.unwrap().properties.as_mut().unwrap();
        assert!(status.remove("plan").is_some());
    }
    let name = SshKey::crd_name();
    crds.replace(name, &PostParams::default(), &older)
        .await
        .unwrap();
    // The store is held already: that would be another step.
    sweeps_pass(&world).await;
    world.apply(&key("web", "{suspend: true, azure: {}}")).await;
    let web: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::Suspended)
        .await;
    assert_eq!(web.status.unwrap().plan, None, "it is cut off");
    sweeps_pass(&world).await;
    let before = world.proxy().writes();
    sweeps_pass(&world).await;
    assert_eq!(world.proxy().writes(), before);
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
}
