//! An object that goes while something is done for it, and the one that has its name next.

use arm_emulator::{Effect, Fault as AzureFault, FaultAnswer};
use dev::world::{Part, World, WorldOptions};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::{
    api::{SshKey, SshKeyStatus},
    kubernetes::sshkeys::write_status,
};

use crate::{
    life::vanished::{nothing_is_left, nothing_is_remembered},
    manifests::key,
    operator::metrics,
};

#[tokio::test]
async fn the_status_of_an_object_is_never_written_to_another_that_has_its_name_by_now() {
    let world = World::start(WorldOptions::new().without(Part::Operator)).await;
    let api: Api<SshKey> = world.api();
    world.apply(&key("web", "{}")).await;
    let first = api.get("web").await.unwrap();
    let status = SshKeyStatus {
        fingerprint: Some("SHA256:2K02ujm1tdpCpvalLEjWCgc1S9vltI9CFcs0mFE9O+w".to_owned()),
        observed_generation: Some(1),
        ..SshKeyStatus::default()
    };
    let write = async |object: &SshKey| write_status(world.client(), object, &status).await;
    // Somebody edits it meanwhile: it is written all the same.
    world.apply(&key("web", "{deletionProtection: true}")).await;
    let written = write(&first).await.unwrap().unwrap();
    assert_eq!(written.live.status.unwrap().fingerprint, status.fingerprint);

    api.delete("web", &DeleteParams::default()).await.unwrap();
    assert!(write(&first).await.unwrap().is_none(), "there is none");
    world.apply(&key("web", "{}")).await;
    assert!(write(&first).await.unwrap().is_none(), "it is another");
    let second = api.get("web").await.unwrap();
    let shown = second.status.unwrap_or_default();
    assert_eq!(
        (second.metadata.uid == first.metadata.uid, shown.fingerprint),
        (false, None)
    );
}

#[tokio::test]
async fn an_object_that_vanished_and_that_azure_refuses_to_delete_keeps_no_other_waiting() {
    let world = World::start(WorldOptions::new().flag("concurrency", "1")).await;
    let faults = world.emulator().faults();
    faults.add(AzureFault {
        hold_answer_ms: 3_000,
        ..AzureFault::on("PUT", "*.web", Effect::Proceed)
    });
    let refused = Effect::Answer(FaultAnswer::default());
    faults.add(AzureFault::on("DELETE", "*.web", refused).times(4));
    world.apply(&key("web", "{azure: {}}")).await;
    world
        .until("the key is in Azure", async || {
            match world.emulator().keys().len() {
                0 => Err("it is not".to_owned()),
                _ => Ok(()),
            }
        })
        .await;
    world.apply(&key("other", "{}")).await;
    let api: Api<SshKey> = world.api();
    let free = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    api.patch("web", &PatchParams::default(), &free)
        .await
        .unwrap();
    api.delete("web", &DeleteParams::default()).await.unwrap();
    world.wait_ready("other").await;
    assert_eq!(world.emulator().keys().len(), 1, "it went while it waited");
    world
        .until("nothing is left", async || {
            match world.emulator().keys().len() {
                0 => Ok(()),
                _ => Err("it is there".to_owned()),
            }
        })
        .await;
}

/// An object with a finalizer is deleted by the API server when the deletion came before the finalizer was seen: here, as
/// the answer to the PUT is under way.
#[tokio::test]
async fn an_object_that_vanishes_while_it_is_published_in_spite_of_its_finalizer_leaves_nothing_behind()
 {
    let world = World::start(WorldOptions::new()).await;
    let faults = world.emulator().faults();
    for (name, refusals) in [("web", 0), ("stubborn", 2)] {
        let held = AzureFault {
            hold_answer_ms: 3_000,
            ..AzureFault::on("PUT", &format!("*.{name}"), Effect::Proceed)
        };
        faults.add(held);
        if refusals > 0 {
            let refused = Effect::Answer(FaultAnswer::default());
            faults.add(AzureFault::on("DELETE", &format!("*.{name}"), refused).times(refusals));
        }
        let spec = format!(
            "{{secret: {{deletionPolicy: Delete}}, azure: {{}}, outputs: [{{name: {name}-files, pem: {{}}}}]}}"
        );
        world.apply(&key(name, &spec)).await;
        world
            .until("the key is in Azure", async || {
                let keys = world.emulator().keys();
                if keys.is_empty() {
                    Err("it is not".to_owned())
                } else {
                    Ok(())
                }
            })
            .await;
        let api: Api<SshKey> = world.api();
        let free = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
        api.patch(name, &PatchParams::default(), &free)
            .await
            .unwrap();
        api.delete(name, &DeleteParams::default()).await.unwrap();
        world.wait_gone::<SshKey>(name).await;
        nothing_is_left(&world).await;
    }
    nothing_is_remembered(&world).await;
    let scrape = metrics::until(&world, "sshkey_azure_orphans_total", &[], 0.0).await;
    assert_eq!(scrape.sum("sshkey_panics_total", &[]), Some(0.0));
}
