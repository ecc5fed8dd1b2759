//! No tenant delays, crowds out or ends the work for others: told by orders and counts, not by times.

mod credentials;
mod memory;
mod pkcs12;
mod references;
mod scene;

use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api,
    api::{ObjectMeta, PostParams},
};

const BUSY: &str = "busy";

/// A world whose operator sees all namespaces, and a second namespace in it.
async fn two_namespaces(options: WorldOptions) -> World {
    let world = World::start(options.own_control_plane().all_namespaces()).await;
    let busy = Namespace {
        metadata: ObjectMeta {
            name: Some(BUSY.to_owned()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    let namespaces: Api<Namespace> = Api::all(world.client().clone());
    namespaces
        .create(&PostParams::default(), &busy)
        .await
        .unwrap();
    world
}
