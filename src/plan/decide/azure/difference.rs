//! What of a key in Azure is not as it is wanted, and whose doing that is.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{self, SHA256};

use crate::{
    api::{names::tag, sshkey::DriftPolicy, status::Origin},
    keys::PublicKey,
    plan::{
        decide::azure::situation::Situation,
        desired::{azure::Target, resolve::Desired},
        observed::azure::AzureKey,
        records::ownership::value,
    },
};

/// What differs, and what would put it right.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Difference {
    /// The public key to put back.
    pub(crate) key: Option<PublicKey>,
    /// All tags from now on.
    pub(crate) tags: Option<BTreeMap<String, String>>,
    /// Names of the tags that differ.
    pub(crate) names: Vec<String>,
    /// Names of those that somebody turns back whenever they are put right, and that are left as they are.
    pub(crate) overridden: Vec<String>,
}

impl Difference {
    /// Whether nothing differs.
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// What differs, for a person.
    pub(crate) fn describe(&self) -> String {
        let key = self.key.as_ref().map(|_| "the public key".to_owned());
        let tags = (!self.names.is_empty()).then(|| format!("the tags {}", listed(&self.names)));
        let all: Vec<String> = key.into_iter().chain(tags).collect();
        all.join(" and ")
    }
}

/// Some names of many.
pub fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN {
        text = format!("{text} and {} more", names.len() - SHOWN);
    }
    text
}

/// What differs at a place where our key is.
pub(crate) fn difference(situation: &Situation<'_>, key: &AzureKey) -> Difference {
    let Situation {
        desired,
        observed,
        target,
        stored,
    } = *situation;
    let key_differs = stored.is_some() && key.public_key.as_ref().ok() != stored;
    let record = situation.record();
    let recorded = record.map_or(&[][..], |record| &record.tags);
    let wanted = wanted_tags(desired, target);
    let mut tags = merged_tags(&key.tags, &wanted, recorded);
    // Its absence is no difference; it is written with the mark.
    let is_adopted = record.is_some_and(|record| record.origin == Origin::Adopted);
    if is_adopted && tags != key.tags {
        tags.insert(tag::ADOPTED.to_owned(), "true".to_owned());
    }
    let mut overridden = Vec::new();
    for (name, turned_back) in &observed.tags_turned_back {
        let (there, then) = (value(&key.tags, name), value(&tags, name));
        if there != then && then == turned_back.as_deref() {
            overridden.push(name.clone());
            leave_as_it_is(&mut tags, name, &key.tags);
        }
    }
    Difference {
        key: if key_differs { stored.cloned() } else { None },
        names: names_that_differ(&key.tags, &tags),
        tags: (tags != key.tags).then_some(tags),
        overridden,
    }
}

/// Puts the tag of a name into `tags` as it is `there`, if it is.
fn leave_as_it_is(
    tags: &mut BTreeMap<String, String>,
    name: &str,
    there: &BTreeMap<String, String>,
) {
    tags.retain(|other, _| !other.eq_ignore_ascii_case(name));
    let as_it_is = there
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name));
    tags.extend(as_it_is.map(|(name, value)| (name.clone(), value.clone())));
}

/// Names whose value is another one, or that only one of both has.
pub fn names_that_differ(
    one: &BTreeMap<String, String>,
    other: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut names: Vec<String> = one
        .keys()
        .filter(|name| value(other, name) != value(one, name))
        .chain(other.keys().filter(|name| value(one, name).is_none()))
        .cloned()
        .collect();
    names.sort();
    names
}

/// The users' tags and the operator's own.
pub(crate) fn wanted_tags(desired: &Desired, target: &Target) -> BTreeMap<String, String> {
    let own = desired
        .mark
        .tags()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    target.tags.clone().into_iter().chain(own).collect()
}

/// What is there, with what is wanted laid over it, without what the operator once put there and is wanted no more.
/// The service replaces the whole map, so others' tags must be sent back to it.
fn merged_tags(
    there: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
    recorded: &[String],
) -> BTreeMap<String, String> {
    let mut merged: BTreeMap<String, String> = there
        .iter()
        .filter(|(name, _)| {
            value(wanted, name).is_some()
                || !recorded.iter().any(|ours| ours.eq_ignore_ascii_case(name))
        })
        .map(|(name, value_there)| {
            let value = value(wanted, name).unwrap_or(value_there);
            (name.clone(), value.to_owned())
        })
        .collect();
    for (name, wanted) in wanted {
        if value(&merged, name).is_none() {
            merged.insert(name.clone(), wanted.clone());
        }
    }
    merged
}

/// Whether what differs is to be shown and not mended: it was in Azure once as it is wanted now, so another has
/// changed it there. What the spec has begun to ask for is no drift.
pub(crate) fn is_only_reported(situation: &Situation<'_>) -> bool {
    let Situation {
        desired,
        target,
        stored,
        ..
    } = *situation;
    let digest = stored.map(|stored| digest_of(desired, target, stored));
    let in_step = situation.record().and_then(|record| record.in_step.clone());
    target.drift == DriftPolicy::Report && digest.is_some() && in_step == digest
}

/// What stands for everything that is wanted of a key in Azure: 16 hexadecimal digits.
pub(crate) fn digest_of(desired: &Desired, target: &Target, key: &PublicKey) -> String {
    let wanted = serde_json::json!([
        key.fingerprint().to_string(),
        short_location(&target.location),
        wanted_tags(desired, target),
    ]);
    let hash = digest::digest(&SHA256, wanted.to_string().as_bytes());
    let digits = hash.as_ref()[..8].iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

/// `West Europe` and `westeurope` are one location.
pub(crate) fn short_location(location: &str) -> String {
    location
        .chars()
        .filter(|char| !char.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase()
}

pub(crate) fn is_elsewhere(target: &Target, key: &AzureKey) -> bool {
    short_location(&key.location) != short_location(&target.location)
}
