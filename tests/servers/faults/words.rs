//! Common words in place of what is different in each run: keys, UIDs, times and the namespace.

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
        let mut text = without_times(text);
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

/// Where digits are in a time as RFC 3339 writes it, up to the seconds.
const TIME: &[u8] = b"0000-00-00T00:00:00";

fn without_times(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if begins_with_time(rest) {
            result.push_str("<time>");
            let fraction = |char: char| char == '.' || char.is_ascii_digit();
            rest = rest[TIME.len()..].trim_start_matches(fraction);
            rest = rest.strip_prefix('Z').unwrap_or(rest);
        } else {
            result.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    result
}

fn begins_with_time(text: &str) -> bool {
    let is_so = |(found, form): (&u8, &u8)| match form {
        b'0' => found.is_ascii_digit(),
        other => found == other,
    };
    text.len() >= TIME.len() && text.as_bytes().iter().zip(TIME).all(is_so)
}

#[test]
fn times_are_all_the_same() {
    assert_eq!(
        without_times(
            "{\"at\":\"2026-11-25T22:08:05.870288Z\",\"of\":\"2026-11-25T22:08:05Z\"}, 2026-11"
        ),
        "{\"at\":\"<time>\",\"of\":\"<time>\"}, 2026-11"
    );
}
