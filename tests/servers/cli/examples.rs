//! The examples of the manual are what the program prints: each is run, in the order of a story.

use std::{env, fs, path::Path, process::Stdio};

use dev::{
    sshd::Sshd,
    world::{CREDENTIALS, World, WorldOptions},
};
use sshkey_operator::keys::KeySpec;
use tokio::io::AsyncWriteExt as _;

use super::{
    imports::{az_list, pair, put},
    planning::write,
    program::{command, done},
    versions::deployment,
};
use crate::manifests::key;

/// Where the examples are. With `UPDATE_CLI_EXAMPLES` set, they are written again.
const FOLDER: &str = "src/cli/examples";

/// The version of the program.
const OWN: &str = env!("CARGO_PKG_VERSION");

/// The order in which they happen.
const STORY: [&str; 22] = [
    "plan",
    "wait",
    "list",
    "status",
    "pub",
    "fingerprint",
    "config",
    "pem",
    "agent",
    "ssh",
    "reconcile",
    "suspend",
    "resume",
    "protect",
    "unprotect",
    "rotate",
    "activate",
    "leaked",
    "import",
    "check",
    "version",
    "abandon",
];

#[tokio::test]
async fn the_examples_of_the_manual_are_what_the_program_prints() {
    let options = WorldOptions::new().own_control_plane().namespace("team-a");
    let world = World::start(options).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let web = key("web", "{azure: {name: web}}");
    write(folder, "web.yaml", std::slice::from_ref(&web));
    let mut sshd = None;
    for name in STORY {
        match name {
            "wait" => world.apply(&web).await,
            "ssh" => {
                let public = done(&world, folder, &["pub", "web"]).await;
                sshd = Some(Sshd::start(&public).await.unwrap());
            }
            "activate" => waits(&world, folder).await,
            "import" => put(&world, "other_group", "Build_1", &pair(KeySpec::Ed25519)),
            "version" => world.apply(&deployment("sshkey-operator", OWN)).await,
            "check" => are_served(&world).await,
            "abandon" => is_stuck(&world).await,
            _ => {}
        }
        compare(&world, folder, name, sshd.as_ref()).await;
    }
}

/// An API server serves new definitions a moment after it knows them.
async fn are_served(world: &World) {
    world
        .until("all definitions are served", async || {
            let stores = world.kubectl(&["get", "clusterazurestores"]).await;
            stores.map(drop)
        })
        .await;
}

/// A key that a person has to let in.
async fn waits(world: &World, folder: &Path) {
    let manual = "{rotation: {activation: Manual}}";
    world.apply(&key("slow", manual)).await;
    world.wait_ready("slow").await;
    done(world, folder, &["rotate", "slow", "--yes"]).await;
}

/// A deletion that can't end, since the store's credential is refused from now on.
async fn is_stuck(world: &World) {
    world.apply(&key("old", "{azure: {name: old}}")).await;
    world.wait_ready("old").await;
    let wrong = "{\"stringData\":{\"clientSecret\":\"wrong\"}}";
    let patch = ["patch", "secret", CREDENTIALS, "-p", wrong];
    world.kubectl(&patch).await.unwrap();
    world.operator().kill();
    world.operator().restart().unwrap();
    world.operator().ready().await.unwrap();
    let delete = ["delete", "sshkey", "old", "--wait=false"];
    world.kubectl(&delete).await.unwrap();
}

/// Runs an example, and compares what it prints.
async fn compare(world: &World, folder: &Path, name: &str, sshd: Option<&Sshd>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(FOLDER)
        .join(format!("{name}.txt"));
    let written = fs::read_to_string(&path).unwrap();
    let (line, expected) = written.split_once('\n').unwrap();
    let printed = printed(world, folder, line, sshd).await;
    let printed = printed
        .replace(&folder.display().to_string(), "/keys")
        .replace(OWN, "0.1.0");
    if env::var_os("UPDATE_CLI_EXAMPLES").is_some() {
        fs::write(&path, format!("{line}\n{printed}")).unwrap();
        return;
    }
    let (is, should) = (normal(&printed), normal(expected));
    assert_eq!(
        is, should,
        "{name}: run this with UPDATE_CLI_EXAMPLES=1, then docgen cli > docs/cli.md"
    );
}

/// What a line of the manual prints, errors and all.
async fn printed(world: &World, folder: &Path, line: &str, sshd: Option<&Sshd>) -> String {
    let own = line.split_once("kubectl sshkey ").unwrap().1;
    let mut arguments: Vec<String> = own.split(' ').map(str::to_owned).collect();
    if let (Some(sshd), "ssh") = (sshd, arguments[0].as_str()) {
        // The manual's machine is this one, found by options of its own.
        arguments[2] = sshd.address();
        let place = arguments.iter().position(|word| word == "--").unwrap() + 1;
        arguments.splice(place..place, sshd.options());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let both = folder.join("printed");
    let file = fs::File::create(&both).unwrap();
    let mut program = command(world, folder, &arguments);
    program.stdout(file.try_clone().unwrap()).stderr(file);
    let mut child = program.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    if line.starts_with("$ az ") {
        stdin.write_all(az_list(world).as_bytes()).await.unwrap();
    }
    drop(stdin);
    let ended = child.wait().await.unwrap();
    let printed = fs::read_to_string(&both).unwrap();
    assert!(ended.success(), "{line}: {printed}");
    printed
}

/// The words, without what is another each time, and without the spaces that follow from it.
fn normal(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().map(word).collect();
        words.join(" ")
    });
    lines.collect()
}

fn word(word: &str) -> &str {
    let bare = word.trim_matches(|char: char| !char.is_ascii_alphanumeric());
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_age = bare.len() < 6
        && bare
            .trim_end_matches(['s', 'm', 'h', 'd'])
            .parse::<u32>()
            .is_ok();
    let is_entry = bare.len() == 16 && is_hex(bare);
    let is_version = bare.starts_with("v1.") && bare.matches('.').count() == 2;
    let is_uid = bare.len() == 36 && bare.matches('-').count() == 4;
    match bare {
        _ if bare.starts_with("SHA256:") => "FINGERPRINT",
        _ if bare.starts_with("AAAA") => "KEY",
        _ if is_age && !bare.bytes().all(|byte| byte.is_ascii_digit()) => "AGE",
        _ if is_entry => "ENTRY",
        _ if is_uid => "UID",
        _ if is_version => "VERSION",
        _ => word,
    }
}
