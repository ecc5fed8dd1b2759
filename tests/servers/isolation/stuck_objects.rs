//! Objects that can't succeed, and others beside them.

use arm_emulator::{Effect, Fault, FaultAnswer};
use dev::world::{World, WorldOptions};
use sshkey_operator::api::{ConditionType, Reason, SshKey};

use crate::{manifests::key, operator::start_and_end::wait_secret};

#[tokio::test]
async fn objects_that_can_not_succeed_delay_no_others() {
    let world = World::start(WorldOptions::new().flag("concurrency", 4)).await;
    let faults = world.emulator().faults();
    let on = |name: &str, effect| {
        Fault::on(
            "PUT",
            &format!("/sshPublicKeys/{}.{name}", world.namespace()),
            effect,
        )
        .times(0)
    };
    faults.add(Fault {
        delay_ms: 60_000,
        ..on("hangs", Effect::Proceed)
    });
    faults.add(on(
        "refused",
        Effect::Answer(FaultAnswer::error(
            400,
            "InvalidParameter",
            "The SSH public key is not valid.",
        )),
    ));
    world.apply(&key("hangs", "{azure: {}}")).await;
    world.apply(&key("refused", "{azure: {}}")).await;
    wait_secret(&world, "hangs").await;
    let _: SshKey = world
        .wait_condition("refused", ConditionType::Ready, "False", Reason::KeyRefused)
        .await;
    let names: Vec<String> = (0..20).map(|number| format!("good-{number}")).collect();
    let manifests: Vec<String> = names.iter().map(|name| key(name, "{azure: {}}")).collect();
    world.apply(&manifests.join("---\n")).await;
    for name in &names {
        world.wait_ready(name).await;
    }
    let _: SshKey = world
        .wait_condition("refused", ConditionType::Ready, "False", Reason::KeyRefused)
        .await;
    let answered =
        world.emulator().log().iter().any(|record| {
            record.request.method == "PUT" && record.request.path.ends_with(".hangs")
        });
    assert!(!answered, "one was under way all the time");
    // When the cause is gone, they go on without a restart.
    faults.clear();
    world.wait_ready("refused").await;
}
