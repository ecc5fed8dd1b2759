//! Two namespaces in one world, one of them busy.

use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api,
    api::{ObjectMeta, PostParams},
};

/// The namespace whose tenant keeps the operator busy.
pub(super) const BUSY: &str = "busy";

/// A world whose operator sees all namespaces, and a second namespace in it.
pub(super) async fn two_namespaces(options: WorldOptions) -> World {
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
