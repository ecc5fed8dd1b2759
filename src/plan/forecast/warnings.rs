//! What a person should know before a plan is applied.

use std::collections::BTreeMap;

use crate::{
    api::{ArmId, PlannedStep, StepAction},
    keys::PublicKey,
    plan::{
        forecast::text::{bounded, fingerprint},
        observed::{azure::KeyView, snapshot::Observed},
    },
};

/// The most warnings, and the longest, as the schema has them.
const MOST: usize = 16;
const LONGEST: usize = 256;

/// What a person should know: `before` is what exists, `after` what exists in the end.
pub(crate) fn warnings(before: &Observed, after: &Observed, lines: &[PlannedStep]) -> Vec<String> {
    let all = groups(lines)
        .chain(replaced(before, after))
        .chain(deleted(before, lines))
        .chain(outlived(before, after, lines));
    all.take(MOST).map(|text| bounded(&text, LONGEST)).collect()
}

fn groups(lines: &[PlannedStep]) -> impl Iterator<Item = String> {
    let created = lines.iter();
    let created = created.filter(|line| line.step == "CreateResourceGroup");
    created.map(|line| {
        let location = line.to.as_deref().unwrap_or_default();
        let group = &line.target;
        format!("a resource group would be created in {location}, and stays when the SshKey goes: {group}")
    })
}

/// The keys of this object in Azure, by their places.
fn published(observed: &Observed) -> BTreeMap<String, &PublicKey> {
    let places = observed.known.iter().map(|record| &record.id);
    let keys = places.filter_map(|id| Some((id, key_at(observed, id)?)));
    keys.map(|(id, key)| (id.to_string(), key)).collect()
}

fn key_at<'a>(observed: &'a Observed, id: &ArmId) -> Option<&'a PublicKey> {
    match observed.azure.get(id)? {
        KeyView::Present { key, .. } => key.public_key.as_ref().ok(),
        KeyView::Absent { .. } | KeyView::Unknown(_) => None,
    }
}

/// Azure writes a stored key into a virtual machine when it creates the machine, and not afterwards.
/// <https://learn.microsoft.com/azure/virtual-machines/ssh-keys-portal>
fn replaced(before: &Observed, after: &Observed) -> impl Iterator<Item = String> {
    let old: Vec<&PublicKey> = published(before).into_values().collect();
    let new = published(after);
    let is_replaced = |key: &&PublicKey| !new.is_empty() && !new.values().any(|new| new == key);
    let replaced: Vec<String> = old
        .into_iter()
        .filter(is_replaced)
        .map(fingerprint)
        .collect();
    replaced.into_iter().map(|key| {
        format!("virtual machines that trust {key} do not trust the next key: Azure writes a stored key into a machine only when it creates the machine")
    })
}

/// A private key that goes is kept nowhere else.
fn deleted(before: &Observed, lines: &[PlannedStep]) -> Option<String> {
    let line = lines.iter().find(|line| line.step == "DeleteSecret")?;
    let key = before.stored_key().map(fingerprint)?;
    let secret = &line.target;
    Some(format!(
        "the private key {key} would be deleted with {secret}: what only it opens can't be opened any more"
    ))
}

/// The public key stays, and its private half goes.
fn outlived(before: &Observed, after: &Observed, lines: &[PlannedStep]) -> Vec<String> {
    let is_gone = lines.iter().any(|line| line.step == "DeleteSecret");
    let is_let_go =
        |line: &PlannedStep| line.step == "RemoveFinalizer" && line.action == StepAction::Delete;
    let ends = lines.iter().any(is_let_go);
    let places = before.known.iter().map(|record| &record.id);
    let left = places.filter(|id| key_at(after, id).is_some());
    let told = |id: &ArmId| {
        if is_gone {
            format!("the public key would outlive its private half: {id} stays")
        } else {
            format!("the public key stays in Azure: {id}")
        }
    };
    left.filter(|_| ends).map(told).collect()
}
