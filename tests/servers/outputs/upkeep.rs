//! Outputs are mended, follow the key, and go with the spec or the object; a name that is taken is left alone.

use dev::{
    proxy::Entry,
    world::{World, WorldOptions},
};
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
};
use kube::{
    ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::{
    api::{ConditionType, Reason, SshKey, condition::find},
    keys::{KeyPair, PublicKey},
};

use super::contents::{all, text};
use crate::{
    made::Made,
    manifests::{key, secret},
};

/// The Secret, once it holds a key and nothing that does not belong there.
async fn intact(world: &World, name: &str) -> Result<Secret, String> {
    let secret = world.secret(name).await.ok_or("it is gone")?;
    let data = secret.data.clone().unwrap_or_default();
    let entry = data
        .get("identity")
        .or(data.get("ssh-publickey"))
        .ok_or("no entry")?;
    let holds = KeyPair::read(&entry.0, None).is_ok()
        || PublicKey::parse(&String::from_utf8_lossy(&entry.0)).is_ok();
    if holds && data.len() < 4 && !data.contains_key("extra") {
        Ok(secret)
    } else {
        Err(format!("{:?}", data.keys()))
    }
}

/// One is deleted, one spoilt, one has a foreign key: the watch shows it, and all are mended.
async fn are_mended(world: &World) {
    let secrets = world.api::<Secret>();
    secrets
        .delete("x-flux", &DeleteParams::default())
        .await
        .unwrap();
    world
        .until("the lost one is there again", async || {
            intact(world, "x-flux").await
        })
        .await;
    let spoilt = json!({ "data": { "identity": ByteString(b"rubbish".to_vec()) } });
    secrets
        .patch("x-flux", &PatchParams::default(), &Patch::Merge(spoilt))
        .await
        .unwrap();
    world
        .until("the spoilt one is mended", async || {
            intact(world, "x-flux").await
        })
        .await;
    let extra = json!({ "stringData": { "extra": "ssh-ed25519 AAAA evil" } });
    secrets
        .patch(
            "x-virt",
            &PatchParams::default(),
            &Patch::Merge(extra.clone()),
        )
        .await
        .unwrap();
    world
        .until("a foreign key is taken out", async || {
            intact(world, "x-virt").await
        })
        .await;
    let maps = world.api::<ConfigMap>();
    maps.delete("x-map", &DeleteParams::default())
        .await
        .unwrap();
    world
        .until("the map is there again", async || {
            maps.get("x-map").await.map_err(|error| error.to_string())
        })
        .await;
}

/// A file with other line ends is one that OpenSSH may not read; what somebody adds beside it does no harm.
async fn what_does_no_harm_is_left(world: &World) {
    let secrets = world.api::<Secret>();
    world.wait_ready("web").await;
    let flux = world.secret("x-flux").await.unwrap();
    let ours = text(&flux, "identity").clone();
    let crlf = ours.replace('\n', "\r\n");
    let other = json!({ "stringData": { "identity": crlf, "notes": "mine" } });
    let patch = Patch::Merge(other);
    secrets
        .patch("x-flux", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let mended = world
        .until("the line ends are mended", async || {
            let flux = world.secret("x-flux").await.ok_or("it is gone")?;
            if text(&flux, "identity") == ours {
                Ok(flux)
            } else {
                Err("other line ends".to_owned())
            }
        })
        .await;
    assert_eq!(text(&mended, "notes"), "mine");
    let before = written_beside(world, &["later"]).len();
    let reads = reads_of_flux(world);
    world.operator().restart().unwrap();
    world
        .until("the new operator has read it", async || {
            let now = reads_of_flux(world);
            if now > reads {
                Ok(())
            } else {
                Err(now.to_string())
            }
        })
        .await;
    world.apply(&key("later", "{}")).await;
    world.wait_ready("later").await;
    let flux = world.secret("x-flux").await.unwrap();
    assert_eq!(
        flux.resource_version(),
        mended.resource_version(),
        "it was left as it is"
    );
    let after = written_beside(world, &["later"]);
    let is_secret_create =
        |entry: &Entry| entry.access.verb == "create" && entry.access.resource == "secrets";
    let (created, written): (Vec<_>, Vec<_>) = after[before..]
        .iter()
        .partition(|entry| is_secret_create(entry));
    assert_eq!(created.len(), 1, "the Secret of the other: {created:#?}");
    assert!(written.is_empty(), "{written:#?}");
}

fn reads_of_flux(world: &World) -> usize {
    let log = world.proxy().log().into_iter();
    let reads = |entry: &Entry| {
        entry.access.verb == "get" && entry.access.name.as_deref() == Some("x-flux")
    };
    log.filter(reads).count()
}

/// The writes that do not name one of these objects, as a create never does.
fn written_beside(world: &World, names: &[&str]) -> Vec<Entry> {
    let log = world.proxy().log().into_iter();
    let beside = |entry: &Entry| {
        let name = entry.access.name.as_deref();
        entry.write.is_some() && !name.is_some_and(|name| names.contains(&name))
    };
    log.filter(beside).collect()
}

#[tokio::test]
async fn outputs_are_mended_at_once_and_then_nothing_is_written() {
    // The sweep is far away: what is seen is seen by the watch.
    let world = World::start(WorldOptions::new().flag("azure-sweep-interval", "1h")).await;
    world
        .apply(&key("web", &format!("{{outputs: {}}}", all())))
        .await;
    world.wait_ready("web").await;
    are_mended(&world).await;
    what_does_no_harm_is_left(&world).await;
}

#[tokio::test]
async fn an_output_follows_the_key_leaves_with_the_spec_and_goes_with_the_object() {
    let world = World::start(WorldOptions::new()).await;
    let (first, second) = (Made::ed25519(), Made::ed25519());
    world.apply(&secret("mine", "key", &first.private())).await;
    let spec = |outputs: &str| {
        key(
            "web",
            &format!(
                "{{source: {{privateKey: {{secretRef: {{name: mine, key: key}}}}}}, outputs: {outputs}}}"
            ),
        )
    };
    world
        .apply(&spec(
            "[{name: files, pem: {}}, {name: map, publicConfigMap: {}}]",
        ))
        .await;
    world.wait_ready("web").await;
    world.apply(&secret("mine", "key", &second.private())).await;
    world
        .until("the files have the second key", async || {
            let files = world.secret("files").await.unwrap();
            let held = KeyPair::read(text(&files, "web.pem").as_bytes(), None).unwrap();
            let held = held.public_key().fingerprint().to_string();
            if held == second.fingerprint() {
                Ok(())
            } else {
                Err(held)
            }
        })
        .await;
    world.apply(&spec("[{name: map, publicSecret: {}}]")).await;
    world
        .until("the others are gone", async || {
            match (
                world.secret("files").await,
                world.api::<ConfigMap>().get_opt("map").await,
            ) {
                (None, Ok(None)) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    world.wait_ready("web").await;
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    world.wait_gone::<Secret>("map").await;
    assert!(world.secret("mine").await.is_some(), "it is the user's");
}

#[tokio::test]
async fn a_name_that_is_taken_is_left_alone_and_holds_up_nothing() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&secret("theirs", "a", "b")).await;
    let before = world.secret("theirs").await.unwrap();
    world
        .apply(&key(
            "web",
            "{azure: {}, outputs: [{name: theirs, pem: {}}, {name: mine, pem: {}}]}",
        ))
        .await;
    let object: SshKey = world
        .wait_condition(
            "web",
            ConditionType::OutputsSynced,
            "False",
            Reason::OutputConflict,
        )
        .await;
    let conditions = object.status.unwrap().conditions;
    assert_eq!(
        find(&conditions, ConditionType::AzureSynced)
            .unwrap()
            .status,
        "True"
    );
    assert!(find(&conditions, ConditionType::Stalled).is_some());
    assert!(world.secret("mine").await.is_some());
    let after = world.secret("theirs").await.unwrap();
    assert_eq!(after.resource_version(), before.resource_version());
    world
        .api::<Secret>()
        .delete("theirs", &DeleteParams::default())
        .await
        .unwrap();
    world
        .apply(&key(
            "web",
            "{azure: {}, outputs: [{name: theirs, pem: {}}, {name: mine, pem: {}}]}",
        ))
        .await;
    world.wait_ready("web").await;
}
