//! A control plane without an operator, and what it takes or refuses.

use dev::world::{Part, World, WorldOptions};

/// A manifest, and what the API server says of it.
pub(crate) type Case = (String, &'static str);

pub(crate) async fn no_operator() -> World {
    World::start(
        WorldOptions::new()
            .without(Part::Operator)
            .without(Part::Store),
    )
    .await
}

/// Applies each and collects what was taken, or refused in other words: a table tells all of its faults at once.
pub(crate) async fn refused(world: &World, cases: &[(String, &str)]) {
    let mut wrong = Vec::new();
    for (yaml, words) in cases {
        match world.try_apply(yaml).await {
            Ok(()) => wrong.push(format!("taken: {yaml}")),
            Err(error) => {
                let said = format!("{error:#}");
                if !said.contains(words) {
                    wrong.push(format!("{yaml}  should say: {words}\n  said: {said}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(crate) async fn taken(world: &World, cases: &[String]) {
    for yaml in cases {
        world.apply(yaml).await;
    }
}

pub(crate) fn store(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}
