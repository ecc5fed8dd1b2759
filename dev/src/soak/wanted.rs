//! The keys that there should be.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The keys of one editor, by name.
pub(super) type Wanted = BTreeMap<String, Key>;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Key {
    kind: Kind,
    /// The value of a tag in Azure.
    pub(super) tag: u64,
    /// Whether there is one more output.
    pub(super) more: bool,
    pub(super) suspended: bool,
    /// How many rotations were asked for.
    pub(super) rotations: u32,
    /// Whether somebody has changed what the operator wrote into the metadata.
    pub(super) was_replaced: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Its Secret stays when it goes.
    Kept,
    /// Everything goes with it.
    Whole,
    /// Not in Azure.
    Local,
    /// With outputs.
    Shown,
    /// Another algorithm.
    Rsa,
}

impl Key {
    /// The key of this number: every kind comes by turns.
    pub(super) fn new(number: u64) -> Self {
        let kind = match number % 16 {
            0..=3 => Kind::Kept,
            4..=8 => Kind::Whole,
            9..=11 => Kind::Local,
            12..=14 => Kind::Shown,
            _ => Kind::Rsa,
        };
        Self {
            kind,
            tag: 0,
            more: false,
            suspended: false,
            rotations: 0,
            was_replaced: false,
        }
    }

    pub(super) fn is_published(&self) -> bool {
        self.kind != Kind::Local
    }

    /// Whether its Secret stays when it goes: then no other key may have its name.
    pub(super) fn is_kept(&self) -> bool {
        self.kind == Kind::Kept
    }

    /// The output that somebody may delete.
    pub(super) fn output(&self, name: &str) -> Option<String> {
        (self.kind == Kind::Shown).then(|| format!("{name}-public"))
    }

    pub(super) fn manifest(&self, name: &str) -> Value {
        let mut spec = json!({ "suspend": self.suspended });
        if self.kind != Kind::Kept {
            spec["secret"] = json!({ "deletionPolicy": "Delete" });
        }
        if self.is_published() {
            spec["azure"] = json!({ "tags": { "soak": self.tag.to_string() } });
        }
        if self.kind == Kind::Rsa {
            spec["source"] = json!({ "generate": { "algorithm": "RSA", "size": 2048 } });
        }
        let mut outputs = Vec::new();
        if self.kind == Kind::Shown {
            outputs.push(json!({ "name": format!("{name}-public"), "publicConfigMap": {} }));
        }
        if self.more {
            outputs.push(json!({ "name": format!("{name}-pem"), "pem": {} }));
        }
        spec["outputs"] = json!(outputs);
        let mut metadata = json!({ "name": name });
        if self.rotations > 0 {
            // A request is as short in the last hour as in the first: the operator ignores very long ones.
            let asked = "sshkey-operator.io/rotate-requested-at";
            metadata["annotations"] = json!({ asked: format!("r-{}", self.rotations) });
        }
        json!({
            "apiVersion": "sshkey-operator.io/v1alpha1",
            "kind": "SshKey",
            "metadata": metadata,
            "spec": spec,
        })
    }
}

/// Whether the Secret of this name stays when its `SshKey` goes.
pub(super) fn stays(name: &str) -> bool {
    let beside = |end| name.strip_suffix(end);
    let number = beside("-next")
        .or_else(|| beside("-previous"))
        .unwrap_or(name)
        .strip_prefix("key-")
        .and_then(|number| number.parse().ok());
    number.is_some_and(|number| Key::new(number).is_kept())
}
