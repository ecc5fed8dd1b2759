//! Names for objects, from names in Azure. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::ArmId;

/// An `SshKey` has no longer name, and this leaves room for a number.
const LONGEST: usize = 120;

/// A name for each key: its own in Azure as far as an object can have it, with its group where another has the same, and with
/// a number where that is not enough. None of `taken` is used.
pub(super) fn names(ids: &[&ArmId], taken: &BTreeSet<String>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for id in ids {
        *counts.entry(word(&id.name)).or_default() += 1;
    }
    let mut used = taken.clone();
    let mut names = Vec::new();
    for id in ids {
        let own = word(&id.name);
        let is_alone = counts.get(&own) == Some(&1) && !used.contains(&own);
        let name = if is_alone {
            own
        } else {
            free(&word(&format!("{}-{}", id.name, id.resource_group)), &used)
        };
        used.insert(name.clone());
        names.push(name);
    }
    names
}

fn free(name: &str, used: &BTreeSet<String>) -> String {
    let numbered = (2_u32..).map(|number| format!("{name}-{number}"));
    let mut all = std::iter::once(name.to_owned()).chain(numbered);
    // There are more numbers than names.
    all.find(|name| !used.contains(name)).unwrap_or_default()
}

/// Letters in lower case, digits, and single dashes for what stands between them.
fn word(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let parts = lower.split(|char: char| !char.is_ascii_alphanumeric());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let word: String = parts.join("-").chars().take(LONGEST).collect();
    match word.trim_end_matches('-') {
        "" => "key".to_owned(),
        word => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::api::is_object_name;

    fn id(group: &str, name: &str) -> ArmId {
        ArmId {
            subscription: "s".to_owned(),
            resource_group: group.to_owned(),
            name: name.to_owned(),
        }
    }

    fn named(ids: &[ArmId]) -> Vec<String> {
        names(
            &ids.iter().collect::<Vec<_>>(),
            &BTreeSet::from(["taken".to_owned()]),
        )
    }

    #[test]
    fn a_name_stays_as_near_as_an_object_can_have_it() {
        assert_eq!(named(&[id("g", "Web_Server.1")]), ["web-server-1"]);
        assert_eq!(named(&[id("g", "taken")]), ["taken-g"]);
    }

    #[test]
    fn keys_of_one_name_are_told_apart_by_their_groups_and_then_by_number() {
        let all = [
            id("A", "web"),
            id("b", "WEB"),
            id("B", "w_eb"),
            id("c", "w.eb"),
        ];
        assert_eq!(named(&all), ["web-a", "web-b", "w-eb-b", "w-eb-c"]);
        let all = [id("a", "x_y"), id("a", "x-y"), id("a", "x.y")];
        assert_eq!(named(&all), ["x-y-a", "x-y-a-2", "x-y-a-3"]);
    }

    proptest! {
        #[test]
        fn all_names_are_valid_and_different(all in prop::collection::vec(("[A-Za-z0-9._-]{1,128}", "[ab_]{1,3}"), 1..20)) {
            let ids: Vec<ArmId> = all.iter().map(|(name, group)| id(group, name)).collect();
            let names = named(&ids);
            prop_assert!(names.iter().all(|name| is_object_name(name) && name.len() <= 128));
            prop_assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), ids.len());
        }
    }
}
