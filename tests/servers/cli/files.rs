//! The files of `plan`: what is in two of them, and what is named twice.

use std::fs;

use dev::world::{World, WorldOptions};

use super::{
    planning::{questions, write},
    program::{Said, done, run},
};
use crate::manifests::key;

#[tokio::test]
async fn an_sshkey_in_two_files_is_one_error_that_names_both() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "one.yaml", &[key("web", "{}"), key("db", "{}")]);
    write(folder, "two.yaml", &[key("web", "{azure: {}}")]);
    let both = ["plan", "-f", "one.yaml", "-f", "two.yaml"];
    let Said { code, out, err } = run(&world, folder, &both).await;
    let expected = format!(
        "error: two.yaml: SshKey {}/web is in one.yaml, document 1 too: write it once\n",
        world.namespace()
    );
    assert_eq!((code, err), (Some(1), expected));
    assert!(
        out.contains("SshKey db") && !out.contains("SshKey web"),
        "{out}"
    );
    write(folder, "two.yaml", &[key("ci", "{}"), key("ci", "{}")]);
    let Said { code, err, .. } = run(&world, folder, &both).await;
    assert_eq!(code, Some(1));
    assert!(err.contains("is in two.yaml, document 1 too"), "{err}");
    assert_eq!(questions(&world).await, 0);
}

#[tokio::test]
async fn a_file_that_is_named_twice_or_is_in_a_folder_that_is_named_too_is_read_once() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("keys")).unwrap();
    write(folder, "keys/web.yaml", &[key("web", "{}")]);
    let once = done(&world, folder, &["plan", "-f", "keys/web.yaml"]).await;
    for more in ["keys/web.yaml", "./keys/web.yaml", "keys"] {
        let out = done(&world, folder, &["plan", "-f", "keys/web.yaml", "-f", more]).await;
        assert_eq!(out, once, "{more}");
    }
}
