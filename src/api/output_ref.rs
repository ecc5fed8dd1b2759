//! Which object an output is, and how an `SshKey` records its outputs.

use std::{fmt, str::FromStr};

use super::{is_object_name, names::annotation};

/// Kind of object that an output is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::EnumString,
)]
pub enum OutputKind {
    /// A Secret.
    Secret,
    /// A `ConfigMap`.
    ConfigMap,
}

/// Which object an output is. Displayed for people: `Secret deploy`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputRef {
    /// Its kind.
    pub kind: OutputKind,
    /// Its name.
    pub name: String,
}

impl fmt::Display for OutputRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind: &str = self.kind.into();
        write!(f, "{kind} {}", self.name)
    }
}

/// The annotation's text for some outputs: `Secret/deploy,ConfigMap/public`.
pub fn outputs_text(outputs: &[OutputRef]) -> String {
    let written = outputs.iter().map(|output| {
        let kind: &str = output.kind.into();
        format!("{kind}/{}", output.name)
    });
    written.collect::<Vec<_>>().join(",")
}

/// The operator reads no more: each costs a request, and people who may edit the annotation must not decide how many. An object has
/// 16 outputs at most, and those of earlier specs go as soon as they can.
const RECORDED_MAX: usize = 256;

/// The outputs in an annotation. Text that names no output is passed over: an output that is wanted is found by its name. So is what comes
/// after the longest text that is read, of which the last output may be kept in part.
pub fn parse_outputs(text: Option<&str>) -> Vec<OutputRef> {
    let mut left = annotation::longest(annotation::OUTPUTS).map(|longest| longest + 1);
    let parts = text.unwrap_or_default().split(',');
    let whole = parts.map_while(|part| {
        left = left?.checked_sub(part.len() + 1);
        left.map(|_| part)
    });
    whole
        .filter_map(|part| {
            let (kind, name) = part.split_once('/')?;
            is_object_name(name).then_some(())?;
            Some(OutputRef {
                kind: OutputKind::from_str(kind).ok()?,
                name: name.to_owned(),
            })
        })
        .take(RECORDED_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_survive_being_written_and_read() {
        let outputs = [OutputKind::Secret, OutputKind::ConfigMap].map(|kind| OutputRef {
            kind,
            name: "a.b-c".to_owned(),
        });
        assert_eq!(parse_outputs(Some(&outputs_text(&outputs))), outputs);
        assert_eq!(parse_outputs(None), []);
        let strange = "Pod/a,,x,Secret/b,Secret/../a,ConfigMap/?limit=1,Secret/a b";
        assert_eq!(parse_outputs(Some(strange)).len(), 1);
    }

    #[test]
    fn an_annotation_does_not_decide_how_much_is_looked_at() {
        let many = "Secret/a,".repeat(10_000);
        assert_eq!(parse_outputs(Some(&many)).len(), RECORDED_MAX);
        let padded = format!("Secret/a,{}Secret/b", ",".repeat(72 * 1_024));
        assert_eq!(parse_outputs(Some(&padded)).len(), 1);
        let longest = OutputRef {
            kind: OutputKind::ConfigMap,
            name: "a".repeat(253),
        };
        let all = vec![longest; RECORDED_MAX + 16];
        assert_eq!(parse_outputs(Some(&outputs_text(&all))).len(), RECORDED_MAX);
    }
}
