//! The texts of a forecast: bounded, in ASCII, and without made-up values.

use crate::{
    api::planned_step::KNOWN_AFTER_APPLY,
    keys::{Fingerprint, KeySpec, PublicKey},
    plan::forecast::answer::Forecast,
};

/// The keys that steps would generate: what stands for them, and what people see instead.
#[derive(Debug, Default)]
pub(crate) struct Unknown(Vec<Fingerprint>);

impl Unknown {
    /// What stands for a key that would be generated.
    pub(crate) fn key(&mut self, kind: KeySpec) -> PublicKey {
        let key = PublicKey::stand_in(kind, self.0.len());
        self.0.push(key.fingerprint());
        key
    }

    /// Names what is unknown as that, wherever it is told.
    pub(crate) fn rename(&self, forecast: &mut Forecast) {
        for fingerprint in &self.0 {
            let fingerprint = fingerprint.to_string();
            let texts = forecast
                .steps
                .iter_mut()
                .flat_map(|step| [step.from.as_mut(), step.to.as_mut(), Some(&mut step.reason)])
                .flatten()
                .chain(forecast.conditions.iter_mut().map(|one| &mut one.message))
                .chain(forecast.ready.iter_mut().map(|ready| &mut ready.message))
                .chain(&mut forecast.warnings);
            for text in texts {
                if text.contains(&fingerprint) {
                    *text = text.replace(&fingerprint, KNOWN_AFTER_APPLY);
                }
            }
        }
    }
}

/// A fingerprint, or that it is not known yet.
pub(crate) fn fingerprint(key: &PublicKey) -> String {
    if key.is_stand_in() {
        let (algorithm, bits) = (key.algorithm(), key.bits());
        return format!("{algorithm} {bits} {KNOWN_AFTER_APPLY}");
    }
    key.fingerprint().to_string()
}

/// The text in ASCII, at most so long.
pub(crate) fn bounded(text: &str, longest: usize) -> String {
    const CUT: &str = " [...]";
    let ascii: String = text
        .chars()
        .map(|char| if matches!(char, ' '..='~') { char } else { '?' })
        .collect();
    if ascii.len() <= longest {
        return ascii;
    }
    format!("{}{CUT}", &ascii[..longest - CUT.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_ascii_and_ends_where_its_field_does() {
        assert_eq!(bounded("grün", 320), "gr?n");
        assert_eq!(bounded("a\nb", 320), "a?b");
        let long = bounded(&"ä".repeat(1_000), 256);
        assert_eq!(long.len(), 256);
        assert!(long.ends_with(" [...]"));
    }
}
