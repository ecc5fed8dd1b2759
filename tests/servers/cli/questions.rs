//! The questions behind `plan`: how many there are, and their end.

use dev::world::{World, WorldOptions};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{
    planning::{json, questions, write},
    program::{Said, run, start},
};
use crate::manifests::key;

#[tokio::test]
async fn questions_are_taken_back_when_nobody_answers_and_on_ctrl_c() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.operator().kill();
    write(folder, "keys.yaml", &[key("web", "{}"), key("db", "{}")]);
    let Said { code, out, err } = run(
        &world,
        folder,
        &["plan", "-f", "keys.yaml", "--timeout", "1s"],
    )
    .await;
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(
        err.contains("document 1 (SshKey") && err.contains("document 2 (SshKey"),
        "{err}"
    );
    assert!(
        err.contains("the operator does not answer, for 1 s"),
        "{err}"
    );
    assert_eq!(questions(&world).await, 0);

    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let child = start(
            &world,
            folder,
            &["plan", "-f", "keys.yaml", "--timeout", "1h"],
        );
        world
            .until("both questions are asked", async || {
                match questions(&world).await {
                    2 => Ok(()),
                    count => Err(format!("{count}")),
                }
            })
            .await;
        let id = Pid::from_raw(child.id().unwrap().try_into().unwrap());
        kill(id, signal).unwrap();
        let ended = child.wait_with_output().await.unwrap();
        assert_eq!(ended.status.code(), Some(130), "{signal}");
        assert_eq!(questions(&world).await, 0, "{signal}");
    }
}

#[tokio::test]
async fn a_hundred_manifests_are_planned_at_once() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let name = |number| format!("key-{number}");
    let documents: Vec<String> = (0..100)
        .map(|number| key(&name(number), "{azure: {}}"))
        .collect();
    write(folder, "keys.yaml", &documents);
    let begun = std::time::Instant::now();
    let plan = json(&world, folder, &["plan", "-f", "keys.yaml"]).await;
    eprintln!(
        "planned 100 manifests in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let expected = serde_json::json!({ "add": 300, "change": 1, "destroy": 0 });
    assert_eq!(plan["totals"], expected);
    assert_eq!(plan["errors"], serde_json::json!([]));
    assert_eq!(plan["plans"][99]["name"], "key-99", "in their order");
    assert_eq!(questions(&world).await, 0);
}
