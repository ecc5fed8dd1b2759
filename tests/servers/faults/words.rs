//! One run's words in place of what is different in each run: keys, UIDs and the namespace.

use std::collections::BTreeMap;

use serde_json::Value;
use sshkey_operator::keys::{KeyPair, PublicKey};

/// What stands for what, longest first where one is in the other.
pub(super) struct Words(Vec<(String, String)>);

impl Words {
    /// Keys are called by the order in which they were stored, and objects by what they are.
    pub(super) fn new(
        namespace: &str,
        keys: &[PublicKey],
        uids: &BTreeMap<String, String>,
    ) -> Self {
        let mut words = Vec::new();
        for (number, key) in (1..).zip(keys) {
            let line = key.to_line();
            let blob = line.split(' ').nth(1).unwrap_or_default().to_owned();
            words.push((blob, format!("<public key {number}>")));
            let fingerprint = key.fingerprint();
            words.push((fingerprint.to_string(), format!("<fingerprint {number}>")));
            words.push((fingerprint.short_hex(), format!("<hash {number}>")));
        }
        let uids = uids
            .iter()
            .map(|(uid, what)| (uid.clone(), format!("<UID of {what}>")));
        words.extend(uids);
        words.push((namespace.to_owned(), "<namespace>".to_owned()));
        Self(words)
    }

    /// A text, in these words.
    pub(super) fn of(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (own, common) in &self.0 {
            if text.contains(own.as_str()) {
                text = text.replace(own, common);
            }
        }
        text
    }

    /// What an entry of a Secret holds, in these words; a private key is called by its public half.
    pub(super) fn of_entry(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        match KeyPair::read(bytes, None) {
            Ok(pair) => {
                let armor = text.lines().next().unwrap_or_default();
                let fingerprint = pair.public_key().fingerprint().to_string();
                format!("{armor} private half of {}", self.of(&fingerprint))
            }
            Err(_) => self.of(&text),
        }
    }

    /// Everything in a value, names of its entries included.
    pub(super) fn of_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.of(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.of_value(item)).collect(),
            Value::Object(entries) => entries
                .into_iter()
                .map(|(name, value)| (self.of(&name), self.of_value(value)))
                .collect(),
            other => other,
        }
    }
}
