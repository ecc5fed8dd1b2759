//! The stories of docs/audit.md are acted on real servers, and the page shows what the operator then wrote.

use std::path::Path;

use dev::{
    checkout,
    world::{World, WorldOptions, resource_id},
};
use kube::Api;
use sshkey_operator::api::SshKey;

use super::audit::{actions, audit, told};
use crate::{
    made::Made,
    manifests::key,
    rotation::acts::{wait_pending, wait_revision},
};

/// Set to write the page anew.
const UPDATE: &str = "UPDATE_DOCS";

/// A world in which every line of the log can be read by a program.
async fn stage() -> World {
    World::start(WorldOptions::new().flag("log-format", "json")).await
}

async fn kubectl(world: &World, args: &[&str]) {
    let done = world.kubectl(args).await;
    done.unwrap_or_else(|said| panic!("kubectl {args:?}: {said}"));
}

/// Waits until the last thing that happened to an object is this.
async fn until_last(world: &World, name: &str, action: &str) {
    world
        .until(format!("{action} is in the log"), async || {
            let lines = audit(world, name);
            match actions(&lines).last() {
                Some(last) if *last == action => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
}

/// Names that are the same in each performance, in place of those that chance gave.
struct Names(Vec<(String, String)>);

impl Names {
    fn new(world: &World) -> Self {
        let whole = resource_id("x");
        let subscription = whole.split('/').nth(2).unwrap().to_owned();
        Self(vec![
            (world.namespace().to_owned(), "shop".to_owned()),
            (subscription, "SUBSCRIPTION".to_owned()),
        ])
    }

    fn name(&mut self, there: &str, here: &str) {
        self.0.push((there.to_owned(), here.to_owned()));
    }

    /// As `jq` prints the lines with the filter that the page has.
    fn show(&self, world: &World, name: &str) -> String {
        let shown = told(world, name).into_iter().map(|line| {
            let text = |field: &str| line[field].as_str();
            let words = [text("level"), text("reason"), text("message")];
            let words: Vec<&str> = words.into_iter().flatten().collect();
            let by = text("claimed_manager").unwrap_or_default();
            format!("{} [{by}]\n", words.join(" "))
        });
        let mut shown: String = shown.collect();
        for (there, here) in &self.0 {
            shown = shown.replace(there, here);
        }
        shown
    }
}

async fn fingerprint(world: &World, name: &str) -> String {
    let api: Api<SshKey> = world.api();
    let status = api.get(name).await.unwrap().status.unwrap();
    status.fingerprint.unwrap()
}

/// The page has this below its marker; or it is written there, where that was asked for.
fn on_the_page(story: &str, acted: &str) {
    let path: &Path = &checkout::root().join("docs/audit.md");
    let page = std::fs::read_to_string(path).unwrap();
    let marker = format!("<!-- acted: {story} -->\n```text\n");
    let start = page.find(&marker).expect(&marker) + marker.len();
    let end = start + page[start..].find("```").unwrap();
    if std::env::var_os(UPDATE).is_some() {
        let page = format!("{}{acted}{}", &page[..start], &page[end..]);
        std::fs::write(path, page).unwrap();
        return;
    }
    assert_eq!(
        &page[start..end],
        acted,
        "docs/audit.md is old: run this test with {UPDATE}=1"
    );
}

#[tokio::test]
async fn a_rotation_is_read_from_the_log_as_the_manual_shows_it() {
    let world = stage().await;
    let spec = "{azure: {}, rotation: {activation: Manual}}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    let mut names = Names::new(&world);
    names.name(&fingerprint(&world, "web").await, "SHA256:FIRST");
    let ask = "sshkey-operator.io/rotate-requested-at=monday";
    kubectl(&world, &["annotate", "sshkey", "web", ask]).await;
    let pending = wait_pending(&world, "web").await.pending.unwrap();
    let activate = format!("sshkey-operator.io/activate={}", pending.fingerprint);
    kubectl(&world, &["annotate", "sshkey", "web", &activate]).await;
    wait_revision(&world, "web", 2).await;
    names.name(&fingerprint(&world, "web").await, "SHA256:SECOND");
    on_the_page("rotation", &names.show(&world, "web"));
}

#[tokio::test]
async fn a_restore_is_read_from_the_log_as_the_manual_shows_it() {
    let world = stage().await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let mut names = Names::new(&world);
    names.name(&fingerprint(&world, "web").await, "SHA256:FIRST");
    kubectl(&world, &["delete", "sshkey", "web"]).await;
    until_last(&world, "web", "released").await;
    let manifest = key("web", "{azure: {}}");
    let applied = world.kubectl_with(&["apply", "-f", "-"], &manifest).await;
    applied.unwrap();
    world.wait_ready("web").await;
    until_last(&world, "web", "published").await;
    on_the_page("restore", &names.show(&world, "web"));
}

#[tokio::test]
async fn an_attack_is_read_from_the_log_as_the_manual_shows_it() {
    let world = stage().await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let mut names = Names::new(&world);
    names.name(&fingerprint(&world, "web").await, "SHA256:FIRST");
    let theirs = Made::ed25519();
    names.name(&theirs.fingerprint(), "SHA256:THEIRS");

    // In Azure, by somebody who may write keys there.
    let id = resource_id(&format!("{}.web", world.namespace()));
    let mut swapped = world.emulator().key(&id).unwrap();
    swapped.public_key = Some(theirs.public());
    swapped.id = String::new();
    world.emulator().put_key_as_someone_else(swapped);
    world
        .until("the key is published again", async || {
            let lines = audit(&world, "web");
            let published = |action: &&&str| **action == "published";
            match actions(&lines).iter().filter(published).count() {
                2 => Ok(()),
                other => Err(format!("{other} times")),
            }
        })
        .await;

    // In the cluster, by a tenant of the same namespace who wants the place of that key.
    let place = format!("{{azure: {{name: {}.web}}}}", world.namespace());
    let manifest = key("evil", &place);
    let applied = world.kubectl_with(&["apply", "-f", "-"], &manifest).await;
    applied.unwrap();
    world
        .until("the refusal is in the log", async || {
            let refused = told(&world, "evil");
            let is_refusal = |line: &serde_json::Value| line["reason"] == "AzureKeyConflict";
            if refused.iter().any(is_refusal) {
                Ok(())
            } else {
                Err(format!("{refused:?}"))
            }
        })
        .await;
    names.name(&fingerprint(&world, "evil").await, "SHA256:EVIL");
    let tags = world.emulator().key(&id).unwrap().tags;
    names.name(&tags["sshkey-operator-cluster"], "CLUSTER");
    let both = names.show(&world, "web") + &names.show(&world, "evil");
    on_the_page("attack", &both);
}
