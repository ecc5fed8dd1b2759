//! The resource ID of a public key in Azure.

use std::{fmt, hash, str::FromStr};

/// Where a public key is, or will be, in Azure:
/// `/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/sshPublicKeys/…`.
///
/// Two IDs that differ only in case are equal: ARM compares every segment without case, and answers with a resource
/// group in upper case. Displayed as it was made.
#[derive(Clone, Debug)]
pub struct ArmId {
    /// The subscription: a GUID.
    pub subscription: String,
    /// The resource group, 1 to 90 characters.
    pub resource_group: String,
    /// The key's name, 1 to 128 characters.
    pub name: String,
}

/// The text is not the resource ID of an SSH public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the resource ID of a Microsoft.Compute/sshPublicKeys resource")]
pub struct NotAnArmId(String);

impl ArmId {
    /// The resource group's own ID within Azure, for comparing and grouping: lower case.
    pub fn group_key(&self) -> (String, String) {
        (
            self.subscription.to_ascii_lowercase(),
            self.resource_group.to_lowercase(),
        )
    }

    fn folded(&self) -> String {
        self.to_string().to_lowercase()
    }

    fn parts(&self) -> [&str; 3] {
        [&self.subscription, &self.resource_group, &self.name]
    }
}

impl fmt::Display for ArmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subscription,
            resource_group,
            name,
        } = self;
        write!(
            f,
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.Compute/sshPublicKeys/{name}"
        )
    }
}

impl FromStr for ArmId {
    type Err = NotAnArmId;

    fn from_str(text: &str) -> Result<Self, NotAnArmId> {
        let segments: Vec<&str> = text.split('/').collect();
        let is = |segment: &str, literal: &str| segment.eq_ignore_ascii_case(literal);
        match segments[..] {
            [
                "",
                subscriptions,
                subscription,
                groups,
                group,
                providers,
                provider,
                kind,
                name,
            ] if is(subscriptions, "subscriptions")
                && is(groups, "resourceGroups")
                && is(providers, "providers")
                && is(provider, "Microsoft.Compute")
                && is(kind, "sshPublicKeys")
                && ![subscription, group, name]
                    .iter()
                    .any(|segment| ["", ".", ".."].contains(segment)) =>
            {
                Ok(Self {
                    subscription: subscription.to_owned(),
                    resource_group: group.to_owned(),
                    name: name.to_owned(),
                })
            }
            _ => Err(NotAnArmId(text.to_owned())),
        }
    }
}

impl PartialEq for ArmId {
    fn eq(&self, other: &Self) -> bool {
        let mut parts = self.parts().into_iter().zip(other.parts());
        parts.all(|(one, other)| one == other || one.to_lowercase() == other.to_lowercase())
    }
}

impl Eq for ArmId {}

impl PartialOrd for ArmId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ArmId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if self.parts() == other.parts() {
            return std::cmp::Ordering::Equal;
        }
        self.folded().cmp(&other.folded())
    }
}

impl hash::Hash for ArmId {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_equals_itself_in_any_case_and_is_shown_as_it_was_made() {
        let ours: ArmId =
            "/subscriptions/s/resourceGroups/rg-a/providers/Microsoft.Compute/sshPublicKeys/web"
                .parse()
                .unwrap();
        let theirs: ArmId =
            "/subscriptions/S/resourcegroups/RG-A/providers/microsoft.compute/SshPublicKeys/Web"
                .parse()
                .unwrap();
        assert_eq!(ours, theirs);
        assert_eq!(
            theirs.to_string(),
            "/subscriptions/S/resourceGroups/RG-A/providers/Microsoft.Compute/sshPublicKeys/Web"
        );
    }

    #[test]
    fn an_id_of_another_type_or_without_a_name_is_refused() {
        for text in [
            "",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/a/b",
        ] {
            assert!(text.parse::<ArmId>().is_err(), "{text}");
        }
    }
}
