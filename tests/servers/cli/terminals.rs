//! Ctrl-C on a real terminal: what was drawn goes, the cursor is there, and nothing is left half done.

use dev::world::{World, WorldOptions};
use sshkey_operator::api::{SshKey, names::annotation};

use super::{
    planning::{questions, write},
    terminal::{CTRL_C, CTRL_D, Terminal},
};
use crate::manifests::key;

/// A world with a ready key, and one that no operator has seen.
async fn silent() -> World {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    world.operator().kill();
    world.apply(&key("db", "{}")).await;
    world
}

#[tokio::test]
async fn ctrl_c_takes_away_what_was_drawn_and_what_was_asked() {
    let world = silent().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "keys.yaml", &[key("web", "{}"), key("db", "{}")]);
    for (columns, change) in [(40, "rotate"), (80, "protect"), (200, "suspend")] {
        let change = format!("{change} web --yes --timeout 1h");
        for (arguments, drawn, asked) in [
            ("plan -f keys.yaml --timeout 1h", "planning 0 of 2 ", 2),
            ("wait db --for ready --timeout 1h", "0 of 1 ", 0),
            ("reconcile web --timeout 1h", "0 of 1 ", 0),
            (&change, "waiting for the operator", 0),
        ] {
            let mut terminal = Terminal::start(&world, folder, columns, arguments);
            terminal.until_shown(&world, drawn).await;
            world
                .until("it has asked the operator", async || {
                    match questions(&world).await {
                        count if count == asked => Ok(()),
                        count => Err(format!("{count}")),
                    }
                })
                .await;
            terminal.press(CTRL_C).await;
            let (code, screen) = terminal.ended().await;
            assert_eq!(code, Some(130), "{arguments}: {screen:?}");
            let last = screen.lines.last().map(String::as_str);
            assert_eq!(last, Some("error: interrupted"), "{arguments}: {screen:?}");
            let is_drawn = screen.lines.iter().any(|line| line.contains(drawn));
            assert!(!is_drawn && screen.has_cursor, "{arguments}: {screen:?}");
            assert_eq!(questions(&world).await, 0, "{arguments}");
        }
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
}

#[tokio::test]
async fn a_question_is_ended_by_ctrl_c_and_a_refusal_and_nothing_is_changed() {
    let world = silent().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (keys, code, said) in [
        (CTRL_C, 130, "error: interrupted"),
        (CTRL_D, 1, "error: nothing was changed"),
        ("n\n", 1, "error: nothing was changed"),
        ("\n", 1, "error: nothing was changed"),
    ] {
        let mut terminal = Terminal::start(&world, folder, 80, "rotate web");
        terminal.until_shown(&world, "Continue? [y/N]").await;
        terminal.press(keys).await;
        let (ended, screen) = terminal.ended().await;
        assert_eq!(ended, Some(code), "{keys:?}: {screen:?}");
        let last = screen.lines.last().map(String::as_str);
        assert_eq!(last, Some(said), "{keys:?}: {screen:?}");
    }
    let web: SshKey = world.api().get("web").await.unwrap();
    let annotations = web.metadata.annotations.unwrap_or_default();
    assert!(!annotations.contains_key(annotation::ROTATE_REQUESTED_AT));
    let mut terminal = Terminal::start(&world, folder, 80, "rotate web --no-wait");
    terminal.until_shown(&world, "Continue? [y/N]").await;
    terminal.press("y\n").await;
    let (code, screen) = terminal.ended().await;
    assert_eq!(code, Some(0), "{screen:?}");
}

#[tokio::test]
async fn a_wait_draws_one_line_at_every_width_and_leaves_its_outcome_alone() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (number, columns) in [40, 80, 200].into_iter().enumerate() {
        world.operator().kill();
        let name = format!("key-{number}");
        world.apply(&key(&name, "{}")).await;
        let wait = format!("wait {name} --for ready");
        let terminal = Terminal::start(&world, folder, columns, &wait);
        terminal.until_shown(&world, "0 of 1 ").await;
        let screen = terminal.screen();
        assert_eq!(screen.lines, ["0 of 1 ░░░░░░░░░░░░░░░░"], "{columns}");
        world.operator().restart().unwrap();
        let (code, screen) = terminal.ended().await;
        assert_eq!((code, screen.has_cursor), (Some(0), true), "{screen:?}");
        assert_eq!(screen.lines, ["1 SshKey is ready"], "{columns}");
    }
}
