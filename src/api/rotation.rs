//! When the key of an `SshKey` is changed for another, and what becomes of the old one.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use std::time::Duration;

use aws_lc_rs::digest::{self, SHA256};
use jiff::SignedDuration;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the key is rotated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.delay) == (has(self.activation) && self.activation == 'Delayed')").message("rotation.delay says how long activation: Delayed waits: write both or neither").field_path(".delay"))]
pub struct Rotation {
    /// How old a key may become, as 2160h (90 days): hours, minutes and seconds, at least 1h. It is rotated when it is
    /// between nine and ten tenths of that old, so that keys that were made together do not all rotate at once. When absent,
    /// only when it is asked for: by the annotation sshkey-operator.io/rotate-requested-at, or by another algorithm or size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 24))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]{1,6}[hms]){1,3}$') && duration(self) >= duration('1h')").message("write rotation.every in hours, minutes and seconds, at least 1h: 2160h is 90 days"))]
    pub every: Option<String>,

    /// When the new key takes the place of the old one: Immediate (when absent), as soon as it is published; Delayed, when
    /// it has been published for as long as delay says; Manual, when the annotation sshkey-operator.io/activate names its
    /// fingerprint. Until then it is published in Azure, and in outputs of public keys beside the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,

    /// How long a new key waits with activation: Delayed, as 24h: hours, minutes and seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 24))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]{1,6}[hms]){1,3}$')").message("write rotation.delay in hours, minutes and seconds, such as 24h"))]
    pub delay: Option<String>,

    /// How long a former private key is kept, in the Secret that is named as the key's own and ends with -previous. One
    /// goes only when neither count nor minDuration keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_previous: Option<KeepPrevious>,
}

/// When a new key takes over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum Activation {
    /// As soon as it is published.
    #[default]
    Immediate,
    /// When it has been published for a while.
    Delayed,
    /// When a person says so.
    Manual,
}

/// How long former keys are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeepPrevious {
    /// How many former keys are kept however old they are: 0 to 10; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10))]
    pub count: Option<i32>,

    /// How long every former key is kept, as 168h: hours, minutes and seconds; 168h, a week, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 24))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]{1,6}[hms]){1,3}$')").message("write keepPrevious.minDuration in hours, minutes and seconds, such as 168h"))]
    pub min_duration: Option<String>,
}

/// A duration as Go writes it: <https://pkg.go.dev/time#ParseDuration>. `None` for longer text than the schema takes.
pub fn go_duration(text: &str) -> Option<SignedDuration> {
    // More digits could make more than a duration holds.
    let mut numbers = text.split(['h', 'm', 's']);
    let fits = !text.is_empty() && text.len() <= 24 && numbers.all(|number| number.len() <= 6);
    let parsed: kube::core::Duration = Some(text).filter(|_| fits)?.parse().ok()?;
    let is_negative = parsed.is_negative();
    SignedDuration::try_from(Duration::from(parsed))
        .ok()
        .filter(|_| !is_negative)
}

/// A Secret's name is no longer: <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names>
const NAME_MAX: usize = 253;

/// What is said of an output with one of the two names that a rotation needs.
pub const OUTPUT_HAS_A_ROTATIONS_NAME: &str = "a rotation keeps the next key in the Secret with -next after its name and former keys in the one with -previous: give the output another name";

/// Name of the Secret that holds the next key beside a managed Secret of this name.
pub fn staging_name(secret: &str) -> String {
    beside(secret, "next")
}

/// Name of the Secret that holds former keys beside a managed Secret of this name.
pub fn previous_name(secret: &str) -> String {
    beside(secret, "previous")
}

/// What is too long is cut, and told apart by a digest of the whole.
fn beside(secret: &str, what: &str) -> String {
    let name = format!("{secret}-{what}");
    if name.len() <= NAME_MAX {
        return name;
    }
    let hash = digest::digest(&SHA256, secret.as_bytes());
    let digits = hash.as_ref()[..4].iter().map(|byte| format!("{byte:02x}"));
    let digits: String = digits.collect();
    let room = NAME_MAX - digits.len() - what.len() - 2;
    let kept = secret[..room].trim_end_matches(['-', '.']);
    format!("{kept}-{digits}-{what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secrets_of_a_rotation_are_named_after_the_managed_one() {
        assert_eq!(staging_name("web"), "web-next");
        assert_eq!(previous_name("web"), "web-previous");
    }

    #[test]
    fn long_names_are_cut_and_told_apart() {
        let (one, other) = ("a".repeat(253), format!("{}b", "a".repeat(252)));
        let names = [
            staging_name(&one),
            staging_name(&other),
            previous_name(&one),
        ];
        assert!(names.iter().all(|name| name.len() <= NAME_MAX));
        assert!(names[0] != names[1] && names[0] != names[2]);
        assert!(names[0].ends_with("-next"));
    }
}
